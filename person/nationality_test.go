package person

import (
	"errors"
	"slices"
	"testing"

	"limen/law"
)

func TestNationalityOfTerritories(t *testing.T) {
	for in, want := range map[State]State{
		"GIB": "GBD", "GGY": "GBR", "GUM": "USA", "REU": "FRA", "ALA": "FIN", "ABW": "NLD",
		"HKG": "HKG", "MAC": "MAC", "TWN": "TWN", "PSE": "PSE", "RKS": "RKS", "D": "D", "XXB": "XXB", "GBN": "GBN",
		"ATA": "", "ESH": "", "UNO": "", "EUE": "", "ANT": "", "UTO": "", "QQQ": "",
	} {
		if got := in.Nationality(); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// Every code either is a nationality with a visa rule, or leads to one, or to none.
func TestNationalityLeadsToTheVisaList(t *testing.T) {
	for _, s := range States() {
		n := s.Nationality()
		switch kind := s.Kind(); {
		case n == "" && (kind == KindState || kind == KindEntity || kind == KindStatus):
			t.Errorf("%s (%s) is nobody's nationality", s, kind)
		case n != "" && (kind == KindOrganisation || kind == KindWithdrawn || kind == KindSpecimen):
			t.Errorf("%s (%s) counts as %s", s, kind, n)
		case n != "" && visaList[n] == nil:
			t.Errorf("%s counts as %s, which is not in the visa list", s, n)
		}
	}
}

func TestParseNationality_SpecimensAreASwitch(t *testing.T) {
	if n, err := ParseNationality("UTO", AllowSpecimens); n != Utopia || err != nil {
		t.Errorf("allowed: %q, %v", n, err)
	}
	for in, code := range map[string]law.Code{
		"UTO": "specimen_nationality", "UNO": "no_nationality", "ATA": "no_nationality", "XYZ": "unknown_state", "": "unknown_state",
	} {
		_, err := ParseNationality(in, RefuseSpecimens)
		var r *law.Refusal
		if !errors.As(err, &r) || r.Code != code || r.Field != "nationality" || r.Kind != law.BadInput {
			t.Errorf("%q: %v, want %s", in, err, code)
			continue
		}
		if _, err := r.Cite.Parse(); err != nil {
			t.Error(err)
		}
	}
	if n, err := ParseNationality("gi", RefuseSpecimens); n != "GBD" || err != nil {
		t.Errorf("Gibraltar: %q, %v", n, err)
	}
}

func TestParseNationalitiesFoldsAndSorts(t *testing.T) {
	ns, err := ParseNationalities([]string{"USA", "DEU", "D", "us", "PRI"}, RefuseSpecimens)
	if err != nil || !slices.Equal(ns, Nationalities{"D", "USA"}) {
		t.Errorf("%v, %v", ns, err)
	}
	if !ns.Has("D") || ns.Has("FRA") {
		t.Error("Has does not agree with the list")
	}
	if _, err := ParseNationalities(nil, RefuseSpecimens); refusalCode(err) != "no_nationality_given" {
		t.Errorf("none: %v", err)
	}
	if _, err := ParseNationalities([]string{"USA", "??"}, RefuseSpecimens); refusalCode(err) != "unknown_state" {
		t.Errorf("a bad one among good ones: %v", err)
	}
}

// One citizenship with free movement is enough not to be a third-country national.
func TestArt3_1_6_OneFreeMovementNationalityIsEnough(t *testing.T) {
	on := law.MustDate("2026-05-01")
	for _, c := range []struct {
		ns    Nationalities
		third bool
		rule  VisaRule
	}{
		{Nationalities{"USA"}, true, VisaExempt},
		{Nationalities{"IND", "D"}, false, FreeMovement},
		{Nationalities{"CHE", "TUR"}, false, FreeMovement},
		{Nationalities{"IRL"}, false, FreeMovement},
		{Nationalities{"IND"}, true, VisaRequired},
		{Nationalities{"XXA"}, true, VisaDepends},
		{Nationalities{"UTO"}, true, NotNationality},
	} {
		third, why, err := c.ns.ThirdCountry(on)
		if err != nil || third != c.third || why.Rule != c.rule {
			t.Errorf("%v: %v, %s, %v", c.ns, third, why.Rule, err)
		}
	}
	var none *law.NoLawError
	if _, _, err := (Nationalities{"IND"}).ThirdCountry(law.MustDate("2010-01-01")); !errors.As(err, &none) {
		t.Errorf("before the list: %v", err)
	}
	if third, _, err := (Nationalities{"GBR"}).ThirdCountry(law.MustDate("2019-06-01")); third || err != nil {
		t.Errorf("a British citizen in 2019: %v, %v", third, err)
	}
}
