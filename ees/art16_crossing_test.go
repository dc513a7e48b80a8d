package ees_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/ees"
	"limen/law"
)

func day(s string) law.Date { return law.MustDate(s) }

// refused fails unless err is a refusal with this code, and returns it.
func refused(t *testing.T, err error, code law.Code) *law.Refusal {
	t.Helper()
	var r *law.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("got %v, want the refusal %s", err, code)
	}
	if r.Code != code {
		t.Fatalf("refused with %s (%s), want %s", r.Code, r.Message, code)
	}
	if r.Message == "" {
		t.Fatalf("the refusal %s has no message", code)
	}
	return r
}

func found(c ees.Check, code law.Code) bool {
	return slices.ContainsFunc(c.Findings, func(r law.Reason) bool { return r.Code == code })
}

// EES-002, EES-007, EES-008, EES-026, EES-027. One traveller all the way
// through: no file, entry, file, exit.
func TestArt16_2_FirstCrossingOfAnExemptTraveller(t *testing.T) {
	onBoth(t, func(b *border) {
		c := b.at("2026-11-01 08:00").check(anna())
		if c.File != nil || c.Proposal != ees.Admit || c.Stay.DaysRemaining != 90 || c.Stay.LastDay == nil || *c.Stay.LastDay != day("2027-01-29") {
			b.Fatalf("first check: %+v", c)
		}
		if !found(c, "first_registration") || !slices.Equal(c.ToTake, []string{"face", "fingerprints"}) {
			b.Fatalf("findings %+v, to take %v", c.Findings, c.ToTake)
		}
		entry := b.cross(c)
		if entry.State != "OPEN" || entry.Entry.On != day("2026-11-01") || *entry.StayEnd != day("2027-01-29") || entry.Entry.CrossingPoint != "FRCDG" || entry.Entry.Authority == "" {
			b.Fatalf("entry: %+v", entry)
		}
		again := b.at("2026-11-10 08:00").check(anna())
		if again.File == nil || again.File.Ref != entry.File || !again.File.Inside {
			b.Fatalf("second check: %+v", again.File)
		}
		out := b.leave("2026-11-20 18:00", anna())
		if out.RecordID != entry.RecordID || out.State != "CLOSED" || out.OverstayDays != 0 || out.Exit.On != day("2026-11-20") {
			b.Fatalf("exit: %+v", out)
		}
		f := b.file(entry.File)
		if len(f.Records) != 1 || f.VisaRequired || f.Stay.DaysUsed != 20 || f.CIRFile == "" || f.CIRFile == string(f.Ref) {
			b.Fatalf("file: %+v", f)
		}
	})
}

// EES-035: a match on name, birth, nationality and sex returns the file although
// the document differs; EES-006: the document is added.
func TestArt14_2_NewDocumentOfAKnownTraveller(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-11-01 08:00", anna())
		b.leave("2026-11-02 08:00", anna())
		renewed := anna()
		renewed.Document.Number, renewed.Document.Expiry = "CB000001", day("2036-01-01")
		c := b.at("2026-11-05 08:00").check(renewed)
		if c.File == nil || c.File.Ref != first.File || !found(c, "new_document") || !slices.Contains(c.ToTake, "face") || c.Proposal != ees.SecondLine {
			b.Fatalf("check: %+v", c)
		}
		_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		refused(b.T, err, "face_needed")
		if _, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Biometrics: &ees.Biometrics{Face: "captured"}}); err != nil {
			b.Fatal(err)
		}
		if f := b.file(first.File); len(f.Documents) != 2 || len(f.Identities) != 1 {
			b.Fatalf("file: %+v", f)
		}
	})
}

// A name spelt otherwise is a candidate, and the guard decides.
func TestArt27_1_CandidatesAreDecidedByTheGuard(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-11-01 08:00", anna())
		b.leave("2026-11-02 08:00", anna())
		other := anna()
		other.Identity.Surname, other.Document.Number = "PELETIER", "XX99"
		c := b.at("2026-11-05 08:00").check(other)
		if c.File != nil || len(c.Candidates) != 1 || c.Candidates[0].File.Ref != first.File || c.Proposal != ees.SecondLine {
			b.Fatalf("check: file %v, candidates %+v, %s", c.File, c.Candidates, c.Proposal)
		}
		_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		refused(b.T, err, "candidates_undecided")
		_, err = b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, File: "00000000-0000-0000-0000-000000000000"})
		refused(b.T, err, "no_candidate")
		r, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, File: string(first.File)})
		if err != nil || r.File != first.File {
			b.Fatalf("%+v, %v", r, err)
		}
	})
}

