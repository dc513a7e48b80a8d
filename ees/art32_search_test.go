package ees_test

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// Each alphanumeric key of article 32(5) finds by itself, several narrow, and
// one that differs in anything but the spelling of a name finds nothing.
func TestArt32_5_EveryKeyFindsAndNarrows(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		first := b.border.enter("2026-05-01 09:00", anna())
		visa := mehmet()
		visa.Visa = &ees.VisaInput{Number: "FRA1234567", Issuer: "FRA", ValidFrom: day("2026-04-01"), ValidUntil: day("2026-08-31"), Days: 60, Entries: 0}
		second := b.border.enter("2026-05-02 14:07", visa)
		b.border.leave("2026-05-12 22:30", visa)
		b.at("2026-06-01 10:00")
		at := func(s string) *time.Time { v, _ := time.Parse("2006-01-02 15:04:05", s); return &v }
		passport := &ees.DocumentKey{Number: "CA884411"}
		for name, c := range map[string]struct {
			search ees.LawEnforcementSearch
			want   ees.FileRef
		}{
			"document":            {ees.LawEnforcementSearch{Document: passport}, first.File},
			"document in full":    {ees.LawEnforcementSearch{Document: &ees.DocumentKey{Number: "CA884411", Issuer: "CAN", Type: "P", Expiry: day("2033-01-01")}}, first.File},
			"another expiry":      {ees.LawEnforcementSearch{Document: &ees.DocumentKey{Number: "CA884411", Expiry: day("2033-01-02")}}, ""},
			"another issuer":      {ees.LawEnforcementSearch{Document: &ees.DocumentKey{Number: "CA884411", Issuer: "USA"}}, ""},
			"whole identity":      {ees.LawEnforcementSearch{Identity: &ees.IdentityKey{Surname: "PELETIER", FirstNames: "ANA", BirthDate: "1988-02-11", Sex: "F", Nationality: "CAN"}}, first.File},
			"another birth":       {ees.LawEnforcementSearch{Identity: &ees.IdentityKey{Surname: "PELLETIER", FirstNames: "ANNA", BirthDate: "1988-02-12", Sex: "F", Nationality: "CAN"}}, ""},
			"surname":             {ees.LawEnforcementSearch{Identity: &ees.IdentityKey{Surname: "PELLETIER"}}, first.File},
			"surname and sex":     {ees.LawEnforcementSearch{Identity: &ees.IdentityKey{Surname: "PELLETIER", Sex: "M"}}, ""},
			"surname and birth":   {ees.LawEnforcementSearch{Identity: &ees.IdentityKey{Surname: "PELLETIER", BirthDate: "1988-02-11"}}, first.File},
			"sticker":             {ees.LawEnforcementSearch{Visa: &ees.VisaKey{Number: "FRA1234567"}}, second.File},
			"sticker and expiry":  {ees.LawEnforcementSearch{Visa: &ees.VisaKey{Number: "FRA1234567", Issuer: "FRA", ValidUntil: day("2026-08-31")}}, second.File},
			"another visa expiry": {ees.LawEnforcementSearch{Visa: &ees.VisaKey{Number: "FRA1234567", ValidUntil: day("2026-09-01")}}, ""},
			"entry":               {ees.LawEnforcementSearch{Entry: &ees.CrossingKey{On: day("2026-05-02"), CrossingPoint: "FRCDG"}}, second.File},
			"entry to the minute": {ees.LawEnforcementSearch{Entry: &ees.CrossingKey{On: day("2026-05-02"), CrossingPoint: "FRCDG", At: at("2026-05-02 14:07:59"), Authority: "Police aux frontières"}}, second.File},
			"a minute later":      {ees.LawEnforcementSearch{Entry: &ees.CrossingKey{On: day("2026-05-02"), CrossingPoint: "FRCDG", At: at("2026-05-02 14:08:00")}}, ""},
			"a minute earlier":    {ees.LawEnforcementSearch{Entry: &ees.CrossingKey{On: day("2026-05-02"), CrossingPoint: "FRCDG", At: at("2026-05-02 14:06:59")}}, ""},
			"another authority":   {ees.LawEnforcementSearch{Entry: &ees.CrossingKey{On: day("2026-05-02"), CrossingPoint: "FRCDG", Authority: "Douane"}}, ""},
			"another point":       {ees.LawEnforcementSearch{Entry: &ees.CrossingKey{On: day("2026-05-02"), CrossingPoint: "FRORY"}}, ""},
			// 22:30 UTC is the next day in Paris.
			"exit by local day":   {ees.LawEnforcementSearch{Exit: &ees.CrossingKey{On: day("2026-05-13"), CrossingPoint: "FRCDG"}}, second.File},
			"exit the day before": {ees.LawEnforcementSearch{Exit: &ees.CrossingKey{On: day("2026-05-12"), CrossingPoint: "FRCDG"}}, ""},
			"keys that agree":     {ees.LawEnforcementSearch{Document: passport, Entry: &ees.CrossingKey{On: day("2026-05-01"), CrossingPoint: "FRCDG"}, Identity: &ees.IdentityKey{Surname: "PELLETIER"}}, first.File},
			"keys of two persons": {ees.LawEnforcementSearch{Document: passport, Visa: &ees.VisaKey{Number: "FRA1234567"}}, ""},
			"a name of another":   {ees.LawEnforcementSearch{Document: passport, Identity: &ees.IdentityKey{Surname: "YILMAZ"}}, ""},
			"an exit not made":    {ees.LawEnforcementSearch{Document: passport, Exit: &ees.CrossingKey{On: day("2026-05-13"), CrossingPoint: "FRCDG"}}, ""},
		} {
			in := history()
			in.Search = c.search
			r := b.answered(in)
			got := must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(unit, r.RequestID) })
			switch {
			case c.want == "" && len(got.Found) == 0:
			case len(got.Found) == 1 && got.Found[0].File == c.want:
			default:
				t.Errorf("%s: found %+v, want %q", name, got.Found, c.want)
			}
		}
	})
}

