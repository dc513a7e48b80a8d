package ees

import (
	"errors"
	"testing"

	"limen/law"
)

// EES-028, EES-030: who is presumed to overstay, and who is not.
func TestArt20_1_Presumption(t *testing.T) {
	for _, c := range []struct {
		name   string
		h      *History
		ground law.Code
	}{
		{"no record at all", &History{}, PresumedNoRecord},
		{"the last stay has its exit", staysOf("2026-01-01", "2026-01-05"), PresumedNoRecord},
		{"an open stay within its time", staysOf("2026-03-01", ""), ""},
		{"an open stay after its end", staysOf("2026-01-10", ""), PresumedNoExit},
		{"a residence permit", &History{Permits: []Span{{From: civil("2026-01-01")}}}, ""},
		{"an open stay that a permit took over", &History{Stays: []Stay{stayOf("2026-01-10", "")}, Permits: []Span{{From: civil("2026-03-01"), Until: civil("2027-01-01")}}}, ""},
	} {
		p, yes, err := Presume(c.h, civil("2026-05-01"))
		if err != nil || yes != (c.ground != "") || p.Ground != c.ground {
			t.Errorf("%s: %v %q, %v", c.name, yes, p.Ground, err)
		}
	}
}

// EES-030: a proof completes, creates or takes out, and contradictions are refused.
func TestArt20_2_Rebuttal(t *testing.T) {
	h := staysOf("2026-01-10", "", "2025-01-01", "2025-01-05")
	created, err := Rebut(h, Proof{Stay: -1, Entry: civil("2026-04-20")})
	if err != nil || len(created.Stays) != 3 || created.Stays[2].Entry != civil("2026-04-20") {
		t.Errorf("created: %+v, %v", created.Stays, err)
	}
	erased, err := Rebut(h, Proof{Stay: 0, Erase: true})
	if err != nil || len(erased.Stays) != 1 || erased.Stays[0].Entry != civil("2025-01-01") {
		t.Errorf("erased: %+v, %v", erased.Stays, err)
	}
	moved, err := Rebut(h, Proof{Stay: 0, Entry: civil("2026-02-10"), Exit: civil("2026-02-20")})
	if err != nil || moved.Stays[0].Entry != civil("2026-02-10") || moved.Stays[0].Exit != civil("2026-02-20") {
		t.Errorf("completed: %+v, %v", moved.Stays, err)
	}
	if h.Stays[0].Entry != civil("2026-01-10") || h.Stays[0].Exit != 0 || len(h.Stays) != 2 {
		t.Errorf("the history given was changed: %+v", h.Stays)
	}
	for _, p := range []Proof{{Stay: 2}, {Stay: -2}, {Stay: -1}, {Stay: -1, Erase: true, Entry: 5}, {Stay: 0, Exit: civil("2026-01-09")}} {
		var refusal *law.Refusal
		if _, err := Rebut(h, p); !errors.As(err, &refusal) || refusal.Field == "" {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