// The same check decides once; a second booth's decision in between is a conflict.
func TestArt23_TwoGuardsAtOnce(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-11-01 08:00", anna())
		b.leave("2026-11-02 08:00", anna())
		one := b.at("2026-11-03 08:00").check(anna())
		two := b.at("2026-11-03 08:01").check(anna())
		b.cross(one)
		_, err := b.tryCross(ees.CrossingRequest{CheckID: two.CheckID})
		refused(b.T, err, "file_changed")
		_, err = b.tryCross(ees.CrossingRequest{CheckID: one.CheckID})
		refused(b.T, err, "check_already_decided")
		_, err = b.tryRefuse(ees.RefusalRequest{CheckID: one.CheckID, Reasons: []ees.RefusalReason{"E"}})
		refused(b.T, err, "check_already_decided")
	})
}

// Two booths register one unknown traveller: one file is made, the other is a conflict.
func TestArt14_2_OnePersonOneFile(t *testing.T) {
	onBoth(t, func(b *border) {
		one, two := b.at("2026-11-03 08:00").check(anna()), b.check(anna())
		b.cross(one)
		_, err := b.tryCross(ees.CrossingRequest{CheckID: two.CheckID})
		refused(b.T, err, "file_found_meanwhile")
	})
}

// Spec 5.1: an entry still open is not overwritten; it ends without exit.
func TestArt20_EntryStillOpen(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-05-01 08:00", anna())
		c := b.at("2026-06-01 08:00").check(anna())
		if !found(c, "entry_still_open") || c.Proposal != ees.SecondLine {
			b.Fatalf("findings %+v", c.Findings)
		}
		second := b.cross(c)
		if second.RecordID == first.RecordID {
			b.Fatal("the open record was overwritten")
		}
		f := b.file(first.File)
		if !f.Records[0].EndedWithoutExit || f.Records[0].Exit != nil || f.Records[1].State != "OPEN" {
			b.Fatalf("records: %+v", f.Records)
		}
	})
}

// One crossing told twice at one crossing point is one crossing.
func TestArt16_2_SameCrossingTwice(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-11-01 08:00", anna())
		c := b.at("2026-11-01 08:05").check(anna())
		_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		refused(b.T, err, "crossing_already_recorded")
	})
}

// EES-027, E05: the exit reply states the overstay, and the stay joins the list
// as exceeded.
func TestArt11_2_c_OverstayAtExit(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-01 08:00", anna())
		who := anna()
		who.Direction = ees.Exit
		c := b.at("2026-08-03 08:00").check(who)
		if c.Stay.OverstayDays != 5 || !found(c, "overstay") || c.Proposal != ees.SecondLine {
			b.Fatalf("exit check: %+v %+v", c.Stay, c.Findings)
		}
		out := b.cross(c)
		if out.OverstayDays != 5 || out.OverstayClass != ees.Exceeded || out.RecordID != entry.RecordID {
			b.Fatalf("exit: %+v", out)
		}
	})
}

