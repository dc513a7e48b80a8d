package ees

import (
	"slices"
	"testing"
)

// paths walks every way through the table from a state to a decision.
func paths(from CheckState, way []Transition, visit func(way []Transition)) {
	ended := true
	for _, t := range Transitions {
		if t.From == from {
			ended = false
			paths(t.To, append(slices.Clone(way), t), visit)
		}
	}
	if ended {
		visit(way)
	}
}

// EES-036, EES-037, EES-038: every way through the order of searches ends with
// the guard's decision, no state is left without a way on or a way in, each step
// is cited, and no way comes back to where it was.
func TestArt23_EveryWayEndsWithTheGuard(t *testing.T) {
	seen := map[CheckState]bool{StateDocumentRead: true}
	n := 0
	paths(StateDocumentRead, nil, func(way []Transition) {
		n++
		last := way[len(way)-1]
		if ruleOf(last.To).Kind != KindDecided || last.On != EventGuardRecords && last.On != EventGuardRefuses {
			t.Fatalf("a way ends in %s on %s", last.To, last.On)
		}
		if k := ruleOf(last.From).Kind; k != KindReady && k != KindAsking {
			t.Fatalf("the guard decides in %s, where the register is on its way", last.From)
		}
		been := map[CheckState]bool{}
		for _, s := range way {
			if been[s.From] {
				t.Fatalf("a way comes back to %s", s.From)
			}
			been[s.From], seen[s.To] = true, true
		}
	})
	if n < 100 {
		t.Fatalf("only %d ways", n)
	}
	for _, r := range StateRules {
		if !seen[r.State] {
			t.Errorf("no way leads to %s", r.State)
		}
		if _, err := r.Cite.Parse(); err != nil {
			t.Errorf("%s: %v", r.State, err)
		}
		if asks := r.Kind == KindAsking || r.Kind == KindReady; asks != (r.Do != "") {
			t.Errorf("%s is %s and tells the booth %q", r.State, r.Kind, r.Do)
		}
	}
	for i, tr := range Transitions {
		if _, err := tr.Cite.Parse(); err != nil || tr.Why == "" {
			t.Errorf("%s on %s: %v, %q", tr.From, tr.On, err, tr.Why)
		}
		if ruleOf(tr.From).State == "" || ruleOf(tr.To).State == "" {
			t.Errorf("%s to %s: a state without a rule", tr.From, tr.To)
		}
		if slices.ContainsFunc(Transitions[:i], func(o Transition) bool { return o.From == tr.From && o.On == tr.On }) {
			t.Errorf("%s on %s stands twice", tr.From, tr.On)
		}
	}
}

// The order itself, as the articles put it: what no row may ever allow.
func TestArt27_1_TheOrderOfIdentification(t *testing.T) {
	before := func(way []Transition, s CheckState) int {
		return slices.IndexFunc(way, func(t Transition) bool { return t.To == s })
	}
	paths(StateDocumentRead, nil, func(way []Transition) {
		fingers, letters, vis := before(way, StateIdentifyFingers), before(way, StateIdentifyAlphanumeric), before(way, StateIdentifyVIS)
		visFingers, unknown := before(way, StateIdentifyVISFingers), before(way, StateUnknown)
		switch {
		case vis >= 0 && fingers < 0 && letters < 0 || vis >= 0 && fingers > vis || vis >= 0 && letters > vis:
			t.Fatal("the Visa Information System is asked before the register was searched")
		case visFingers >= 0 && (vis < 0 || vis > visFingers):
			t.Fatal("identification in the Visa Information System comes before the search by its article 18 or 19a")
		case unknown >= 0 && vis < 0:
			t.Fatal("somebody is called unknown before the Visa Information System was consulted")
		}
	})
	for _, r := range StateRules {
		identifies := r.State == StateIdentifyFingers || r.State == StateIdentifyAlphanumeric || r.State == StateIdentifyVIS || r.State == StateIdentifyVISFingers
		if has := len(r.Forbidden) == 1; has != identifies {
			t.Errorf("%s: forbidden %v", r.State, r.Forbidden)
		}
		for _, on := range r.State.outcomes() {
			if identifies && (on == EventFaceMatch || on == EventCompareFace) {
				t.Errorf("%s goes on by a face", r.State)
			}
		}
	}
	// EES-036, both ways.
	for _, want := range []Transition{{From: StateVerifyFace, On: EventFaceNoMatch, To: StateVerifyFingers},
		{From: StateVerifyFace, On: EventFingersNoMatch, To: StateVerifyFaceInstead},
		{From: StateVerifyFingers, On: EventFingersNoMatch, To: StateIdentifyFingers},
		{From: StateVerifyFaceInstead, On: EventFaceNoMatch, To: StateIdentifyFingers}} {
		if got, ok := transition(want.From, want.On); !ok || got.To != want.To {
			t.Errorf("%s on %s leads to %s", want.From, want.On, got.To)
		}
	}
}
