package web

import (
	"encoding/json"
	"testing"
)

// A member that stands twice is refused, at any depth; the same name in two
// objects, or as a value, is not a member twice.
func TestReadJSON_MemberTwice(t *testing.T) {
	for text, twice := range map[string]bool{
		`{"a":1,"a":2}`:                     true,
		`{"a":1,"\u0061":2}`:                true,
		`{"b":{"a":1},"c":[{"a":1,"a":1}]}`: true,
		`[{"a":1},{"a":2}]`:                 false,
		`{"a":"a","b":{"a":["a","a"]}}`:     false,
		`{"a":{},"b":[],"c":{"a":null}}`:    false,
		`"a"`:                               false,
		`{"a":[[1],{"x":1}],"x":2,"a":3}`:   true,
	} {
		var v any
		if err := readJSON([]byte(text), &v); (err != nil) != twice {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Whatever bytes come, reading them ends, and what was read without an error is
// JSON in which no member stands twice.
func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{`{"a":1,"a":2}`, `[{"a":{}}]`, `{"a":`, "\xff", `{"a":{"b":[1,2,{"b":3}]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if readJSON(data, &v) != nil {
			return
		}
		if !json.Valid(data) {
			t.Errorf("%q was read and is no JSON", data)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := readJSON(again, &v); err != nil {
			t.Errorf("%q was read, and %q, which is the same, was not: %v", data, again, err)
		}
	})
}
