package ees

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"limen/law"
)

// EES-016, EES-017: the whole case file, which is public and generated.
func TestArt6_1_CaseFile(t *testing.T) {
	file, err := os.ReadFile("testdata/stay/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, explain := range []bool{false, true} {
		var out strings.Builder
		cases, mismatches, err := RunStayCases(bytes.NewReader(file), &out, CaseOptions{Check: true, Explain: explain})
		if err != nil || mismatches != 0 || cases != 273 || out.String() != "273 cases, 0 mismatches\n" {
			t.Fatalf("%d cases, %d mismatches, %v\n%s", cases, mismatches, err, out.String())
		}
	}
	// What is written without checking says the same, one line a case.
	var out bytes.Buffer
	if cases, _, err := RunStayCases(bytes.NewReader(file), &out, CaseOptions{}); cases != 273 || err != nil {
		t.Fatal(cases, err)
	}
	answers := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	for i, line := range bytes.Split(bytes.TrimSpace(file), []byte("\n")) {
		var asked struct {
			ID     string
			Expect map[string]any
		}
		got := map[string]any{}
		if err := errors.Join(json.Unmarshal(line, &asked), json.Unmarshal(answers[i], &got)); err != nil {
			t.Fatal(err)
		}
		id := got["id"]
		delete(got, "id")
		if id != asked.ID || fmt.Sprint(got) != fmt.Sprint(asked.Expect) {
			t.Errorf("%s: %v, expected %s %v", id, got, asked.ID, asked.Expect)
		}
	}
}

const goodCase = `{"id":"a","stays":[{"entry":"2026-05-01","exit":null}],"on":"2026-05-10","expect":{"days_used":10,"days_remaining":80,"last_day":"2026-07-29","overstay_days":0}}`

// A wrong expectation is a mismatch that says what differs.
func TestStayCheckNamesEveryDifference(t *testing.T) {
	wrong := strings.Replace(strings.Replace(goodCase, `"2026-07-29"`, "null", 1), `"days_used":10`, `"days_used":11`, 1)
	var out strings.Builder
	cases, mismatches, err := RunStayCases(strings.NewReader(goodCase+"\n"+wrong), &out, CaseOptions{Check: true})
	want := "a: days_used is 10, expected 11; last_day is 2026-07-29, expected null\n2 cases, 1 mismatches\n"
	if cases != 2 || mismatches != 1 || err != nil || out.String() != want {
		t.Errorf("%d cases, %d mismatches, %v\n%s", cases, mismatches, err, out.String())
	}
	out.Reset()
	if _, mismatches, _ = RunStayCases(strings.NewReader(wrong), &out, CaseOptions{Check: true, Explain: true}); mismatches != 1 || !strings.Contains(out.String(), "\n    10 days of stay in the 180 days") {
		t.Errorf("without reasons: %s", out.String())
	}
}

