package law

import "fmt"

// Row is one value of a parameter and the day from which it holds.
type Row[T any] struct {
	From        Date
	Value       T
	Cite        Citation
	Note        string
	Unconfirmed bool // not found in a source text; the note says what is
}

// Param is a number, a list or a switch that the law sets and may change. Rows
// stand in order of From. Before the first row there is no law: On answers with
// an error and never with the nearest row.
type Param[T any] struct {
	Name string // stable, dotted: "ees.window_days"
	Unit string
	Rows []Row[T]
}

// NoLawError says that a parameter has no value on a day.
type NoLawError struct {
	Param string
	Day   Date
	First Date     // the first day of law; zero when there is none
	Cite  Citation // where that law stands
}

// Error implements error.
func (e *NoLawError) Error() string {
	if e.First == 0 {
		return fmt.Sprintf("parameter %s has no rows", e.Param)
	}
	return fmt.Sprintf("parameter %s has no value on %s: its first row applies from %s", e.Param, e.Day, e.First)
}

// RowOn returns the row in force on day d.
func (p *Param[T]) RowOn(d Date) (Row[T], error) {
	if i := p.placeOn(d); i >= 0 {
		return p.Rows[i], nil
	}
	return Row[T]{}, p.noLaw(d)
}

// On returns the value in force on day d.
func (p *Param[T]) On(d Date) (value T, err error) {
	if i := p.placeOn(d); i >= 0 {
		return p.Rows[i].Value, nil
	}
	return value, p.noLaw(d)
}

// placeOn finds the row in force on day d; -1 when there is no law.
func (p *Param[T]) placeOn(d Date) int {
	i := len(p.Rows) - 1
	for i >= 0 && p.Rows[i].From > d {
		i--
	}
	return i
}

func (p *Param[T]) noLaw(d Date) error {
	e := &NoLawError{Param: p.Name, Day: d}
	if len(p.Rows) > 0 {
		e.First, e.Cite = p.Rows[0].From, p.Rows[0].Cite
	}
	return e
}

// ParamInfo describes a parameter without its type, for listings and tests.
type ParamInfo struct {
	Name, Unit string
	Rows       []ParamRow
}

// ParamRow is a Row with its value printed.
type ParamRow struct {
	From        Date
	Value       string
	Cite        Citation
	Note        string
	Unconfirmed bool
}

// Dated is any Param.
type Dated interface {
	Describe() ParamInfo
	// Draft reads rows that somebody wrote, by the type of the parameter.
	Draft(rows []DraftRow) (Amendment, error)
}

// Describe implements Dated.
func (p *Param[T]) Describe() ParamInfo {
	info := ParamInfo{Name: p.Name, Unit: p.Unit}
	for _, r := range p.Rows {
		info.Rows = append(info.Rows, ParamRow{r.From, fmt.Sprint(r.Value), r.Cite, r.Note, r.Unconfirmed})
	}
	return info
}

// CheckParam reports what is wrong with a parameter's table: no rows, rows out
// of order or of the same day, a citation that cannot be read, an unconfirmed
// row without a note.
func CheckParam(d Dated) error {
	info := d.Describe()
	if info.Name == "" || len(info.Rows) == 0 {
		return fmt.Errorf("parameter %q: no name or no rows", info.Name)
	}
	for i, r := range info.Rows {
		if r.From == 0 {
			return fmt.Errorf("parameter %s: row %d has no date", info.Name, i)
		}
		if i > 0 && r.From <= info.Rows[i-1].From {
			return fmt.Errorf("parameter %s: row %d (%s) does not come after the one before", info.Name, i, r.From)
		}
		if _, err := r.Cite.Parse(); err != nil {
			return fmt.Errorf("parameter %s: %w", info.Name, err)
		}
		if r.Unconfirmed && r.Note == "" {
			return fmt.Errorf("parameter %s: row %s is unconfirmed and does not say what was not found", info.Name, r.From)
		}
	}
	return nil
}