// Who is searched for more widely than a case can need is told to narrow, and
// nothing is handed out.
func TestArt32_1_TooManyAreNotHandedOut(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		for i := range 21 {
			b.border.enter("2026-05-01 09:00", traveller("PERSON"+strings.Repeat("A", i+1), "ANNA", "19"+itoa(60+i)+"-02-11", "F", "CAN", "CB88440"+itoa(10+i)))
		}
		b.at("2026-06-01 10:00")
		in := history()
		in.Search = ees.LawEnforcementSearch{Entry: &ees.CrossingKey{On: day("2026-05-01"), CrossingPoint: "FRCDG"}}
		r := b.submit(unit, in)
		b.approve(r.RequestID)
		_, err := b.trySearch(point, r.RequestID)
		if no := b.refusedAs(err, "too_many_found"); no.Kind != law.TooMuch {
			t.Errorf("%+v", no)
		}
		if b.count(`SELECT COUNT(*) FROM ees_le_result`) != 0 {
			t.Error("results were stored")
		}
		in.Search.Document = &ees.DocumentKey{Number: "CB8844010"}
		if r := b.answered(in); *r.Hits != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// Keys that the purpose does not have are refused at the door even in urgency:
// somebody unknown is identified by fingerprints and face alone. EES-050.
func TestArt32_4_IdentificationHasTwoKeys(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.purpose = access.LawEnforcementIdentify
		b.at("2026-06-01 10:00")
		for _, search := range []ees.LawEnforcementSearch{
			{Document: &ees.DocumentKey{Number: "CA884411"}},
			{Identity: &ees.IdentityKey{Surname: "PELLETIER"}},
			{Identity: &ees.IdentityKey{Surname: "PELLETIER", FirstNames: "ANNA", BirthDate: "1988-02-11", Sex: "F", Nationality: "CAN"}},
			{Visa: &ees.VisaKey{Number: "V1"}},
			{Entry: &ees.CrossingKey{On: day("2026-05-01"), CrossingPoint: "FRCDG"}},
			{Exit: &ees.CrossingKey{On: day("2026-05-01"), CrossingPoint: "FRCDG"}},
			{Fingerprints: &ees.FingerprintKey{Sample: []byte("x")}, Document: &ees.DocumentKey{Number: "CA884411"}},
		} {
			in := history()
			in.Danger, in.Search = "A life", search
			r := b.submit(unit, in)
			_, err := b.trySearch(point, r.RequestID)
			if no := b.refusedAs(err, "key_not_granted"); no.Kind != law.NotGranted {
				t.Errorf("%+v", no)
			}
		}
		if b.count(`SELECT COUNT(*) FROM ees_le_result`) != 0 {
			t.Error("results were stored")
		}
	})
}

