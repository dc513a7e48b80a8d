package desk

import (
	"maps"
	"slices"
	"testing"

	"limen/ees"
)

// Every language of the kiosk has every word, and every question its answers.
func TestKiosk_EveryLanguageHasEveryWord(t *testing.T) {
	want := slices.Sorted(maps.Keys(kioskWords[kioskLanguages[0].Code]))
	if len(kioskLanguages) != len(kioskWords) {
		t.Errorf("%d languages, %d sets of words", len(kioskLanguages), len(kioskWords))
	}
	for _, l := range kioskLanguages {
		if have := slices.Sorted(maps.Keys(kioskWords[l.Code])); !slices.Equal(have, want) {
			t.Errorf("%s has %v\nwant %v", l.Code, have, want)
		}
		for key, word := range kioskWords[l.Code] {
			if word == "" {
				t.Errorf("%s: %s is empty", l.Code, key)
			}
		}
	}
	for _, q := range ees.KioskQuestions {
		if len(kioskChoices[q.Code]) == 0 || kioskWords["en"][q.Code] == "" {
			t.Errorf("%s has no words or no answers", q.Code)
		}
		for _, choice := range kioskChoices[q.Code] {
			if kioskWords["en"][choice] == "" {
				t.Errorf("the answer %s has no words", choice)
			}
		}
	}
	for _, r := range ees.StateRules {
		if stateWords[r.State] == "" {
			t.Errorf("the state %s has no heading", r.State)
		}
	}
	for s, w := range eventWords {
		if !slices.ContainsFunc(ees.Transitions, func(tr ees.Transition) bool { return tr.On == s }) || w == "" {
			t.Errorf("a button says %s, which no state knows", s)
		}
	}
}