// Refusing input: every fault has a field, a code, and leaves nothing behind.
func TestArt16_BadInputIsRefusedByField(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-01 08:00")
		past := b.clock.Now().AddDate(0, 0, -3)
		future := b.clock.Now().AddDate(0, 0, 3)
		for _, c := range []struct {
			name   string
			change func(*ees.CheckRequest)
			code   law.Code
			field  string
		}{
			{"unknown direction", func(r *ees.CheckRequest) { r.Direction = "sideways" }, "unknown_direction", "direction"},
			{"unknown crossing point", func(r *ees.CheckRequest) { r.CrossingPoint = "FRXXX" }, "unknown_crossing_point", "crossing_point"},
			{"unknown state", func(r *ees.CheckRequest) { r.Document.Issuer = "QQQ" }, "unknown_state", "document.issuer"},
			{"unknown nationality", func(r *ees.CheckRequest) { r.Identity.Nationalities = []string{"QQQ"} }, "unknown_state", "identity.nationalities"},
			{"specimen", func(r *ees.CheckRequest) { r.Identity.Nationalities = []string{"UTO"} }, "specimen_nationality", "identity.nationalities"},
			{"born tomorrow", func(r *ees.CheckRequest) { r.Identity.BirthDate = "2026-11-02" }, "date_in_the_future", "identity.birth_date"},
			{"crossing in the future", func(r *ees.CheckRequest) { r.At = &future }, "date_in_the_future", "at"},
			{"late without origin", func(r *ees.CheckRequest) { r.At = &past }, "late_without_origin", "origin"},
			{"both sources", func(r *ees.CheckRequest) { r.MRZ = []string{"P<"} }, "two_sources", "mrz"},
			{"no document", func(r *ees.CheckRequest) { r.Document = nil }, "document_missing", "document"},
			{"exempt nationality", func(r *ees.CheckRequest) { r.Identity.Nationalities = []string{"AND"} }, "exempt_person", ""},
			{"exemption code", func(r *ees.CheckRequest) { r.Exemption = "X09" }, "exempt_person", ""},
			{"unknown exemption", func(r *ees.CheckRequest) { r.Exemption = "X99" }, "unknown_exemption", "exemption"},
			{"citizen of the Union", func(r *ees.CheckRequest) { r.Identity.Nationalities = []string{"CAN", "POL"} }, "not_a_third_country_national", ""},
			{"stamps too late", func(r *ees.CheckRequest) { r.Stamps = []ees.StampInput{{Entry: day("2026-10-01")}} }, "stamps_no_longer_count", "stamps"},
			{"visa backwards", func(r *ees.CheckRequest) {
				r.Visa = &ees.VisaInput{Number: "N1", Issuer: "FRA", ValidFrom: day("2026-11-01"), ValidUntil: day("2026-10-01"), Days: 5, Entries: 1}
			}, "visa_ends_before_it_begins", "visa.valid_until"},
		} {
			req := anna()
			c.change(&req)
			_, err := b.tryCheck(req)
			if r := refused(b.T, err, c.code); r.Field != c.field {
				b.Errorf("%s: field %q, want %q", c.name, r.Field, c.field)
			}
		}
	})
}

// EES-013: every exemption code is known, and none of its holders is recorded.
func TestArt2_3_ExemptPersonsAreNotRecorded(t *testing.T) {
	if len(ees.Exemptions) != 18 {
		t.Fatalf("%d codes", len(ees.Exemptions))
	}
	onBoth(t, func(b *border) {
		for _, x := range ees.Exemptions {
			req := anna()
			req.Exemption = string(x.Code)
			_, err := b.at("2026-11-01 08:00").tryCheck(req)
			refused(b.T, err, "exempt_person")
		}
	})
}

// EES-041: data kept in a buffer come in with the moment and the origin; an
// exit before the entry is refused when it is told online, and one told late is
// the exit of a stay whose entry is not known yet.
func TestArt21_1_CrossingToldAfterwards(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-05 08:00")
		entered := b.clock.Now().AddDate(0, 0, -2)
		req := anna()
		req.At, req.Origin = &entered, ees.LocalBuffer
		r := b.cross(b.check(req))
		if r.Origin != ees.LocalBuffer || r.Entry.On != day("2026-11-03") {
			b.Fatalf("%+v", r)
		}
		before := entered.AddDate(0, 0, -1)
		req.Direction, req.At = ees.Exit, &before
		if alone := b.cross(b.check(req)); alone.Entry != nil || alone.Exit.On != day("2026-11-02") || alone.RecordID == r.RecordID {
			b.Fatalf("%+v", alone)
		}
		req = traveller("NGUYEN", "LINH", "1991-05-20", "F", "CAN", "CA990011")
		b.at("2026-11-06 09:10").cross(b.check(req))
		req.Direction = ees.Exit
		minutes := b.clock.Now().Add(-10 * time.Minute)
		req.At = &minutes
		req.CrossingPoint = "FRORY"
		_, err := b.tryCross(ees.CrossingRequest{CheckID: b.check(req).CheckID})
		refused(b.T, err, "exit_before_entry")
	})
}

