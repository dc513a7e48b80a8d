package person

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

func runMRZCases(t *testing.T, in string, check bool) (out string, cases, mismatches int, err error) {
	t.Helper()
	var b bytes.Buffer
	cases, mismatches, err = RunMRZCases(strings.NewReader(in), &b, check)
	return b.String(), cases, mismatches, err
}

// Written out and read in as what is expected, the cases agree with themselves,
// and every member is there.
func TestRunMRZCasesWritesWhatItReads(t *testing.T) {
	data, err := os.ReadFile("testdata/mrz/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	out, cases, mismatches, err := runMRZCases(t, string(data), false)
	if err != nil || cases != 174 || mismatches != 0 {
		t.Fatalf("%d cases, %d mismatches, %v", cases, mismatches, err)
	}
	written := strings.Split(strings.TrimSpace(out), "\n")
	read := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(written) != len(read) {
		t.Fatalf("%d lines for %d", len(written), len(read))
	}
	for i := range written {
		var got, want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(written[i]), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(read[i]), &want); err != nil {
			t.Fatal(err)
		}
		if string(got["id"]) != string(want["id"]) {
			t.Fatalf("%s for %s", got["id"], want["id"])
		}
		var expect map[string]json.RawMessage
		if err := json.Unmarshal(want["expect"], &expect); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(expect)+1 {
			t.Errorf("%s has %d members", got["id"], len(got))
		}
		var errs []string
		if err := json.Unmarshal(expect["errors"], &errs); err != nil {
			t.Fatal(err)
		}
		foreign := len(errs) > 0 && !strings.HasPrefix(errs[0], "check:")
		for member, value := range expect {
			if foreign && member != "format" && member != "valid" && member != "errors" {
				continue
			}
			if a, b := canonicalJSON(t, got[member]), canonicalJSON(t, value); a != b {
				t.Errorf("%s %s: %s, want %s", got["id"], member, a, b)
			}
		}
	}
}

// canonicalJSON prints JSON with its members in order.
func canonicalJSON(t *testing.T, raw json.RawMessage) string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return oneLine(v)
}

func TestRunMRZCasesForm(t *testing.T) {
	out, cases, _, err := runMRZCases(t, "\ufeff\r\n"+`{"id":"a","lines":["x"],"note":"left alone"}`+"\r\n  \n"+
		`{"id":"b","lines":["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<","L8988901C4XXX4009078F9612109ZE184226"]}`, false)
	want := `{"id":"a","format":null,"valid":false,"checks":null,"fields":null,"errors":["lines"],"warnings":[]}
{"id":"b","format":"MRV-B","valid":true,"checks":{"document_number":true,"birth_date":true,"expiry_date":true,"optional":null,"composite":null},` +
		`"fields":{"document_code":"V","issuing_state":"UTO","primary_identifier":"ERIKSSON","secondary_identifier":"ANNA MARIA","name_fills_field":false,` +
		`"document_number":"L8988901C","nationality":"XXX","birth_date":"400907","sex":"F","expiry_date":"961210","optional_1":"ZE184226","optional_2":""},` +
		`"errors":[],"warnings":[]}
`
	if out != want || cases != 2 || err != nil {
		t.Errorf("%d cases, %v\n%s", cases, err, out)
	}
}