// Explaining adds the reasons and the 180 days.
func TestStayExplain(t *testing.T) {
	var out bytes.Buffer
	if _, _, err := RunStayCases(strings.NewReader(goodCase), &out, CaseOptions{Explain: true}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		ID      string
		LastDay string `json:"last_day"`
		Reasons []law.Reason
		Days    []DayVerdict
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != "a" || got.LastDay != "2026-07-29" || len(got.Reasons) != 3 || len(got.Days) != 180 {
		t.Fatalf("%s", out.String())
	}
	if last := got.Days[179]; last.Day != civil("2026-05-10") || last.Stay != 1 || !last.Counted || last.Used != 10 || !last.Lawful || last.Why != WhyCounted {
		t.Errorf("%+v", last)
	}
	if first := got.Days[0]; first.Day != civil("2025-11-12") || first.Stay != 0 || first.Counted || first.Why != WhyAbsent {
		t.Errorf("%+v", first)
	}
}

// A line that cannot be read names its field and leaves the others alone.
func TestStayCasesRefuseWithTheField(t *testing.T) {
	visa := `{"id":"a","stays":[],"on":"2026-05-10","visa":%s}`
	for line, field := range map[string]string{
		`[]`:                               "",
		`null`:                             "",
		`{"id":"a"`:                        "",
		`{"stays":[],"on":"2026-05-10"}`:   "id",
		`{"id":7,"stays":[]}`:              "id",
		`{"id":"a","stays":[]}`:            "on",
		`{"id":"a","stays":[],"on":null}`:  "on",
		`{"id":"a","stays":[],"on":"May"}`: "on",
		`{"id":"a","stays":[],"on":"2026-02-29"}`:                                                                                                          "on",
		`{"id":"a","stays":[],"on":"0000-01-01"}`:                                                                                                          "on",
		`{"id":"a","on":"2026-05-10"}`:                                                                                                                     "stays",
		`{"id":"a","stays":{},"on":"2026-05-10"}`:                                                                                                          "stays",
		`{"id":"a","stays":null,"on":"2026-05-10"}`:                                                                                                        "stays",
		`{"id":"a","stays":[{"exit":null}],"on":"2026-05-10"}`:                                                                                             "stays[0].entry",
		`{"id":"a","stays":[null],"on":"2026-05-10"}`:                                                                                                      "stays[0].entry",
		`{"id":"a","stays":[{"entry":"2026-05-01"}],"on":"2026-05-10"}`:                                                                                    "stays[0].exit",
		`{"id":"a","stays":[{"entry":"2026-05-01","exit":""}],"on":"2026-05-10"}`:                                                                          "stays[0].exit",
		`{"id":"a","stays":[{"entry":"2026-05-02","exit":"2026-05-01"}],"on":"2026-05-10"}`:                                                                "stays[0].exit",
		`{"id":"a","stays":[{"entry":"2026-05-01","exit":null,"state":"CYP"}],"on":"2026-05-10"}`:                                                          "stays[0].state",
		`{"id":"a","stays":[],"on":"2026-05-10","intended_entry":"2026-05-09"}`:                                                                            "intended_entry",
		`{"id":"a","stays":[],"on":"2026-05-10","intended_entry":5}`:                                                                                       "intended_entry",
		`{"id":"a","stays":[],"on":"2026-05-10","intendedEntry":"2026-05-19"}`:                                                                             "intendedEntry",
		fmt.Sprintf(visa, `5`):                                                                                                                             "visa",
		fmt.Sprintf(visa, `{"valid_from":"2026-05-01","valid_until":"2026-04-01","duration_days":5,"entries":1}`):                                          "visa.valid_until",
		fmt.Sprintf(visa, `{"valid_from":"2026-05-01","valid_until":"2026-06-01","duration_days":91,"entries":1}`):                                         "visa.duration_days",
		fmt.Sprintf(visa, `{"valid_from":"2026-05-01","valid_until":"2026-06-01","duration_days":null,"entries":1}`):                                       "visa.duration_days",
		fmt.Sprintf(visa, `{"valid_from":"2026-05-01","valid_until":"2026-06-01","duration_days":5}`):                                                      "visa.entries",
		fmt.Sprintf(visa, `{"valid_from":"2026-05-01","valid_until":"2026-06-01","duration_days":5,"entries":-1}`):                                         "visa.entries",
		fmt.Sprintf(visa, `{"valid_from":"2026-05-01","valid_until":"2026-06-01","duration_days":5,"entries":1,"type":"D"}`):                               "visa.type",
		`{"id":"a","stays":[` + strings.Repeat(`{"entry":"2026-05-01","exit":null},`, MaxStays) + `{"entry":"2026-05-01","exit":null}],"on":"2026-05-10"}`: "",
		`{"id":"` + strings.Repeat("a", MaxCaseLine) + `"}`:                                                                                                "",
	} {
		var out bytes.Buffer
		cases, mismatches, err := RunStayCases(strings.NewReader(goodCase+"\n\n"+line+"\n"+goodCase+"\n"), &out, CaseOptions{})
		short := line[:min(len(line), 120)]
		var refusal *law.Refusal
		if cases != 2 || mismatches != 0 || !errors.As(err, &refusal) || !strings.Contains(err.Error(), "line 3:") {
			t.Errorf("%s: %d cases, %v", short, cases, err)
			continue
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		var told struct {
			Line  int
			Error struct{ Code, Field, Message string }
		}
		if len(lines) != 3 || json.Unmarshal([]byte(lines[1]), &told) != nil {
			t.Errorf("%s: written %d lines", short, len(lines))
			continue
		}
		if told.Line != 3 || told.Error.Field != field || told.Error.Code == "" || told.Error.Message == "" || refusal.Field != field {
			t.Errorf("%s: %+v, want field %q", short, told, field)
		}
	}
	for _, missing := range []string{`,"expect":{"days_used":10,"days_remaining":80,"last_day":"2026-07-29","overstay_days":0}`, `"days_used":10,`, `"last_day":"2026-07-29",`} {
		var out bytes.Buffer
		if cases, _, err := RunStayCases(strings.NewReader(strings.Replace(goodCase, missing, "", 1)), &out, CaseOptions{Check: true}); cases != 0 || err == nil {
			t.Errorf("checked without %s", missing)
		}
	}
}

// Remarks, a byte order mark, the line ends of other systems and a last line
// without its end are all read.
func TestStayCasesReadWhatTheFormatAllows(t *testing.T) {
	in := "\xef\xbb\xbf" + strings.Replace(goodCase, `"on"`, `"note":"n","remark":{"x":[1]},"visa":null,"intended_entry":null,"on"`, 1) + "\r\n\r\n" + goodCase
	var out bytes.Buffer
	if cases, mismatches, err := RunStayCases(strings.NewReader(in), &out, CaseOptions{Check: true}); cases != 2 || mismatches != 0 || err != nil {
		t.Errorf("%d, %d, %v: %s", cases, mismatches, err, out.String())
	}
	if cases, _, err := RunStayCases(strings.NewReader(""), &out, CaseOptions{}); cases != 0 || err != nil {
		t.Errorf("nothing at all: %d, %v", cases, err)
	}
}

// A program may send a case, wait for the answer and send the next.
func TestStayCasesAnswerAtOnce(t *testing.T) {
	in, ask := io.Pipe()
	answer, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, _, err := RunStayCases(in, out, CaseOptions{})
		out.Close()
		done <- err
	}()
	buffer := make([]byte, 4096)
	for range 3 {
		if _, err := io.WriteString(ask, goodCase+"\n"); err != nil {
			t.Fatal(err)
		}
		if n, err := answer.Read(buffer); err != nil || !bytes.HasSuffix(buffer[:n], []byte("}\n")) {
			t.Fatalf("%q, %v", buffer[:n], err)
		}
	}
	ask.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
func (failing) Read([]byte) (int, error)  { return 0, io.ErrUnexpectedEOF }

func TestStayCasesTellOfBrokenFiles(t *testing.T) {
	if _, _, err := RunStayCases(strings.NewReader(goodCase), failing{}, CaseOptions{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("output: %v", err)
	}
	if _, _, err := RunStayCases(failing{}, io.Discard, CaseOptions{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("input: %v", err)
	}
}

func FuzzStayCases(f *testing.F) {
	f.Add([]byte(goodCase))
	f.Add([]byte(`{"id":"b","stays":[{"entry":"0001-01-01","exit":"9999-12-31"}],"on":"9999-12-31","visa":{"valid_from":"0001-01-01","valid_until":"9999-12-31","duration_days":30,"entries":1}}`))
	f.Add([]byte(`{"id":"d","stays":[{"entry":"0001-01-01","exit":null}],"on":"0001-01-02"}`))
	f.Add([]byte("{\"id\":\"c\"\n\n[]\r\nnull"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, opt := range []CaseOptions{{}, {Explain: true}, {Check: true}} {
			var out bytes.Buffer
			cases, mismatches, err := RunStayCases(bytes.NewReader(in), &out, opt)
			if mismatches > cases {
				t.Fatalf("%d mismatches in %d cases", mismatches, cases)
			}
			if opt.Check {
				continue
			}
			answered, refused := 0, 0
			for line := range bytes.Lines(out.Bytes()) {
				var a struct {
					DaysUsed *int `json:"days_used"`
					Error    *struct{ Message string }
					Days     []DayVerdict // reads every day back
				}
				if json.Unmarshal(line, &a) != nil || (a.DaysUsed == nil) == (a.Error == nil) {
					t.Fatalf("written: %q", line)
				}
				if a.Error != nil {
					refused++
				} else {
					answered++
				}
			}
			if answered != cases || (refused > 0) != (err != nil) {
				t.Fatalf("%d answered of %d, %d refused, %v", answered, cases, refused, err)
			}
		}
	})
}
