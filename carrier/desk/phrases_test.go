package desk

import (
	"reflect"
	"testing"
)

// EES-046: the traveller's page is whole in every language: no word is missing,
// and none was left in English by mistake.
func TestArt13_1_EveryLanguageIsWhole(t *testing.T) {
	same := map[string]bool{"Yes": true, "Tag": true, "Name": true} // "OK" is a word of most languages
	var walk func(path, tag string, v, english reflect.Value)
	walk = func(path, tag string, v, english reflect.Value) {
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			switch f := v.Field(i); f.Kind() {
			case reflect.Struct:
				walk(path+name+".", tag, f, english.Field(i))
			case reflect.String:
				switch {
				case f.String() == "" && !(name == "Notice" && tag == "en"):
					t.Errorf("%s: %s%s is empty", tag, path, name)
				case tag != "en" && f.String() == english.Field(i).String() && !same[name]:
					t.Errorf("%s: %s%s is still English: %q", tag, path, name, f.String())
				}
			}
		}
	}
	tags := map[string]bool{}
	for _, l := range languages {
		walk("", l.Tag, reflect.ValueOf(l), reflect.ValueOf(languages[0]))
		if tags[l.Tag] {
			t.Errorf("%s stands twice", l.Tag)
		}
		tags[l.Tag] = true
		if (l.Dir() == "rtl") != (l.Tag == "ar") {
			t.Errorf("%s is written %s", l.Tag, l.Dir())
		}
	}
	for _, tag := range []string{"en", "fr", "de", "es", "pl", "ar"} {
		if !tags[tag] {
			t.Errorf("no page in %s", tag)
		}
	}
}
