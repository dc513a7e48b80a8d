package ees

import (
	"encoding/json"
	"testing"
	"time"

	"limen/law"
	"limen/person"
)

// Whatever bytes a unit sends as a request, reading them ends in a request
// whose search can be read again, or in a refusal that names its field.
func FuzzReasonedRequest(f *testing.F) {
	for _, seed := range []string{`{}`, `{"offence":{"category":"fraud","description":"x","maximum_sentence_years":3},"ordered_by":"c","search":{"document":{"number":"C1"}}}`,
		`{"offence":{"category":"terrorist_act","description":"x"},"ordered_by":"c","pruem":{"launched_at":"2026-05-01T00:00:00Z"},"search":{"fingerprints":{"sample":"eA==","latent":true},"face":{"sample":"eA=="}}}`,
		`{"offence":{"category":"rape","description":"x"},"ordered_by":"c","search":{"identity":{"surname":"XU","birth_date":"1990"},"visa":{"number":"V1","issuer":"FRA","valid_until":"2026-01-01"},` +
			`"entry":{"on":"2026-05-01","crossing_point":"FRCDG","at":"2026-05-01T10:00:00Z"},"exit":{"on":"2026-05-02","crossing_point":"FRCDG"}}}`} {
		f.Add([]byte(seed))
	}
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body []byte) {
		var in ReasonedRequest
		if json.Unmarshal(body, &in) != nil {
			return
		}
		in.trim()
		err := in.check(now, person.Specimens(false))
		if r, ok := err.(*law.Refusal); err != nil && (!ok || r.Field == "" || r.Kind != law.BadInput) {
			t.Fatalf("%v", err)
		}
		if err != nil {
			return
		}
		q := leRequest{Body: &in, SearchedBy: in.Search.kinds()}
		if q.SearchedBy == "" {
			t.Fatal("a request that searches with nothing was read")
		}
		if list, err := q.conditions(now); err != nil || len(list) < 4 {
			t.Fatalf("%v, %v", list, err)
		}
	})
}
