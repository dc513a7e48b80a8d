package person

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"limen/law"
)

// Art 16(1)(a) and 17(1)(a) with spec 3: a name is NFC, 1 to 128 characters, of
// letters, marks and the punctuation of names.
func TestArt16_1_a_NameIsChecked(t *testing.T) {
	for _, c := range []struct {
		surname, first string
		field          string
		code           law.Code
	}{
		{"Müller", "Jürgen", "", ""},
		{"Arkfreith", "", "", ""},
		{"O’Connor-Nı́", "Enya, Siobhán Ma. ", "", ""},
		{"عبد العزيز", "李", "", ""},
		{"حسینی\u200Cنژاد", "ബാലൻ\u200D", "", ""},
		{strings.Repeat("é", 128), strings.Repeat("e\u0301", 128), "", ""},
		{"", "Anna", "surname", CodeNameMissing},
		{" \t ", "Anna", "surname", CodeNameMissing},
		{strings.Repeat("a", 129), "Anna", "surname", CodeNameTooLong},
		{"Anna", strings.Repeat("a", 1<<20), "firstNames", CodeNameTooLong},
		{"An\xffna", "", "surname", CodeNameEncoding},
		{"Anna", "R2D2", "firstNames", CodeNameCharacter},
		{"An\u0000na", "", "surname", CodeNameCharacter},
		{"Anna\u202E", "", "surname", CodeNameCharacter},
		{"<script>", "", "surname", CodeNameCharacter},
		{"Anna", "Eva🙂", "firstNames", CodeNameCharacter},
		{"\u0301", "", "surname", CodeNameCharacter},
		{"-.'", "", "surname", CodeNameCharacter},
	} {
		n, err := NewName(c.surname, c.first)
		if c.code == "" {
			if err != nil {
				t.Errorf("%q, %q: %v", c.surname, c.first, err)
			}
			continue
		}
		var r *law.Refusal
		if !errors.As(err, &r) || r.Field != c.field || r.Code != c.code || r.Kind != law.BadInput || n != (Name{}) {
			t.Errorf("%.20q, %.20q: %v, want %s in %s", c.surname, c.first, err, c.code, c.field)
			continue
		}
		if _, err := r.Cite.Parse(); err != nil {
			t.Error(err)
		}
		if len(c.surname) > 3 && c.field == "surname" && strings.Contains(err.Error(), c.surname) {
			t.Errorf("the refusal repeats the name: %v", err)
		}
	}
}

func TestNameNormal(t *testing.T) {
	n, err := NewName("  O\u0308zdemir-Şahin ", " Gu\u0308l  Ayşe")
	if err != nil {
		t.Fatal(err)
	}
	if n.Surname != "Özdemir-Şahin" || n.FirstNames != "Gül Ayşe" || n.String() != "Özdemir-Şahin, Gül Ayşe" {
		t.Errorf("%+v", n)
	}
	if got := n.Normal(); got != "OEZDEMIR SAHIN GUEL AYSE" {
		t.Errorf("normal form %q", got)
	}
	if got, cut := n.MRZ("", MRZNameWidthTD3); got != "OEZDEMIR<SAHIN<<GUEL<AYSE<<<<<<<<<<<<<<" || cut {
		t.Errorf("MRZ %q", got)
	}
	b, err := json.Marshal(n)
	if err != nil || string(b) != `{"surname":"Özdemir-Şahin","firstNames":"Gül Ayşe"}` {
		t.Errorf("%s %v", b, err)
	}
	o := Name{"Oezdemir Sahin", "Guel Ayse"}
	if m := n.Compare(o, ByICAO); m.Verdict != Same {
		t.Errorf("%+v", m)
	}
	if m := (Name{"García, López", "M."}).Compare(Name{"Garcia Lopez", "María"}, ByConsistency); m.Verdict != Similar {
		t.Errorf("%+v", m)
	}
}