// EES-041: whatever order a buffer sends a history in, the same stays come of
// it: each exit goes to the entry before it, and what was recorded otherwise
// meanwhile is put right.
func TestArt21_1_AnyOrderLeadsToTheSameStays(t *testing.T) {
	type told struct {
		direction ees.Direction
		moment    string
	}
	history := []told{{ees.Entry, "2026-10-10 08:00"}, {ees.Exit, "2026-10-12 08:00"}, {ees.Entry, "2026-10-14 08:00"},
		{ees.Entry, "2026-10-20 08:00"}, {ees.Exit, "2026-10-24 08:00"}, {ees.Exit, "2026-10-26 08:00"}}
	onBoth(t, func(b *border) {
		b.at("2026-11-01 08:00")
		var want []string
		random := rand.New(rand.NewPCG(1, 2))
		for round := range 8 {
			who := traveller("PELLETIER", fmt.Sprintf("ANNA%c", 'A'+round), fmt.Sprintf("1988-02-%02d", 10+round), "F", "CAN", fmt.Sprintf("CA88441%d", round))
			order := random.Perm(len(history))
			if round == 0 {
				order = []int{0, 1, 2, 3, 4, 5}
			}
			var ref ees.FileRef
			for _, i := range order {
				at, err := time.Parse("2006-01-02 15:04", history[i].moment)
				if err != nil {
					b.Fatal(err)
				}
				who.Direction, who.At, who.Origin = history[i].direction, &at, ees.NUIBuffer
				ref = b.cross(b.check(who)).File
			}
			var got []string
			for _, r := range b.file(ref).Records {
				line := fmt.Sprint(r.State, " ", r.EndedWithoutExit)
				for _, e := range []*ees.EventView{r.Entry, r.Exit} {
					if e != nil {
						line += " " + e.On.String()
					} else {
						line += " none"
					}
				}
				if r.StayEnd != nil {
					line += " until " + r.StayEnd.String()
				}
				got = append(got, line)
			}
			if round == 0 {
				want = got
			}
			if !slices.Equal(got, want) {
				b.Errorf("told in the order %v:\n%s\nin the order of time:\n%s", order, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		if len(want) != 4 || want[0] != "CLOSED false 2026-10-10 2026-10-12 until 2027-01-07" || !strings.HasPrefix(want[1], "CLOSED true 2026-10-14 none") ||
			want[3] != "CLOSED false none 2026-10-26" {
			b.Errorf("in the order of time:\n%s", strings.Join(want, "\n"))
		}
	})
}

// A guard checks and records at the crossing points of the own state, and the
// attempt elsewhere leaves nothing.
func TestArt9_2_ForeignCrossingPoint(t *testing.T) {
	onBoth(t, func(b *border) {
		req := anna()
		req.CrossingPoint = "DEFRA"
		_, err := run(b.at("2026-11-01 08:00"), guard, ees.OpCheck, func(p access.Pass) (ees.Check, error) { return b.register.Check(p, req) })
		if r := refused(b.T, err, "foreign_crossing_point"); r.Cite != "2017/2226 art 9(2)" {
			b.Errorf("refused by %s", r.Cite)
		}
	})
}

// A check waits half an hour for its decision, no longer.
func TestArt23_ExpiredCheck(t *testing.T) {
	onBoth(t, func(b *border) {
		c := b.at("2026-11-01 08:00").check(anna())
		b.at("2026-11-01 08:31")
		_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		refused(b.T, err, "check_expired")
		_, err = b.tryCross(ees.CrossingRequest{CheckID: "nonsense"})
		refused(b.T, err, "unknown_check")
	})
}

// SBC 6(1)(a): an expired document does not entitle to cross.
func TestArt6_1_a_ExpiredDocument(t *testing.T) {
	onBoth(t, func(b *border) {
		req := anna()
		req.Document.Expiry = day("2026-10-31")
		c := b.at("2026-11-01 08:00").check(req)
		if c.Proposal != ees.Refuse || !slices.Equal(c.ProposedReasons, []ees.RefusalReason{"A"}) || !found(c, "document_expired") {
			b.Fatalf("%s %v", c.Proposal, c.ProposedReasons)
		}
		_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		if r := refused(b.T, err, "admission_against_findings"); r.Field != "despite" {
			b.Fatalf("field %q", r.Field)
		}
		if _, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Despite: "humanitarian grounds"}); err != nil {
			b.Fatal(err)
		}
	})
}
