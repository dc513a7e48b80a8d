package law

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"
)

// Every parameter has a sound table, a citation that can be read and a name of its own.
func TestParamsAreSound(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Params() {
		if err := CheckParam(p); err != nil {
			t.Error(err)
		}
		info := p.Describe()
		if seen[info.Name] {
			t.Errorf("two parameters are called %s", info.Name)
		}
		seen[info.Name] = true
		for _, r := range info.Rows {
			if strings.Contains(strings.ToLower(r.Note), "not found") && !r.Unconfirmed {
				t.Errorf("%s, %s: the note says it is unconfirmed, the row does not", info.Name, r.From)
			}
		}
	}
}

// A parameter that Params forgets would be in no listing and in no test.
func TestParamsListsThemAll(t *testing.T) {
	listed := map[string]bool{}
	for _, p := range Params() {
		listed[p.Describe().Name] = true
	}
	for _, file := range []string{"params.go", "states.go"} {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		ast.Inspect(tree, func(n ast.Node) bool {
			var name string
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				key, isIdent := n.Key.(*ast.Ident)
				value, isText := n.Value.(*ast.BasicLit)
				if isIdent && isText && key.Name == "Name" {
					name = strings.Trim(value.Value, `"`)
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "kept" || f.Name == "acquisOf") {
					prefix := map[string]string{"kept": "retention.", "acquisOf": "acquis."}[f.Name]
					name = prefix + strings.Trim(n.Args[0].(*ast.BasicLit).Value, `"`)
				}
			}
			if name != "" {
				found++
				if !listed[name] {
					t.Errorf("%s: %s is not in Params", file, name)
				}
			}
			return true
		})
		if found < 3 {
			t.Errorf("%s: only %d parameters were recognised in the source", file, found)
		}
	}
}

// Day by day: an error before the first row, and from then on the one row whose
// time it is.
func TestParamsWalkTheCalendar(t *testing.T) {
	first, last := MustDate("1990-01-01"), MustDate("2036-12-31")
	walk := func(name string, rows []Date, on func(Date) (Date, error)) {
		next := 0
		for day := first; day <= last; day++ {
			if next < len(rows) && rows[next] == day {
				next++
			}
			from, err := on(day)
			if next == 0 {
				var none *NoLawError
				if !errors.As(err, &none) || none.First != rows[0] || none.Day != day {
					t.Fatalf("%s on %s, before the first row: %v", name, day, err)
				}
			} else if err != nil || from != rows[next-1] {
				t.Fatalf("%s on %s: row of %s, %v", name, day, from, err)
			}
		}
		if next != len(rows) {
			t.Errorf("%s: a row stands outside the years walked", name)
		}
	}
	for _, p := range Params() {
		info := p.Describe()
		var rows []Date
		for _, r := range info.Rows {
			rows = append(rows, r.From)
		}
		on := rowDay(p)
		if on == nil {
			t.Fatalf("%s: a type that this test does not know", info.Name)
		}
		walk(info.Name, rows, on)
	}
}

func rowDay(d Dated) func(Date) (Date, error) {
	switch p := d.(type) {
	case *Param[[]string]:
		return dayOf(p)
	case *Param[[]BorderKind]:
		return dayOf(p)
	case *Param[[]Citation]:
		return dayOf(p)
	case *Param[Phase]:
		return dayOf(p)
	case *Param[bool]:
		return dayOf(p)
	case *Param[int]:
		return dayOf(p)
	case *Param[Period]:
		return dayOf(p)
	case *Param[time.Duration]:
		return dayOf(p)
	}
	return nil
}

func dayOf[T any](p *Param[T]) func(Date) (Date, error) {
	return func(day Date) (Date, error) {
		row, err := p.RowOn(day)
		return row.From, err
	}
}

