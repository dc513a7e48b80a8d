package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const replayRows = "- name: ees.short_stay_limit\n  rows:\n  - from: 2013-10-18\n    value: 60 days in any 180\n    cite: 2016/399 art 6(1)\n"

const replayCase = `{"id":"a","stays":[{"entry":"2026-05-01","exit":"2026-07-29"}],"on":"2026-07-29"}` + "\n"

// The command decides cases again under a file of rows, a day, or both, and sums
// up; what it cannot do it says, naming the line of the file at fault.
func TestReplayCommand(t *testing.T) {
	rows := filepath.Join(t.TempDir(), "rows.yaml")
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	for name, text := range map[string]string{rows: replayRows, wrong: strings.Replace(replayRows, "60 days", "many days", 1)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name      string
		cmd       replayCmd
		told, err string
	}{
		{"rows", replayCmd{Cases: "-", With: rows}, "a  stay 1, 2026-05-01 to 2026-07-29, judged on 2026-07-29: DIFFERENT in last day, overstay days: 30 days fewer\n", ""},
		{"rows, sum", replayCmd{Cases: "-", With: rows}, "0 days gained, 30 days lost\n1 new overstays, 0 overstays ended\n", ""},
		{"a day", replayCmd{Cases: "-", AsOf: "2026-05-01"}, "judged on 2026-07-29: same\n", ""},
		{"both", replayCmd{Cases: "-", AsOf: "2026-05-01", With: rows, JSON: true}, `"days_gained":-30,`, ""},
		{"after the last line", replayCmd{Cases: "-", AsOf: "2026-05-01", After: "1"}, "0 persons, 0 stays", ""},
		{"no law", replayCmd{Cases: "-"}, "", "say under which law"},
		{"a day that is none", replayCmd{Cases: "-", AsOf: "2026-02-30"}, "", "--as-of"},
		{"wrong rows", replayCmd{Cases: "-", With: wrong}, "", "Line 4, ees.short_stay_limit.rows[0].value"},
		{"nothing to decide", replayCmd{AsOf: "2026-05-01"}, "", "say what to decide again"},
		{"too much to decide", replayCmd{Cases: "-", Files: true, AsOf: "2026-05-01"}, "", "say what to decide again"},
		{"a list of cases", replayCmd{Cases: "-", List: true, AsOf: "2026-05-01"}, "", "--list goes with --files"},
		{"a file without a token", replayCmd{File: "x", AsOf: "2026-05-01"}, "", "LIMEN_TOKEN"},
		{"no such house", replayCmd{Files: true, AsOf: "2026-05-01", place: place{Data: t.TempDir()}}, "", "there is no house"},
		{"no line", replayCmd{Cases: "-", AsOf: "2026-05-01", After: "x"}, "", "--after"},
	} {
		var out bytes.Buffer
		err := c.cmd.Run(context.Background(), streams{strings.NewReader(replayCase), &out, &bytes.Buffer{}})
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		}
		if !strings.Contains(out.String(), c.told) {
			t.Errorf("%s: %q is not in\n%s", c.name, c.told, out.String())
		}
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	var said bytes.Buffer
	err := (&replayCmd{Cases: "-", AsOf: "2026-05-01"}).Run(stopped, streams{strings.NewReader(replayCase), &bytes.Buffer{}, &said})
	if err == nil || !strings.Contains(said.String(), "go on with --after 0") {
		t.Errorf("stopped: %v, %q", err, said.String())
	}
}
