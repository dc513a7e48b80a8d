package person

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxCaseLine bounds one row of a case file, in bytes, and maxCaseText one
// string of it, in code points.
const (
	maxCaseLine = 1 << 16
	maxCaseText = 1024
)

// RunNameCases runs rows of tab-separated tables of names: printed names with
// their MRZ name field, pairs of names with a label or a measure, letters with
// their transliteration. The header line tells which table follows; a file may
// hold several, each under its header. in is UTF-8.
//
// Without check it writes one JSON object a line: for a printed name id,
// mrz_name, truncated; for a labelled pair id, verdict, score, why; for a
// measured pair id, measure, value; for a letter id, mrz, alternatives.
//
// With check it writes what differs from the row, a summary for each convention
// and last "N cases, M mismatches". A mismatch is
//   - a name field that differs, unless the row says that it is truncated: there
//     the issuer may cut otherwise, and only the mark of truncation must agree;
//   - a measure outside its tolerance, or another Soundex code;
//   - a verdict on the wrong side of match and no match, that is "different"
//     where the label is "same" or "similar" or the reverse. Same and similar
//     both are a match, and where the one ends and the other begins the sources
//     disagree, so their confusion is reported in the share of exact labels and
//     not counted. Rows of strength "weak" are reported and not counted;
//   - a letter with another MRZ string.
//
// In the summary a match is the positive class, over all labelled rows, weak ones
// included. The baseline beside it is computed on the same rows: transliteration
// by the ICAO tables only, components sorted, Jaro-Winkler, and the one threshold
// that is best for it afterwards; the matcher's threshold is fixed beforehand.
//
// The error is of reading or writing, or of a table that cannot be understood.
func RunNameCases(in io.Reader, out io.Writer, check bool) (cases, mismatches int, err error) {
	w := bufio.NewWriter(out)
	defer func() {
		if e := w.Flush(); err == nil {
			err = e
		}
	}()
	run := caseRun{w: w, check: check}
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 0, 4096), maxCaseLine)
	line := 0
	for scan.Scan() {
		line++
		text := strings.TrimRight(scan.Text(), "\r\n")
		if line == 1 {
			text = strings.TrimPrefix(text, "\uFEFF")
		}
		if text == "" {
			continue
		}
		if err := run.line(text); err != nil {
			return run.cases, run.mismatches, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if err := scan.Err(); err != nil {
		return run.cases, run.mismatches, fmt.Errorf("line %d: %w", line+1, err)
	}
	if check {
		run.summarise()
		fmt.Fprintf(w, "%d cases, %d mismatches\n", run.cases, run.mismatches)
	}
	return run.cases, run.mismatches, nil
}

// caseRun is the state of one run.
type caseRun struct {
	w                 *bufio.Writer
	check             bool
	columns           map[string]int
	row               []string
	cases, mismatches int
	labelled          map[Convention][]labelledPair
}

// labelledPair is a judged row, kept for the summary.
type labelledPair struct {
	want, got Verdict
	weak      bool
	baseline  float64
}

func (r *caseRun) line(text string) error {
	f := strings.Split(text, "\t")
	if f[0] == "id" || f[0] == "codepoint" {
		r.columns = map[string]int{}
		for i, name := range f {
			r.columns[name] = i
		}
		return nil
	}
	if r.columns == nil {
		return fmt.Errorf("a row before the header line")
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("not UTF-8")
	}
	r.row = f
	r.cases++
	switch {
	case r.has("mrz_name"):
		return r.printedName()
	case r.has("codepoint"):
		return r.letter()
	case r.has("left") && r.has("right"):
		if r.get("measure") != "" {
			return r.measuredPair()
		}
		return r.labelledPair()
	}
	return fmt.Errorf("unknown table: no column mrz_name, codepoint, or left and right")
}

func (r *caseRun) has(column string) bool { _, ok := r.columns[column]; return ok }

func (r *caseRun) get(column string) string {
	if i, ok := r.columns[column]; ok && i < len(r.row) {
		return r.row[i]
	}
	return ""
}

func (r *caseRun) emit(v any) error {
	e := json.NewEncoder(r.w)
	e.SetEscapeHTML(false) // the filler is a less-than sign
	return e.Encode(v)
}

func (r *caseRun) mismatch(format string, args ...any) {
	r.mismatches++
	fmt.Fprintf(r.w, "%s: ", r.get(r.idColumn()))
	fmt.Fprintf(r.w, format+"\n", args...)
}

func (r *caseRun) idColumn() string {
	if r.has("id") {
		return "id"
	}
	return "codepoint"
}

// nameFieldWidths are the widths by the document formats of the tables.
var nameFieldWidths = map[string]int{
	"TD1": MRZNameWidthTD1, "TD2": MRZNameWidthTD2, "TD3": MRZNameWidthTD3,
	"MRV-A": MRZNameWidthMRVA, "MRV-B": MRZNameWidthMRVB,
}

func (r *caseRun) printedName() error {
	width, ok := nameFieldWidths[r.get("format")]
	if !ok {
		return fmt.Errorf("%s: unknown format %q", r.get("id"), r.get("format"))
	}
	field, truncated := MRZNameField(r.get("primary"), r.get("secondary"), r.get("language"), width)
	if !r.check {
		return r.emit(struct {
			ID        string `json:"id"`
			MRZName   string `json:"mrz_name"`
			Truncated bool   `json:"truncated"`
		}{r.get("id"), field, truncated})
	}
	if want := r.get("truncated") == "yes"; want != truncated {
		r.mismatch("%s truncated %v, want %v", field, truncated, want)
	} else if !want && field != r.get("mrz_name") {
		r.mismatch("%s, want %s", field, r.get("mrz_name"))
	}
	return nil
}

func (r *caseRun) letter() error {
	code, err := strconv.ParseUint(strings.TrimPrefix(r.get("codepoint"), "U+"), 16, 32)
	if err != nil {
		return fmt.Errorf("%s is no code point", r.get("codepoint"))
	}
	got := transliterateComponent([]rune{rune(code)}, "")
	alternatives := []string{}
	if l := icaoLetters()[rune(code)]; l != nil {
		got, alternatives = l.mrz, append(alternatives, l.alternatives...)
	}
	if !r.check {
		return r.emit(struct {
			ID           string   `json:"id"`
			MRZ          string   `json:"mrz"`
			Alternatives []string `json:"alternatives"`
		}{r.get("codepoint"), got, alternatives})
	}
	if want := r.get("mrz"); got != want {
		r.mismatch("%q, want %q", got, want)
	} else if want := r.get("alternatives"); strings.Join(alternatives, "|") != want {
		r.mismatch("alternatives %v, want %s", alternatives, want)
	}
	return nil
}

func (r *caseRun) measuredPair() error {
	left, right := r.get("left"), r.get("right")
	if utf8.RuneCountInString(left) > maxCaseText || utf8.RuneCountInString(right) > maxCaseText {
		return fmt.Errorf("%s: a string of more than %d code points", r.get("id"), maxCaseText)
	}
	var got any
	var number float64
	switch r.get("measure") {
	case "jaro":
		number = Jaro(left, right)
	case "jaro_winkler":
		number = JaroWinkler(left, right)
	case "levenshtein":
		number = float64(Levenshtein(left, right))
	case "damerau_levenshtein":
		number = float64(DamerauLevenshtein(left, right))
	case "soundex":
		got = Soundex(left)
	default:
		return fmt.Errorf("%s: unknown measure %q", r.get("id"), r.get("measure"))
	}
	if got == nil {
		got = number
	}
	if !r.check {
		return r.emit(struct {
			ID      string `json:"id"`
			Measure string `json:"measure"`
			Value   any    `json:"value"`
		}{r.get("id"), r.get("measure"), got})
	}
	if code, ok := got.(string); ok {
		if code != r.get("value") {
			r.mismatch("%s, want %s", code, r.get("value"))
		}
		return nil
	}
	want, err := strconv.ParseFloat(r.get("value"), 64)
	if err != nil {
		return fmt.Errorf("%s: value: %w", r.get("id"), err)
	}
	tolerance, _ := strconv.ParseFloat(r.get("tolerance"), 64)
	if math.Abs(number-want) > tolerance+1e-12 {
		r.mismatch("%s of %q and %q is %.6f, want %s", r.get("measure"), left, right, number, r.get("value"))
	}
	return nil
}

func (r *caseRun) labelledPair() error {
	c := Convention(r.get("convention"))
	if c == "" {
		c = ByScreening
	}
	if !slices.Contains(Conventions, c) {
		return fmt.Errorf("%s: unknown convention %q", r.get("id"), c)
	}
	left, right := r.get("left"), r.get("right")
	m := c.Compare(left, right)
	if !r.check {
		return r.emit(struct {
			ID string `json:"id"`
			Match
		}{r.get("id"), m})
	}
	want := slices.Index(verdictNames[:], r.get("label"))
	if want < 0 {
		return fmt.Errorf("%s: unknown label %q", r.get("id"), r.get("label"))
	}
	if r.labelled == nil {
		r.labelled = map[Convention][]labelledPair{}
	}
	p := labelledPair{Verdict(want), m.Verdict, r.get("strength") == "weak", baselineSimilarity(left, right)}
	r.labelled[c] = append(r.labelled[c], p)
	if (p.want == Different) == (p.got == Different) {
		return nil
	}
	message := fmt.Sprintf("%s: %s and %s are %s (%.3f: %s), want %s",
		c, left, right, m.Verdict, m.Score, strings.Join(m.Why, "; "), p.want)
	if p.weak {
		fmt.Fprintf(r.w, "%s: weak, not counted: %s\n", r.get("id"), message)
		return nil
	}
	r.mismatch("%s", message)
	return nil
}

// tally counts verdicts, match being the positive class.
type tally struct{ truePositive, falsePositive, falseNegative, exact, all int }

func (t tally) precision() float64 { return ratio(t.truePositive, t.truePositive+t.falsePositive) }
func (t tally) recall() float64    { return ratio(t.truePositive, t.truePositive+t.falseNegative) }
func (t tally) f1() float64 {
	return ratio(2*t.truePositive, 2*t.truePositive+t.falsePositive+t.falseNegative)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func tallyPairs(pairs []labelledPair, matches func(labelledPair) bool) (t tally) {
	for _, p := range pairs {
		t.all++
		if p.got == p.want {
			t.exact++
		}
		switch match := matches(p); {
		case match && p.want != Different:
			t.truePositive++
		case match:
			t.falsePositive++
		case p.want != Different:
			t.falseNegative++
		}
	}
	return t
}

func (r *caseRun) summarise() {
	for _, c := range Conventions {
		pairs := r.labelled[c]
		if len(pairs) == 0 {
			continue
		}
		t := tallyPairs(pairs, func(p labelledPair) bool { return p.got != Different })
		base, threshold := bestBaseline(pairs)
		fmt.Fprintf(r.w, "%s: %d pairs, precision %.3f, recall %.3f, F1 %.3f, exact label %.3f; baseline F1 %.3f at its best threshold %.3f\n",
			c, t.all, t.precision(), t.recall(), t.f1(), ratio(t.exact, t.all), base, threshold)
	}
}

// bestBaseline returns the F1 of the plain baseline at the threshold that suits
// these very rows best. Strings without a common letter never match.
func bestBaseline(pairs []labelledPair) (f1, threshold float64) {
	for _, p := range pairs {
		if p.baseline == 0 {
			continue
		}
		t := tallyPairs(pairs, func(o labelledPair) bool { return o.baseline >= p.baseline })
		if f := t.f1(); f > f1 {
			f1, threshold = f, p.baseline
		}
	}
	return f1, threshold
}

// baselineSimilarity is the plain baseline: ICAO transliteration, components
// sorted, Jaro-Winkler. Letters outside the ICAO tables are dropped.
func baselineSimilarity(a, b string) float64 {
	normal := func(s string) string {
		var words []string
		for _, c := range splitNameComponents(s) {
			c = slices.DeleteFunc(c, func(r rune) bool {
				return unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Arabic)
			})
			if w := transliterateComponent(c, ""); w != "" {
				words = append(words, w)
			}
		}
		slices.Sort(words)
		return strings.Join(words, " ")
	}
	return JaroWinkler(normal(a), normal(b))
}