// While no matching service is connected, a search by biometrics is refused
// after the legal conditions, and logged; the request stands as it was. EES-054.
func TestArt32_4_NotConnectedComesAfterTheLaw(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.purpose = access.LawEnforcementIdentify
		b.at("2026-06-01 10:00")
		r := b.submit(unit, latent(b))
		_, err := b.trySearch(point, r.RequestID)
		b.refusedAs(err, "wrong_status")
		b.approve(r.RequestID)
		b.at("2026-06-01 10:01")
		_, err = b.trySearch(point, r.RequestID)
		if no := b.refusedAs(err, "not_connected"); no.Kind != law.Unavailable {
			t.Errorf("%+v", no)
		}
		e := b.logged(ees.OpSearchForRequest)[0]
		if e.Entry.Outcome != "refused" || e.Entry.Refusal != "not_connected" || !e.Proves("fingerprints", fmt.Sprintf("%x", sha256.Sum256([]byte("ridges")))) || e.Entry.Case != "PN-2026-0042" {
			t.Errorf("%+v", e.Entry)
		}
		if v := must(b, func() (ees.RequestView, error) { return b.tryRead(point, r.RequestID) }); v.Status != ees.RequestApproved {
			t.Errorf("%+v", v)
		}
	})
}

// Latent fingerprints are searched as such, and those of visa-exempt travellers
// alone: what a refusal left of somebody who needs a visa is no key. What comes
// back is the file without a journey. EES-054.
func TestArt32_4_LatentFingerprintsFindTheFileAlone(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		first := b.border.enter("2026-05-01 09:00", anna())
		visa := mehmet()
		visa.Visa = &ees.VisaInput{Number: "FRA1234567", Issuer: "FRA", ValidFrom: day("2026-04-01"), ValidUntil: day("2026-08-31"), Days: 60, Entries: 0}
		second := b.border.enter("2026-05-02 14:07", visa)
		b.purpose = access.LawEnforcementIdentify
		b.at("2026-06-01 10:00")
		var wasLatent bool
		b.register.Identifier = matcher{[]ees.FileRef{second.File, "gone", first.File}, &wasLatent}
		r := b.answered(latent(b))
		if *r.Hits != 1 || !wasLatent {
			t.Errorf("%+v, latent %v", r, wasLatent)
		}
		got := must(b, func() (ees.IdentityOutcome, error) { return b.tryIdentity(unit, r.RequestID) })
		if len(got.Found) != 1 || got.Found[0].File != first.File || got.Found[0].Documents[0].Number != "CA884411" {
			t.Errorf("%+v", got)
		}
		// A face finds those who need a visa as well.
		in := latent(b)
		in.Search = ees.LawEnforcementSearch{Face: &ees.FaceKey{Sample: []byte("face")}}
		if r := b.answered(in); *r.Hits != 2 {
			t.Errorf("%+v", r)
		}
		e := b.logged(ees.OpReadOutcome)[0].Entry
		if strings.Join(e.Sent, " ") != "existence_of_a_file identity_data travel_document_data biometric_data" {
			t.Errorf("sent %v", e.Sent)
		}
	})
}

