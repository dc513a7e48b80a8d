package ees

import (
	"testing"
	"time"

	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// Whatever is typed into a field of a correction is refused or stands there
// afterwards in a form that the field itself takes again; nothing panics.
func FuzzCorrection(f *testing.F) {
	for _, seed := range []struct{ of, field, value string }{
		{"identity", "surname", "PELLETIÉ"}, {"identity", "nationalities", "CAN USA"}, {"identity", "birth_date", "1988"}, {"identity", "sex", "X"},
		{"document", "number", "ca 1"}, {"document", "expiry", "2031-02-29"}, {"record", "entry_at", "2026-05-20T09:00:00+02:00"}, {"record", "exit_crossing_point", "FRCDG"},
		{"record", "visa_days", "-1"}, {"record", "visa_valid_until", "9999-12-31"}, {"record", "family_member", "true"},
		{"refusal", "reasons", "B A"}, {"refusal", "annulled", "true"}, {"refusal", "refused_at", "0000-00-00"}, {"nothing", "", ""},
	} {
		f.Add(seed.of, seed.field, seed.value)
	}
	f.Fuzz(func(t *testing.T, of, field, value string) {
		at := time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)
		on := law.MustDate("2026-05-20")
		k := &known{file: file{Ref: "a"}, records: []record{{Ref: "a", N: 1, Entry: event{at, on, "FRCDG", "x"}, Exit: event{at.Add(time.Hour), on, "FRORY", "x"}}}}
		k.data.Identities = []cir.Identity{{Name: person.Name{Surname: "DOE"}, Birth: person.BornOn(law.MustDate("1988-02-11")), Sex: "F", Nationalities: []person.State{"CAN"}}}
		k.data.Documents = []person.Document{{Type: "P", Number: "C1", Issuer: "CAN", Expiry: law.MustDate("2033-01-01")}}
		c := &correcting{register: new(Register), a: &amending{known: k, today: on}, refusals: []refusalRow{{N: 1, At: at.UnixMicro(), On: on, BCP: "FRCDG", Reasons: "E"}}}
		get, set, _, err := c.field(Correction{Of: of, N: 1, Field: field})
		if err != nil || set(value) != nil || field == "annulled" {
			return
		}
		if after := get(); set(after) != nil || get() != after {
			t.Errorf("%s.%s took %q, shows %q and does not take that", of, field, value, after)
		}
	})
}
