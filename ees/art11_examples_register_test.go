package ees_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"limen/access"
	"limen/ees"
)

// script is one worked example of the specification, told to the register: one
// traveller, and what happens when.
type script struct {
	id    string
	who   ees.CheckRequest
	ref   ees.FileRef
	last  ees.RecordView
	steps []scriptStep
}

type scriptStep struct {
	moment string
	do     func(b *border)
}

// then adds a step; a day alone is its morning in UTC.
func (s *script) then(moment string, do func(b *border)) *script {
	if len(moment) == 10 {
		moment += " 08:00"
	}
	s.steps = append(s.steps, scriptStep{moment, do})
	return s
}

func (s *script) cross(moment string, way ees.Direction) *script {
	who := s.who
	who.Direction = way
	return s.then(moment, func(b *border) {
		b.Helper()
		c := b.check(who)
		r, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		if err != nil {
			b.Fatalf("%s: %s: %v", s.id, moment, err)
		}
		s.ref, s.last = r.File, r
	})
}

func (s *script) in(moment string) *script  { return s.cross(moment, ees.Entry) }
func (s *script) out(moment string) *script { return s.cross(moment, ees.Exit) }

// stays are pairs of days.
func (s *script) stays(days ...string) *script {
	for i := 0; i+1 < len(days); i += 2 {
		s.in(days[i]).out(days[i+1] + " 20:00")
	}
	return s
}

// on changes what the traveller shows from here on.
func (s *script) on(v *ees.VisaInput) *script {
	s.who.Visa = v
	return s
}

// allowed says how many days an entry would allow, and until when ("" for none).
func (s *script) allowed(moment string, n int, last string) *script {
	who := s.who
	who.Direction = ees.Entry
	return s.then(moment, func(b *border) {
		got := b.check(who).Stay
		until := ""
		if got.LastDay != nil {
			until = got.LastDay.String()
		}
		if got.DaysRemaining != n || until != last {
			b.Errorf("%s: an entry on %s allows %d days until %q, want %d until %q", s.id, moment, got.DaysRemaining, until, n, last)
		}
	})
}

// used says how many days count on a day.
func (s *script) used(moment string, n int) *script {
	return s.then(moment, func(b *border) {
		if got := b.file(s.ref).Stay.DaysUsed; got != n {
			b.Errorf("%s: %d days used on %s, want %d", s.id, got, moment, n)
		}
	})
}

// over says by how many days the last record was exceeded, and its last day.
func (s *script) over(moment string, days int, end string) *script {
	return s.then(moment, func(b *border) {
		records := b.file(s.ref).Records
		if r := records[len(records)-1]; r.OverstayDays != days || r.StayEnd == nil || r.StayEnd.String() != end {
			b.Errorf("%s: %d days over %v, want %d over %s", s.id, r.OverstayDays, r.StayEnd, days, end)
		}
	})
}

func visaOf(number string, from, until string, days, entries int) *ees.VisaInput {
	return &ees.VisaInput{Number: number, Issuer: "FRA", ValidFrom: day(from), ValidUntil: day(until), Days: days, Entries: entries}
}