// The comparison: every member, but fewer where the layout may be a foreign one.
func TestRunMRZCasesComparison(t *testing.T) {
	zone := `"lines":["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<","L8988901C4XXX4009078F9612109ZE184226"]`
	right := `"expect":{"format":"MRV-B","valid":true,"checks":{"document_number":true,"birth_date":true,"expiry_date":true,"optional":null,"composite":null},` +
		`"fields":{"document_code":"V","issuing_state":"UTO","primary_identifier":"ERIKSSON","secondary_identifier":"ANNA MARIA","name_fills_field":false,` +
		`"document_number":"L8988901C","nationality":"XXX","birth_date":"400907","sex":"F","expiry_date":"961210","optional_1":"ZE184226","optional_2":""},` +
		`"errors":[],"warnings":[]}`
	for _, c := range []struct {
		old, new string
		members  []string
	}{
		{"", "", nil},
		{`"format":"MRV-B"`, `"format":"TD2"`, []string{"format"}},
		{`"format":"MRV-B"`, `"format":null`, []string{"format"}},
		{`"valid":true`, `"valid":false`, []string{"valid"}},
		{`"errors":[]`, `"errors":["check:birth_date"]`, []string{"errors"}},
		{`"errors":[]`, `"errors":["sex"]`, []string{"errors"}},
		{`"composite":null`, `"composite":true`, []string{"checks"}},
		{`"birth_date":true`, `"birth_date":false`, []string{"checks"}},
		{`"ZE184226"`, `"ZE18422"`, []string{"fields"}},
		{`"name_fills_field":false`, `"name_fills_field":true`, []string{"fields"}},
		{`"warnings":[]`, `"warnings":["nationality"]`, []string{"warnings"}},
	} {
		out, cases, mismatches, err := runMRZCases(t, `{"id":"a",`+zone+","+strings.Replace(right, c.old, c.new, 1)+"}\n", true)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if want := min(1, len(c.members)); cases != 1 || mismatches != want || err != nil || len(lines) != len(c.members)+1 {
			t.Errorf("%s: %d mismatches, %v\n%s", c.new, mismatches, err, out)
			continue
		}
		for i, member := range c.members {
			if !strings.HasPrefix(lines[i], "a: "+member+": got ") {
				t.Errorf("%s: %s", c.new, lines[i])
			}
		}
		if last := lines[len(lines)-1]; c.members == nil && last != "1 cases, 0 mismatches" || c.members != nil && last != "1 cases, 1 mismatches" {
			t.Errorf("%s: %s", c.new, last)
		}
	}
	foreign := strings.NewReplacer("F9612109", "K9612109").Replace(zone)
	out, _, mismatches, err := runMRZCases(t, `{"id":"a",`+foreign+`,"expect":{"format":"MRV-B","valid":false,"checks":null,"fields":null,"errors":["sex"],"warnings":["nationality"]}}`, true)
	if mismatches != 0 || err != nil {
		t.Errorf("foreign layout: %v\n%s", err, out)
	}
}

// Lines that are no cases are named, counted, and do not stop the others.
func TestRunMRZCasesOnLinesThatAreNoCases(t *testing.T) {
	good := `{"id":"good","lines":["x"],"expect":{"format":null,"valid":false,"checks":null,"fields":null,"errors":["lines"],"warnings":[]}}`
	long := `{"id":"long","lines":["` + strings.Repeat("<", MaxMRZCaseLine) + `"]}`
	fits := `{"id":"fits","lines":["` + strings.Repeat("<", MaxMRZCaseLine-200) + `"],"expect":{"format":null,"valid":false,"errors":["lines"]}}`
	in := strings.Join([]string{"{", good, `[1]`, `{"id":1}`, `{"id":"a"}`, `{"id":"a","lines":"P<UTO"}`, good + good, long, fits, `{"id":"a","lines":[]}`, good}, "\n")
	out, cases, mismatches, err := runMRZCases(t, in, true)
	if cases != 11 || mismatches != 8 || err == nil || !strings.Contains(err.Error(), "8 of 11 lines are no cases; the first is line 1: ") {
		t.Errorf("%d cases, %d mismatches, %v", cases, mismatches, err)
	}
	for _, number := range []string{"line 1: ", "line 3: ", "line 4: ", "line 5: ", "line 6: ", "line 7: ", "line 8: ", "line 10: "} {
		if !strings.Contains(out, number) {
			t.Errorf("%q is not named:\n%s", number, out)
		}
	}
	if !strings.Contains(out, "line 8: the line has 1048603 bytes; at most 1048576 are read\n") {
		t.Errorf("the long line is refused for another reason:\n%s", out)
	}
	if !strings.HasSuffix(out, "\n11 cases, 8 mismatches\n") {
		t.Error(out)
	}
	out, cases, _, err = runMRZCases(t, "{\n"+good+"\n", false)
	if first, _, _ := strings.Cut(out, "\n"); cases != 2 || err == nil || !strings.HasPrefix(first, `{"error":"line 1: `) || strings.Count(out, "\n") != 2 {
		t.Errorf("%d cases, %v\n%s", cases, err, out)
	}
	if out, cases, mismatches, err := runMRZCases(t, "", true); out != "0 cases, 0 mismatches\n" || cases != 0 || mismatches != 0 || err != nil {
		t.Errorf("nothing: %q, %v", out, err)
	}
}

type brokenStream struct{ err error }

func (f brokenStream) Read([]byte) (int, error)  { return 0, f.err }
func (f brokenStream) Write([]byte) (int, error) { return 0, f.err }

// Faults of the input and the output come back as they are.
func TestRunMRZCasesFaults(t *testing.T) {
	broken := errors.New("broken")
	if _, _, err := RunMRZCases(brokenStream{broken}, &bytes.Buffer{}, true); !errors.Is(err, broken) {
		t.Errorf("reading: %v", err)
	}
	if _, _, err := RunMRZCases(strings.NewReader(`{"id":"a","lines":[]}`), brokenStream{broken}, false); !errors.Is(err, broken) {
		t.Errorf("writing: %v", err)
	}
}
