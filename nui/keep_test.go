package nui

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"limen/db"
)

func interfaceFor(t testing.TB) *Interface {
	t.Helper()
	store, err := db.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "nui.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	n, err := Open(t.Context(), Options{Store: store, Key: bytes.Repeat([]byte{7}, 32), Name: "lisbon", State: "PRT", Origin: LocalBuffer, Central: "https://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What a booth sends is read or refused, and what is read is told with the key,
// the moment and the origin that the interface gave it, whatever the booth says.
func FuzzReadEvent(f *testing.F) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	n := interfaceFor(f)
	f.Add("k", []byte(`{"direction":"entry","crossing_point":"PTLIS","decision":"crossed","officer":"g","key":"forged","origin":"ONLINE","mrz":["P<TUR"]}`), false)
	f.Add("k", []byte(`{"direction":"exit","crossing_point":"PTLIS","decision":"refused","officer":"g","at":"2026-07-01T10:00:00Z","biometrics":null}`), true)
	f.Add("", []byte(`{"at":1e999}`), false)
	f.Fuzz(func(t *testing.T, key string, body []byte, manual bool) {
		e, err := n.read(key, body, manual, now)
		if err != nil {
			return
		}
		var told struct {
			Key, Origin string
			At          time.Time
		}
		text, err := json.Marshal(e.members)
		if err != nil || json.Unmarshal(text, &told) != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want := LocalBuffer
		if manual {
			want = Manual
		}
		if told.Key != "lisbon:"+key || told.Origin != want || told.At.After(now.Add(2*time.Minute)) {
			t.Fatalf("%+v", told)
		}
		local(e, now)
	})
}

// What is sealed opens under its own key and its own name alone, and says nothing.
func TestSealBindsTheEvent(t *testing.T) {
	s, err := newSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	one, _ := s.close([]byte("PELLETIER"), "a")
	two, _ := s.close([]byte("PELLETIER"), "a")
	if bytes.Equal(one, two) || bytes.Contains(one, []byte("PELLETIER")) {
		t.Fatal("two sealings are alike, or readable")
	}
	if text, err := s.open(one, "a"); err != nil || string(text) != "PELLETIER" {
		t.Fatalf("%q, %v", text, err)
	}
	for what, try := range map[string]func() error{
		"another name": func() error { _, err := s.open(one, "b"); return err },
		"a changed bit": func() error {
			bent := bytes.Clone(one)
			bent[len(bent)-1] ^= 1
			_, err := s.open(bent, "a")
			return err
		},
		"too short": func() error { _, err := s.open(one[:5], "a"); return err },
	} {
		if try() == nil {
			t.Errorf("%s was opened", what)
		}
	}
}

// A member told twice, in another spelling, cannot smuggle an origin past the
// interface.
func TestOriginIsTheInterfaces(t *testing.T) {
	n := interfaceFor(t)
	e, err := n.read("k", []byte(`{"direction":"entry","crossing_point":"PTLIS","decision":"crossed","officer":"g","Origin":"ONLINE","KEY":"x"}`), false, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC))
	if err == nil {
		for member := range e.members {
			if strings.EqualFold(member, "origin") && member != "origin" || strings.EqualFold(member, "key") && member != "key" {
				t.Errorf("the member %s goes to the Central System", member)
			}
		}
	}
}