// The worked examples E01 to E34 of the stay calculation, through checks,
// crossings, decisions and proofs, all travellers in one register at once. E21
// and E22 ask about days before the System started and cannot be crossings; the
// calculator alone answers them. EES-007, EES-009, EES-010, EES-016 to EES-020,
// EES-022 to EES-030.
func TestArt11_ExamplesThroughTheRegister(t *testing.T) {
	onBoth(t, func(b *border) {
		var all []*script
		ex := func(id, nationality string) *script {
			n := len(all)
			who := traveller("EXAMPLE", "NO", fmt.Sprintf("19%02d-%02d-05", 50+n, n%12+1), "M", nationality, "P"+id)
			all = append(all, &script{id: id, who: who})
			return all[n]
		}
		free := func(id string) *script { return ex(id, "CAN") }
		visa := func(id string) *script { return ex(id, "TUR") }

		free("E01").allowed("2026-05-01", 90, "2026-07-29").in("2026-05-01").then("2026-06-14", nil).over("2026-06-14", 0, "2026-07-29").used("2026-06-14", 45)
		free("E02").in("2026-05-10").out("2026-05-10 20:00").used("2026-05-10 21:00", 1)
		free("E03").in("2026-05-10 21:50").out("2026-05-10 22:10").used("2026-05-11", 2)
		free("E04").stays("2026-05-01", "2026-05-10").in("2026-05-10 21:00").out("2026-05-20").used("2026-05-20", 20)
		free("E05").stays("2026-01-01", "2026-04-01").over("2026-04-02", 1, "2026-03-31")
		free("E06").stays("2026-01-01", "2026-03-31").over("2026-04-02", 0, "2026-03-31").allowed("2026-06-30", 90, "2026-09-27")
		free("E07").stays("2026-01-01", "2026-03-31").allowed("2026-06-29", 0, "")
		free("E08").stays("2028-01-01", "2028-03-31").over("2028-04-01", 1, "2028-03-30")
		free("E09").stays("2028-01-01", "2028-03-30").allowed("2028-06-28", 0, "").allowed("2028-06-29", 90, "2028-09-26")
		free("E10").stays("2028-02-29", "2028-02-29").allowed("2028-08-26", 90, "2028-11-23").used("2028-08-25", 1)
		free("E11").stays("2026-01-01", "2026-01-30").allowed("2026-06-29", 90, "2026-09-26")
		free("E12").stays("2026-01-10", "2026-03-10").allowed("2026-06-01", 30, "2026-06-30")
		free("E13").stays("2026-01-10", "2026-03-10").allowed("2026-06-15", 90, "2026-09-12")
		free("E14").stays("2026-01-01", "2026-02-14", "2026-04-01", "2026-05-15").allowed("2026-06-29", 0, "").allowed("2026-06-30", 45, "2026-08-13").allowed("2026-08-14", 90, "2026-11-11")
		e15, e16 := free("E15"), free("E16")
		for month := 1; month <= 9; month++ {
			e15.stays(fmt.Sprintf("2026-%02d-01", month), fmt.Sprintf("2026-%02d-10", month))
		}
		e15.allowed("2026-10-01", 50, "2026-11-19")
		for month := 1; month <= 6; month++ {
			e16.stays(fmt.Sprintf("2026-%02d-01", month), fmt.Sprintf("2026-%02d-15", month))
		}
		e16.allowed("2026-06-20", 0, "").allowed("2026-07-01", 15, "2026-07-15")
		free("E17").stays("2026-01-01", "2026-04-10").over("2026-04-10 21:00", 10, "2026-03-31").allowed("2026-07-09", 0, "").allowed("2026-07-10", 90, "2026-10-07")

		for id, c := range map[string]struct {
			permit        ees.Permit
			start, asked  string
			until, counts string
		}{
			"E18": {permit("residence_permit", "2024-03-01", "2026-02-28"), "2026-03-01", "2026-03-02", "2026-05-29", "2"},
			"E19": {permit("long_stay_visa", "2026-01-01", "2026-04-15"), "2026-04-16", "2026-06-30", "2026-07-14", "76"},
		} {
			s := free(id)
			s.then(c.asked, func(b *border) {
				done := b.start(ees.StartRequest{Person: newcomer(s.who), Start: day(c.start), Permit: c.permit})
				f := b.file(done.Record.File)
				if got := done.Record.StayEnd.String(); got != c.until || fmt.Sprint(f.Stay.DaysUsed) != c.counts {
					b.Errorf("%s: until %s, %d days, want %s, %s", id, got, f.Stay.DaysUsed, c.until, c.counts)
				}
			})
		}
		elsewhere := free("E20")
		elsewhere.who.CrossingPoint = "ESMAD"
		elsewhere.who.Stamps = []ees.StampInput{{State: "CYP", Entry: day("2026-02-01"), Exit: day("2026-03-31")}, {State: "IRL", Entry: day("2026-04-01"), Exit: day("2026-04-20")}}
		elsewhere.allowed("2026-05-01", 90, "2026-07-29")
		stamped := free("E23")
		stamped.allowed("2026-04-20 07:00", 90, "2026-07-18")
		stamped.who.Stamps = []ees.StampInput{{Entry: day("2026-01-15"), Exit: day("2026-02-28")}}
		stamped.allowed("2026-04-20", 45, "2026-06-03").in("2026-04-20").over("2026-06-04", 1, "2026-06-03")

		visa("E24").on(visaOf("E24", "2026-06-01", "2026-06-30", 15, 1)).allowed("2026-06-20", 11, "2026-06-30").in("2026-06-20").over("2026-06-30", 0, "2026-06-30")
		e25 := visa("E25").on(visaOf("E25", "2026-05-15", "2026-08-31", 30, 2)).stays("2026-06-01", "2026-06-10").allowed("2026-07-01 07:00", 20, "2026-07-20").stays("2026-07-01", "2026-07-05")
		third := e25.who
		e25.then("2026-07-10", func(b *border) {
			if c := b.check(third); !c.Stay.EntriesExhausted || c.Proposal != ees.Refuse || !slices.Contains(c.ProposedReasons, "C") {
				b.Errorf("E25: the third entry: %s %+v", c.Proposal, c.Stay)
			}
		})
		visa("E26").on(visaOf("E26A", "2025-12-01", "2026-04-30", 90, 1)).stays("2026-01-01", "2026-03-21").
			on(visaOf("E26B", "2026-04-01", "2026-06-30", 30, 1)).allowed("2026-05-01", 10, "2026-05-10")
		limited := visaOf("E27B", "2026-04-01", "2026-04-30", 15, 1)
		limited.Type = "LTV"
		visa("E27").on(visaOf("E27A", "2025-12-01", "2026-04-30", 90, 1)).stays("2026-01-01", "2026-03-31").on(limited).
			allowed("2026-04-05 07:00", 15, "2026-04-19").in("2026-04-05").used("2026-04-19", 105).over("2026-04-19", 0, "2026-04-19")
		visa("E28").on(visaOf("E28A", "2026-06-01", "2026-06-30", 10, 0)).in("2026-06-20").over("2026-06-29", 0, "2026-06-29").
			on(visaOf("E28B", "2026-06-25", "2026-07-31", 20, 0)).out("2026-07-19").over("2026-07-20", 0, "2026-07-19")

		e29 := free("E29").in("2026-01-01")
		e29.who.CrossingPoint = "DEFRA"
		e29.then("2026-03-20", func(b *border) {
			b.change(officer("D"), e29.last.RecordID, ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundBilateral, Decided: day("2026-03-20"), Requested: day("2026-03-19"), End: day("2026-06-29")})
		}).out("2026-06-29").over("2026-06-30", 0, "2026-06-29").allowed("2026-09-27", 0, "").allowed("2026-09-28", 90, "2026-12-26")
		e30 := free("E30").in("2026-05-01")
		e30.then("2026-05-10", func(b *border) {
			b.change(officer("FRA"), e30.last.RecordID, ees.ChangeRequest{Status: ees.Revoked, Ground: ees.GroundReturnDecision, Decided: day("2026-05-10")})
		}).out("2026-05-20").over("2026-05-20 21:00", 10, "2026-05-10")

		listed := func(b *border, s *script) (class ees.OverstayClass, since string) {
			for _, o := range b.overstayers(ees.OverstayerQuery{Limit: 200}).Overstayers {
				if o.File.Ref == s.ref {
					return o.Class, o.Since.String()
				}
			}
			return "", ""
		}
		for _, id := range []string{"E31", "E32"} {
			s := free(id).in("2026-01-10").over("2026-05-01", 22, "2026-04-09")
			s.then("2026-05-01", func(b *border) {
				b.flag()
				if class, since := listed(b, s); class != ees.NoExit || since != "2026-04-10" {
					b.Errorf("%s: listed as %q since %s", id, class, since)
				}
			})
			if id == "E32" {
				s.then("2026-05-01", func(b *border) {
					b.rebut(ees.RebuttalRequest{RecordID: s.last.RecordID, Kind: ees.ProofTicket, Exit: proved("2026-02-10")})
					if class, _ := listed(b, s); class != "" {
						b.Errorf("%s: still listed as %s", id, class)
					}
				}).allowed("2026-05-01", 58, "2026-06-27").in("2026-05-01").over("2026-06-27", 0, "2026-06-27")
			}
		}
		e33 := free("E33").stays("2026-01-20", "2026-04-04")
		e33.then("2026-05-20", func(b *border) {
			for exit, fits := range map[string]bool{"2026-06-20": false, "2026-06-15": true} {
				v, err := asking(b, access.Visa, access.VisaExamination, ees.OpReadForVisa, func(p access.Pass) (ees.VisaFile, error) {
					return b.register.ReadForVisa(p, e33.ref, ees.IntendedDates{Entry: day("2026-06-01"), Exit: day(exit)})
				})
				if err != nil || v.Intended.Suffices != fits || v.Intended.MaximumDays != 15 || v.Intended.LastDay.String() != "2026-06-15" {
					b.Errorf("E33: until %s: %+v, %v", exit, v.Intended, err)
				}
			}
		})
		e34 := free("E34")
		e34.in("2026-05-03")
		e34.who.CrossingPoint = "PTLIS"
		e34.out("2026-07-31 22:30").over("2026-08-01", 0, "2026-07-31")

		type timed struct {
			scriptStep
			id string
		}
		var line []timed
		told := map[string]bool{}
		for _, s := range all {
			told[s.id] = true
			for _, step := range s.steps {
				line = append(line, timed{step, s.id})
			}
		}
		slices.SortStableFunc(line, func(a, b timed) int { return strings.Compare(a.moment, b.moment) })
		for _, step := range line {
			if step.do != nil {
				step.do(b.at(step.moment))
			}
		}
		for n := 1; n <= 34; n++ {
			if id := fmt.Sprintf("E%02d", n); told[id] == (n == 21 || n == 22) {
				b.Errorf("%s: told %v", id, told[id])
			}
		}
	})
}