// What identifies somebody has no member for a journey: nothing of a type that
// holds one can be reached from it.
func TestArt32_4_TheIdentityTypeHasNoJourney(t *testing.T) {
	journeys := []reflect.Type{reflect.TypeFor[ees.HistoryRecord](), reflect.TypeFor[ees.HistoryRefusal](), reflect.TypeFor[ees.RecordView](), reflect.TypeFor[ees.RefusalView](),
		reflect.TypeFor[ees.EventView](), reflect.TypeFor[ees.VisaOnRecord](), reflect.TypeFor[ees.StayChange](), reflect.TypeFor[ees.StayView]()}
	var walk func(in reflect.Type, path string)
	walk = func(in reflect.Type, path string) {
		for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
			in = in.Elem()
		}
		for _, j := range journeys {
			if in == j {
				t.Errorf("%s leads to %s", path, j)
			}
		}
		if in.Kind() == reflect.Struct && strings.HasPrefix(in.PkgPath(), "limen/ees") {
			for i := range in.NumField() {
				walk(in.Field(i).Type, path+"."+in.Field(i).Name)
			}
		}
	}
	walk(reflect.TypeFor[ees.LawEnforcementIdentity](), "LawEnforcementIdentity")
	walk(reflect.TypeFor[ees.IdentityOutcome](), "IdentityOutcome")
}

// No kind of law enforcement has a search key but the access points, and no
// operation of theirs searches but the one that a request goes through. EES-051.
func TestArt31_OnlyAccessPointsSearch(t *testing.T) {
	searchers := 0
	for _, g := range ees.Grants() {
		point := g.Kind == access.CentralAccessPoint || g.Kind == access.EuropolAccessPoint
		if strings.HasPrefix(string(g.Purpose), "law_enforcement") && len(g.Keys) > 0 {
			searchers++
			if !point || g.Op != ees.OpSearchForRequest {
				t.Errorf("%s may %s by %v", g.Kind, g.Op, g.Keys)
			}
		}
		if (point || g.Kind == access.OperatingUnit || g.Kind == access.EuropolUnit || g.Kind == access.EuropolNational) &&
			(g.Op == ees.OpReadFile || g.Op == ees.OpSearchFiles || g.Op == ees.OpCheck) {
			t.Errorf("%s may %s", g.Kind, g.Op)
		}
	}
	if searchers != 4 {
		t.Errorf("%d grants search for law enforcement, want one for each access point and purpose", searchers)
	}
}

// A file whose processing is restricted is counted and not handed out, whether
// it was restricted before the search or after it.
func TestArt32_RestrictedFilesAreNotHandedOut(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		entry := b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		before := b.answered(history())
		if _, err := b.tryRestrict(ees.RestrictRequest{File: entry.File, Why: "the person disputes the data"}); err != nil {
			t.Fatal(err)
		}
		after := b.answered(history())
		if *before.Hits != 1 || before.Restricted != 0 || *after.Hits != 0 || after.Restricted != 1 {
			t.Errorf("before %+v, after %+v", before, after)
		}
		for _, r := range []ees.RequestReceipt{before, after} {
			if got := must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(unit, r.RequestID) }); len(got.Found) != 0 || got.Restricted != 1 {
				t.Errorf("%+v", got)
			}
		}
		if n := b.count(`SELECT COUNT(*) FROM ees_le_result WHERE id = $1`, after.RequestID); n != 0 {
			t.Errorf("%d results of a restricted file are stored", n)
		}
	})
}

// 2016/679 art 18: what a search found before its file became part of another is
// not handed out either, while the processing of that other file is restricted.
func TestArt32_5_ARestrictionReachesAMergedFile(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		found, other := b.twoFiles()
		r := b.answered(history())
		if out, err := b.tryHistory(unit, r.RequestID); err != nil || len(out.Found) != 1 || out.Found[0].File != found {
			b.Fatalf("%+v, %v", out, err)
		}
		b.merge(other, found)
		if out, err := b.tryHistory(unit, r.RequestID); err != nil || len(out.Found) != 1 {
			b.Errorf("after the merge: %+v, %v", out, err)
		}
		if _, err := b.tryRestrict(ees.RestrictRequest{File: other, Why: "the person disputes the data"}); err != nil {
			b.Fatal(err)
		}
		if out, err := b.tryHistory(unit, r.RequestID); err != nil || len(out.Found) != 0 || out.Restricted != 1 {
			b.Errorf("while the file is restricted: %+v, %v", out, err)
		}
	})
}
