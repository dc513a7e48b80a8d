package ees

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"limen/law"
)

// bookOf is a book with other rows, as somebody writes them: a parameter and
// its "from value" rows.
func bookOf(t *testing.T, asOf, param string, rows ...string) *law.Book {
	t.Helper()
	var amendments []law.Amendment
	for _, p := range ReplayParams() {
		if p.Describe().Name != param {
			continue
		}
		drafts := make([]law.DraftRow, len(rows))
		for i, r := range rows {
			drafts[i].From.Text, drafts[i].Value.Text, _ = strings.Cut(r, " ")
			drafts[i].Cite.Text = "2016/399 art 6(1)"
		}
		a, err := p.Draft(drafts)
		if err != nil {
			t.Fatal(err)
		}
		amendments = append(amendments, a)
	}
	if param != "" && amendments == nil {
		t.Fatalf("no parameter %s", param)
	}
	book, err := law.NewBook(civil(asOf), amendments...)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// Under other rows the same question has another answer, with sentences that
// name the limit counted by, and the law in force still has its own.
func TestArt11_CalculatesUnderAnotherBook(t *testing.T) {
	book := bookOf(t, "", "ees.short_stay_limit", "2013-10-18 90 days in any 180", "2026-06-01 60 days in any 120")
	h := staysOf("2026-05-01", "2026-05-20")
	ask := func(book *law.Book, day string) Answer {
		t.Helper()
		a, err := CalculateUnder(book, h, Question{On: civil(day), Intended: Stay{Entry: civil(day)}})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	wantStay(t, ask(book, "2026-05-31"), 70, "2026-08-08")
	wantStay(t, ask(book, "2026-06-01"), 40, "2026-07-10")
	wantStay(t, ask(nil, "2026-06-01"), 70, "2026-08-09")
	wantStay(t, enterOn(t, h, "2026-06-01", 0), 70, "2026-08-09")

	over := staysOf("2026-06-01", "2026-08-15")
	_, reasons, table, err := ExplainUnder(book, over, Question{On: civil("2026-08-15")})
	if err != nil || len(table) != 120 {
		t.Fatalf("%d days, %v", len(table), err)
	}
	if last := table[len(table)-1]; last.Lawful || last.Why != WhyOverLimit {
		t.Errorf("%+v", last)
	}
	told := ""
	for _, r := range reasons {
		told += r.Message + "\n"
	}
	if !strings.Contains(told, "in the 120 days from") || !strings.Contains(told, "60 days in any 120") || strings.Contains(told, "90") {
		t.Errorf("the reasons speak of another limit:\n%s", told)
	}
	_, reasons, _, err = ExplainUnder(book, over, Question{On: civil("2026-08-16"), Intended: Stay{Entry: civil("2026-08-16")}})
	if last := reasons[len(reasons)-1]; err != nil || last.Code != "no_stay" || !strings.Contains(last.Message, "More than 60 days of stay in the 120 days") {
		t.Errorf("%+v, %v", last, err)
	}
}

// The law of a day before there was any decides nothing, whatever the day of
// the stay; nor does a limit that cannot be counted.
func TestArt11_NoLawNoDecision(t *testing.T) {
	h := staysOf("2026-05-01", "2026-05-20")
	q := Question{On: civil("2026-05-20")}
	var none *law.NoLawError
	if _, err := CalculateUnder(bookOf(t, "2013-10-17", ""), h, q); !errors.As(err, &none) || none.Param != "ees.short_stay_limit" || none.First != civil("2013-10-18") {
		t.Errorf("%v", err)
	}
	row := ShortStayLimit.Rows[0]
	row.Value = StayLimit{Days: 90, Period: maxPeriod + 1}
	a, err := ShortStayLimit.Amend(row)
	if err != nil {
		t.Fatal(err)
	}
	book, err := law.NewBook(0, a)
	if err != nil {
		t.Fatal(err)
	}
	var refusal *law.Refusal
	if _, err := CalculateUnder(book, h, q); !errors.As(err, &refusal) || refusal.Code != "limit_not_countable" {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"90 in 180", "0 days in any 180", "91 days in any 90", "90 days in any 193", "90 days in any 180 ", "-1 days in any 180", "90 days in any 180x"} {
		if err := new(StayLimit).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// Every parameter of the calculation is read through the book: with rows that
// begin in a far year there is no law for some question that the law in force
// answers.
func TestArt11_EveryParameterIsReadUnderTheBook(t *testing.T) {
	visa := Visa{ValidFrom: civil("2026-05-01"), ValidUntil: civil("2027-04-30"), Days: 90}
	entered := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	questions := []struct {
		h History
		q Question
	}{
		{History{Visas: []Visa{visa}, Stays: []Stay{{Entry: civil("2026-05-01"), Visa: 1}}, Stamps: []Stay{stayOf("2026-01-01", "2026-01-10")}}, Question{On: civil("2026-05-10")}},
		{History{Stays: []Stay{{Entry: civil("2026-05-01"), Transit: true}}}, Question{On: civil("2026-05-01"), EnteredAt: entered}},
		{History{Stays: []Stay{{Entry: civil("2026-05-01"), Changes: []Change{{Status: Revoked, Decided: civil("2026-05-05")}}}}}, Question{On: civil("2026-05-10")}},
	}
	for _, p := range CalculatorParams() {
		info := p.Describe()
		book := bookOf(t, "", info.Name, "9000-01-01 "+info.Rows[0].Value)
		missed := false
		for i := range questions {
			if _, err := Calculate(&questions[i].h, questions[i].q); err != nil {
				t.Fatalf("question %d under the law in force: %v", i, err)
			}
			_, err := CalculateUnder(book, &questions[i].h, questions[i].q)
			var none *law.NoLawError
			missed = missed || errors.As(err, &none) && none.Param == info.Name
		}
		if !missed {
			t.Errorf("%s is not read under the book", info.Name)
		}
	}
	if a, err := CalculateUnder(bookOf(t, "", "ees.stamps_count", "2025-10-12 false"), &questions[0].h, questions[0].q); err != nil || a.StampsCounted {
		t.Errorf("stamps: %+v, %v", a, err)
	}
	if a, err := CalculateUnder(bookOf(t, "", "ees.phase", "2026-05-02 progressive", "2027-01-01 full"), &questions[0].h, questions[0].q); err != nil || !a.Incomplete {
		t.Errorf("phase: %+v, %v", a, err)
	}
	if a, err := CalculateUnder(bookOf(t, "", "ees.phase", "2025-10-12 full"), &questions[0].h, questions[0].q); err != nil || a.Incomplete {
		t.Errorf("no progressive phase: %+v, %v", a, err)
	}
}

// The law in force is read without anything put aside.
func TestArt11_CalculateAllocatesNothing(t *testing.T) {
	h := &History{Stays: travelHistory(50, benchDay)}
	q := Question{On: benchDay, Intended: Stay{Entry: benchDay}}
	if n := testing.AllocsPerRun(100, func() { sinkAnswer, _ = Calculate(h, q) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// Over the progressive period, and under the law of a day of it, the calculator
// decides nothing; before the start and after the period nothing disregards it.
func TestArt5_CalculatorIsDisregarded(t *testing.T) {
	for _, c := range []struct {
		asOf, day   string
		disregarded bool
	}{
		{"", "2025-10-11", false}, {"", "2025-10-12", true}, {"", "2026-04-09", true}, {"", "2026-04-10", false},
		{"2026-04-09", "2026-05-01", true}, {"2026-04-10", "2025-12-01", false}, {"2026-04-09", "2025-10-11", false},
	} {
		var book *law.Book
		if c.asOf != "" {
			book = bookOf(t, c.asOf, "")
		}
		r, err := calculatorDisregarded(book, civil(c.day))
		if err != nil || (r != nil) != c.disregarded || r != nil && r.Cite != "2025/1534 art 5" {
			t.Errorf("law of %q on %s: %+v, %v", c.asOf, c.day, r, err)
		}
	}
	if _, err := calculatorDisregarded(bookOf(t, "2025-10-11", ""), civil("2026-05-01")); err == nil {
		t.Error("the law before the start decided on a day after it")
	}
}

const replayCases = `{"id":"a","stays":[{"entry":"2026-05-01","exit":"2026-07-29"},{"entry":"2026-01-05","exit":"2026-01-14"}],"on":"2026-12-01"}
{"id":"b","stays":[{"entry":"2026-06-01","exit":null}],"on":"2026-06-20"}

not a case
{"id":"c","stays":[],"on":"2026-06-20","intended_entry":"2026-06-25","visa":{"valid_from":"2026-06-01","valid_until":"2026-06-30","duration_days":15,"entries":1}}
`

func replayed(t *testing.T, in string, opt ReplayOptions) (lines []string, sum Effect, last int) {
	t.Helper()
	var out bytes.Buffer
	sum, last, err := ReplayCases(t.Context(), strings.NewReader(in), &out, opt)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), sum, last
}

// Cases are decided stay by stay, each on its last day by what came before it;
// what differs is told with both decisions and the articles, and summed up.
func TestArt11_2_CasesDecidedAgain(t *testing.T) {
	book := bookOf(t, "", "ees.short_stay_limit", "2013-10-18 90 days in any 180", "2026-06-01 60 days in any 180")
	lines, sum, last := replayed(t, replayCases, ReplayOptions{Book: book})
	want := Effect{Files: 3, Stays: 5, FilesChanged: 2, StaysChanged: 3, DaysLost: 100, NewOverstays: 1, Skipped: 1}
	if sum != want || last != 5 {
		t.Errorf("%+v after line %d, want %+v", sum, last, want)
	}
	text := strings.Join(lines, "\n")
	for _, told := range []string{
		"a  stay 2, 2026-05-01 to 2026-07-29, judged on 2026-07-29: DIFFERENT in last day, overstay days: 40 days fewer\n" +
			"    decided then       last day 2026-07-29, 90 days used [2016/399 art 6(1); 2025/1534 art 6(1)]\n" +
			"    under the changes  last day 2026-06-19, 90 days used, overstay of 40 days [2016/399 art 6(1); 2025/1534 art 6(1); 2017/2226 art 11(2)(c)]\n",
		"b  stay 1, 2026-06-01 to no exit, judged on 2026-06-20: DIFFERENT in last day: 30 days fewer\n",
		"line 4: no_object",
	} {
		if !strings.Contains(text, told) {
			t.Errorf("the answer lacks %q:\n%s", told, text)
		}
	}
	if strings.Contains(text, "stay 1, 2026-01-05") || strings.Contains(text, "c  entry") {
		t.Errorf("what is the same was told:\n%s", text)
	}
	if lines, _, _ := replayed(t, replayCases, ReplayOptions{Book: book, All: true}); !strings.Contains(strings.Join(lines, "\n"), "c  entry asked about, judged on 2026-06-25: same\n    decided then       last day 2026-06-30, 0 days used") {
		t.Errorf("a case that is the same is not told, or the visa was not used:\n%s", strings.Join(lines, "\n"))
	}
	if lines, _, _ := replayed(t, replayCases, ReplayOptions{Book: book, Explain: true}); !strings.Contains(strings.Join(lines, "\n"), "The stay is over its end by 40 days. [2017/2226 art 11(2)(c)]") {
		t.Errorf("the reasons are not told:\n%s", strings.Join(lines, "\n"))
	}

	lines, _, _ = replayed(t, replayCases, ReplayOptions{Book: book, JSON: true})
	var first struct {
		ID   string
		Stay int
		Then struct {
			Reasons []law.Reason
		}
		Under struct {
			LastDay      string `json:"last_day"`
			OverstayDays int    `json:"overstay_days"`
		}
		Same   bool
		Gained int `json:"days_gained"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || first.ID != "a" || first.Stay != 2 || first.Same || first.Gained != -40 ||
		first.Under.LastDay != "2026-06-19" || first.Under.OverstayDays != 40 || len(first.Then.Reasons) == 0 {
		t.Errorf("%+v, %v\n%s", first, err, lines[0])
	}
}

// The order in which a case lists its stays is nothing.
func TestArt11_2_ReplayOrdersStays(t *testing.T) {
	stay := func(entry, exit string) string { return `{"entry":"` + entry + `","exit":"` + exit + `"}` }
	one, two, three := stay("2026-01-01", "2026-01-30"), stay("2026-01-30", "2026-03-05"), stay("2026-03-05", "2026-04-20")
	line := func(stays ...string) string {
		return `{"id":"x","stays":[` + strings.Join(stays, ",") + `],"on":"2026-12-01"}`
	}
	opt := ReplayOptions{Book: bookOf(t, "", "ees.short_stay_limit", "2013-10-18 60 days in any 180"), All: true, JSON: true}
	want, _, _ := replayed(t, line(one, two, three), opt)
	for _, other := range [][]string{{three, two, one}, {two, three, one}} {
		if got, _, _ := replayed(t, line(other...), opt); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%v:\n%s\nwant\n%s", other, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	// Each stay is judged by itself, though the next begins on its last day.
	if !strings.Contains(want[0], `"days_used":30,`) || !strings.Contains(want[1], `"days_used":64,`) || !strings.Contains(want[2], `"days_used":110,`) {
		t.Errorf("%s", strings.Join(want, "\n"))
	}
}

// Under the law of a day before the System, a stay in the System's time is
// refused with the first day of law; a count before it is decided.
func TestArt11_2_ReplayAsOf(t *testing.T) {
	in := `{"id":"old","stays":[{"entry":"2024-05-01","exit":"2024-05-10"}],"on":"2024-05-10"}
{"id":"new","stays":[{"entry":"2026-05-01","exit":"2026-05-10"}],"on":"2026-05-10"}
`
	lines, sum, _ := replayed(t, in, ReplayOptions{Book: bookOf(t, "2015-01-01", ""), All: true})
	text := strings.Join(lines, "\n")
	if sum.Undecided != 1 || sum.StaysChanged != 1 || !strings.Contains(text, "old  stay 1, 2024-05-01 to 2024-05-10, judged on 2024-05-10: same") ||
		!strings.Contains(text, "law of 2015-01-01  nothing: On 2015-01-01 there was no law on ") || !strings.Contains(text, "from 2025-10-12 on.") {
		t.Errorf("%+v\n%s", sum, text)
	}
	lines, _, _ = replayed(t, in, ReplayOptions{Book: bookOf(t, "2025-12-01", ""), All: true})
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "new  stay 1, 2026-05-01 to 2026-05-10, judged on 2026-05-10: DIFFERENT in decides") || !strings.Contains(text, "to be disregarded [2016/399 art 6(1); 2025/1534 art") {
		t.Errorf("%s", text)
	}
}

// A run that was stopped goes on after the line it names, and both parts sum up
// to the whole.
func TestArt11_2_ReplayGoesOn(t *testing.T) {
	opt := ReplayOptions{Book: bookOf(t, "", "ees.short_stay_limit", "2013-10-18 60 days in any 180")}
	_, whole, _ := replayed(t, replayCases, opt)
	ctx, stop := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	in := &stopping{lines: strings.SplitAfter(replayCases, "\n"), at: 2, stop: func() { stop(stopped) }}
	var out bytes.Buffer
	sum, last, err := ReplayCases(ctx, in, &out, opt)
	if !errors.Is(err, stopped) || last >= 5 || sum.Files == whole.Files {
		t.Fatalf("stopped after line %d, %+v: %v", last, sum, err)
	}
	opt.After = last
	_, rest, _ := replayed(t, replayCases, opt)
	sum.Add(rest)
	if sum != whole {
		t.Errorf("in two parts %+v, at once %+v", sum, whole)
	}
}

// stopping hands out a line at a time and stops its reader at one of them.
type stopping struct {
	lines []string
	at    int
	stop  func()
}

func (s *stopping) Read(b []byte) (int, error) {
	if s.at--; s.at == 0 {
		s.stop()
	}
	n := copy(b, s.lines[0])
	s.lines = s.lines[1:]
	return n, nil
}

// A person with more stays than can be decided again is told and passed over.
func TestArt11_2_ReplayIsBounded(t *testing.T) {
	stays := strings.TrimSuffix(strings.Repeat(`{"entry":"2026-05-01","exit":"2026-05-01"},`, MaxReplayed), ",")
	lines, sum, _ := replayed(t, `{"id":"many","stays":[`+stays+`],"on":"2026-12-01"}`, ReplayOptions{Book: bookOf(t, "2026-05-01", "")})
	if sum != (Effect{Skipped: 1}) || !strings.Contains(lines[0], "too_many_stays") {
		t.Errorf("%+v %s", sum, lines[0])
	}
}

// No file of cases makes a replay fail.
func FuzzReplayCases(f *testing.F) {
	f.Add([]byte(replayCases))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		if _, _, err := ReplayCases(t.Context(), bytes.NewReader(in), &out, ReplayOptions{Book: bookOf(t, "2026-02-01", ""), All: true}); err != nil {
			t.Fatal(err)
		}
	})
}