// EES-043 and EES-045: the dates of the start of operations, as the calendar has them.
func TestProgressiveStart_Dates(t *testing.T) {
	for _, c := range []struct {
		what string
		got  Date
		want string
	}{
		{"start", EESStart(), "2025-10-12"},
		{"last progressive day", ProgressiveLastDay(), "2026-04-09"},
		{"last transitional day", EESPhase.Rows[2].From - 1, "2026-10-06"},
		{"day 30", MinimumShare.Rows[1].From, "2025-11-10"},
		{"day 90", MinimumShare.Rows[2].From, "2026-01-09"},
		{"day 150", MinimumShare.Rows[3].From, "2026-03-10"},
		{"day 170", MinimumShare.Rows[4].From, "2026-03-30"},
		{"day 90, biometrics", BiometricPoints.Rows[1].From, "2026-01-09"},
		{"day 150, biometrics", BiometricPoints.Rows[2].From, "2026-03-10"},
		{"last day of files without biometrics", FilesWithoutBiometrics.Rows[1].From - 1, "2025-12-10"},
		{"last day of partial suspension", PartialSuspension.Rows[1].From - 1, "2026-07-08"},
	} {
		if c.got != MustDate(c.want) {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
	if days := ProgressiveLastDay() - EESStart() + 1; days != 180 {
		t.Errorf("the progressive period has %d days", days)
	}
	if days := EESPhase.Rows[2].From - EESPhase.Rows[1].From; days != 180 {
		t.Errorf("the transitional period has %d days", days)
	}
}

// EES-043: what holds on the days around each change of phase.
func TestArt22_SwitchesByPhase(t *testing.T) {
	for _, c := range []struct {
		day                  string
		phase                Phase
		stamp, count, decide bool
	}{
		{"2025-10-12", Progressive, true, true, false},
		{"2026-04-09", Progressive, true, true, false},
		{"2026-04-10", Transitional, false, true, true},
		{"2026-10-06", Transitional, false, true, true},
		{"2026-10-07", Full, false, false, true},
		{"2030-01-01", Full, false, false, true},
	} {
		day := MustDate(c.day)
		phase, err := EESPhase.On(day)
		stamp, _ := StampEverybody.On(day)
		count, _ := StampsCount.On(day)
		decide, _ := CalculatorInUse.On(day)
		if err != nil || phase != c.phase || stamp != c.stamp || count != c.count || decide != c.decide {
			t.Errorf("%s: %s, stamp %v, stamps count %v, calculator %v, %v", c.day, phase, stamp, count, decide, err)
		}
	}
	suspended, _ := SuspendedArticles.On(ProgressiveLastDay())
	for _, cite := range suspended {
		if _, err := cite.Parse(); err != nil {
			t.Error(err)
		}
	}
	if after, _ := SuspendedArticles.On(ProgressiveLastDay() + 1); len(suspended) != 7 || len(after) != 0 {
		t.Errorf("%d articles suspended, %d after", len(suspended), len(after))
	}
}

// The examples of the retention table: exit 2026-05-20, end of stay 2026-07-29.
func TestArt34_RetentionExamples(t *testing.T) {
	day := MustDate("2026-05-20")
	last := func(p *Param[Period], from string) string {
		t.Helper()
		period, err := p.On(day)
		if err != nil {
			t.Fatal(err)
		}
		return period.After(MustDate(from)).String()
	}
	for _, c := range []struct{ what, got, want string }{
		{"record", last(&KeepRecord, "2026-05-20"), "2029-05-20"},
		{"refusal", last(&KeepRefusal, "2026-05-20"), "2029-05-20"},
		{"file", last(&KeepFile, "2026-05-20"), "2029-05-21"},
		{"no exit", last(&KeepNoExit, "2026-07-29"), "2031-07-29"},
		{"family", last(&KeepFamily, "2026-05-20"), "2027-05-20"},
		{"family, no exit", last(&KeepFamilyNoExit, "2026-05-01"), "2031-05-01"},
	} {
		if c.got != c.want {
			t.Errorf("%s: to %s, want %s", c.what, c.got, c.want)
		}
	}
	notice, _ := ErasureNotice.On(day)
	if got := notice.Before(MustDate("2031-07-29")).String(); got != "2031-04-29" {
		t.Errorf("notice on %s", got)
	}
}

// A provision is suspended from the first to the last day of the progressive
// period, with all that is part of it and nothing beside it.
func TestSuspendedProvisions(t *testing.T) {
	for _, c := range []struct {
		cite Citation
		day  string
		want bool
	}{
		{"2017/2226 art 20", "2025-10-11", false}, {"2017/2226 art 20", "2025-10-12", true}, {"2017/2226 art 20(1)", "2026-04-09", true},
		{"2017/2226 art 20", "2026-04-10", false}, {"2017/2226 art 2", "2026-01-01", false}, {"2017/2226 art 2(4)", "2026-01-01", false},
		{"2017/2226 art 12(1)", "2026-01-01", true}, {"2017/2226 art 12", "2026-01-01", false}, {"2017/2226 art 12(3)", "2026-01-01", false},
		{"2016/399 art 20", "2026-01-01", false}, {"2017/2226 art 21(3)", "2026-01-01", true},
	} {
		by, is := Suspended(c.cite, MustDate(c.day))
		if is != c.want || is != (by == "2025/1534 art 5") {
			t.Errorf("%s on %s: %v by %q", c.cite, c.day, is, by)
		}
	}
}
