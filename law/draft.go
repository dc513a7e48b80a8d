package law

import (
	"encoding"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DraftRow is one row of a parameter as somebody wrote it, before its value has
// a type.
type DraftRow struct {
	From, Value, Cite, Note DraftText
}

// DraftText is a text and the line of the file on which it stands; line 0 means
// that it was left out.
type DraftText struct {
	Text string
	Line int
}

// ReadDraft reads amendments of the parameters known from what a file holds:
// one parameter, a list of them, or a list under the name "parameters". A value
// is written as 'limen law' prints it; a list also as a list. What cannot be
// read is a *Refusal that names the line and the field.
func ReadDraft(root DraftNode, known []Dated) ([]Amendment, error) {
	params, err := draftParams(root)
	if err != nil {
		return nil, err
	}
	var out []Amendment
	seen := map[string]bool{}
	for _, d := range params {
		field := "name"
		if seen[d.name.Text] {
			return nil, BadDraft(d.name.Line, field, "amended_twice", d.name.Text+" stands in the file twice. Put its rows into one list.")
		}
		seen[d.name.Text] = true
		p := findDated(known, d.name.Text)
		if p == nil {
			return nil, BadDraft(d.name.Line, field, "unknown_parameter", unknownParam(d.name.Text, known))
		}
		a, err := p.Draft(d.rows)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func findDated(known []Dated, name string) Dated {
	for _, p := range known {
		if p.Describe().Name == name {
			return p
		}
	}
	return nil
}

// unknownParam says which names come closest.
func unknownParam(name string, known []Dated) string {
	best, distance := "", len(name)/2+2
	for _, p := range known {
		n := p.Describe().Name
		if d := editDistance(strings.ToLower(clip(name)), n); d < distance {
			best, distance = n, d
		}
	}
	message := fmt.Sprintf("%q is no parameter that can be changed here.", clip(name))
	if best != "" {
		return message + " Did you mean " + best + "?"
	}
	names := make([]string, len(known))
	for i, p := range known {
		names[i] = p.Describe().Name
	}
	return message + " The parameters are " + strings.Join(names, ", ") + "."
}

// editDistance counts the single letters to change, insert or leave out.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// BadDraft is the refusal of a draft for what stands on a line of its file; line
// 0 means that it is not known.
func BadDraft(line int, field string, code Code, message string) *Refusal {
	if line > 0 {
		message = "Line " + strconv.Itoa(line) + ", " + field + ": " + message
	}
	return BadField(field, code, "", message)
}

// Draft implements Dated. It fails with a *Refusal that names the line and the
// field, as "ees.short_stay_limit.rows[0].value".
func (p *Param[T]) Draft(drafts []DraftRow) (Amendment, error) {
	rows := make([]Row[T], len(drafts))
	for i, d := range drafts {
		at := p.Name + ".rows[" + strconv.Itoa(i) + "]."
		from, err := ParseDate(d.From.Text)
		if err != nil {
			return Amendment{}, BadDraft(d.From.Line, at+"from", "bad_date", "write a day of the calendar as YYYY-MM-DD.")
		}
		if i > 0 && from <= rows[i-1].From {
			return Amendment{}, BadDraft(d.From.Line, at+"from", "rows_out_of_order", "the row does not come after the one before it. Rows stand in order of their first day.")
		}
		if _, err := Citation(d.Cite.Text).Parse(); err != nil {
			return Amendment{}, BadDraft(d.Cite.Line, at+"cite", "bad_citation", err.Error()+".")
		}
		value, err := parseValue[T](d.Value.Text)
		if err != nil {
			return Amendment{}, BadDraft(d.Value.Line, at+"value", "bad_value", err.Error()+".")
		}
		rows[i] = Row[T]{From: from, Value: value, Cite: Citation(d.Cite.Text), Note: d.Note.Text}
	}
	return p.Amend(rows...)
}

// parseValue reads a value as fmt prints it. Lists may come with or without
// their brackets, their members apart by spaces.
func parseValue[T any](s string) (v T, err error) {
	if s == "" && !isList(&v) {
		return v, fmt.Errorf("a value is needed")
	}
	switch into := any(&v).(type) {
	case encoding.TextUnmarshaler:
		err = into.UnmarshalText([]byte(s))
	case *bool:
		if *into = s == "true"; !*into && s != "false" {
			err = fmt.Errorf("a switch is true or false, not %q", clip(s))
		}
	case *int:
		if *into, err = strconv.Atoi(s); err != nil {
			err = fmt.Errorf("a whole number is needed, not %q", clip(s))
		}
	case *time.Duration:
		if *into, err = time.ParseDuration(s); err != nil {
			err = fmt.Errorf("a length of time is needed, as 30m or 6h, not %q", clip(s))
		}
	case *Period:
		*into, err = parsePeriod(s)
	case *Phase:
		switch *into = Phase(s); *into {
		case Progressive, Transitional, Full:
		default:
			err = fmt.Errorf("the phases are %s, %s and %s, not %q", Progressive, Transitional, Full, clip(s))
		}
	case *[]string:
		*into = members(s)
	case *[]Citation:
		*into = []Citation{}
		for _, c := range strings.Split(strings.Trim(s, "[] "), ";") {
			if c = strings.TrimSpace(c); c == "" {
				continue
			}
			if _, err := Citation(c).Parse(); err != nil {
				return v, err
			}
			*into = append(*into, Citation(c))
		}
	case *[]BorderKind:
		*into = []BorderKind{}
		for _, m := range members(s) {
			k, err := ParseBorderKind(m)
			if err != nil {
				return v, fmt.Errorf("the kind of border is air, sea or land, not %q", clip(m))
			}
			*into = append(*into, k)
		}
	default:
		err = fmt.Errorf("values of this parameter cannot be written in a file")
	}
	return v, err
}

func isList(v any) bool {
	switch v.(type) {
	case *[]string, *[]Citation, *[]BorderKind:
		return true
	}
	return false
}

func members(s string) []string {
	return strings.Fields(strings.Trim(s, "[] "))
}

// parsePeriod is the inverse of Period.String.
func parsePeriod(s string) (p Period, err error) {
	wrong := fmt.Errorf("a period is written as \"3 years and 1 day\", not %q", clip(s))
	if s == "no time" {
		return p, nil
	}
	for part := range strings.SplitSeq(s, " and ") {
		number, unit, _ := strings.Cut(part, " ")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > 10_000 {
			return p, wrong
		}
		into := map[string]*int{"year": &p.Years, "month": &p.Months, "day": &p.Days}[strings.TrimSuffix(unit, "s")]
		if into == nil || *into != 0 {
			return p, wrong
		}
		*into = n
	}
	return p, nil
}
