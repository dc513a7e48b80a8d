package law

import (
	"fmt"
	"slices"
)

// Book is the law as somebody else would read it: as it stood on another day,
// with other rows, or both. Whoever calculates under a book leaves the live
// tables alone, so one process can answer under many laws at one time.
//
// A nil *Book is the law in force on the day of each event: reading under it
// costs one comparison. A Book never changes once it is made.
type Book struct {
	asOf Date
	rows map[string]any // parameter by name: its []Row[T]
	// territory says that the book may have other states in the common area.
	territory bool
}

// Amendment is the rows that replace those of one parameter in a Book, made by
// Param.Amend or by Param.Draft.
type Amendment struct {
	name string
	rows any
	info ParamInfo
}

// Param returns the name of the parameter amended.
func (a Amendment) Param() string { return a.name }

// Describe returns the rows of the amendment, printed.
func (a Amendment) Describe() ParamInfo { return a.info }

// NewBook makes a book in which every parameter is read on the day asOf,
// whatever the day of the event, unless asOf is zero; and in which the
// parameters amended have the rows of their amendments. The refusal of a
// parameter amended twice has code amended_twice.
func NewBook(asOf Date, amendments ...Amendment) (*Book, error) {
	if asOf != 0 && (asOf < MinDate || asOf > MaxDate) {
		return nil, BadField("as_of", "no_day", "", "The day of the law is a day of the calendar, as 2026-05-01.")
	}
	b := &Book{asOf: asOf, rows: make(map[string]any, len(amendments))}
	for _, a := range amendments {
		if _, twice := b.rows[a.name]; twice {
			return nil, BadField(a.name, "amended_twice", "", "The parameter is amended twice. Put its rows into one list.")
		}
		b.rows[a.name] = a.rows
		b.territory = b.territory || slices.ContainsFunc(TerritoryParams(), func(p Dated) bool { return p.Describe().Name == a.name })
	}
	b.territory = b.territory || asOf != 0
	return b, nil
}

// AsOf returns the day on which every parameter is read; zero when each is read
// on the day of its event.
func (b *Book) AsOf() Date {
	if b == nil {
		return 0
	}
	return b.asOf
}

// Amends tells whether the book replaces the rows of the parameter.
func (b *Book) Amends(param string) bool {
	if b == nil {
		return false
	}
	_, ok := b.rows[param]
	return ok
}

// Territory tells whether under the book other states may belong to the common
// area than under the law in force: it is of another day, or amends one of
// TerritoryParams.
func (b *Book) Territory() bool { return b != nil && b.territory }

// Under returns the value on day d under the book: of the book's own day if it
// has one, from the book's own rows if it has some. Before the first row it
// fails with a *NoLawError, as On does.
func (p *Param[T]) Under(b *Book, d Date) (T, error) {
	if b == nil {
		return p.On(d)
	}
	row, err := p.rowUnder(b, d)
	return row.Value, err
}

// RowUnder is RowOn under a book.
func (p *Param[T]) RowUnder(b *Book, d Date) (Row[T], error) {
	if b == nil {
		return p.RowOn(d)
	}
	return p.rowUnder(b, d)
}

func (p *Param[T]) rowUnder(b *Book, d Date) (Row[T], error) {
	if b.asOf != 0 {
		d = b.asOf
	}
	read := Param[T]{Name: p.Name, Rows: p.RowsUnder(b)}
	return read.RowOn(d)
}

// RowsUnder returns the rows of the parameter under the book, to read and not
// to change.
func (p *Param[T]) RowsUnder(b *Book) []Row[T] {
	if b != nil {
		if rows, ok := b.rows[p.Name].([]Row[T]); ok {
			return rows
		}
	}
	return p.Rows
}

// Amend makes the amendment that gives the parameter these rows and no others.
// It fails where CheckParam finds something wrong with them.
func (p *Param[T]) Amend(rows ...Row[T]) (Amendment, error) {
	amended := &Param[T]{Name: p.Name, Unit: p.Unit, Rows: slices.Clone(rows)}
	if err := CheckParam(amended); err != nil {
		return Amendment{}, err
	}
	return Amendment{p.Name, amended.Rows, amended.Describe()}, nil
}

// AsRefusal turns an error about the law of a day, a *NoLawError, into a
// refusal with code no_law_on_day; any other error it returns as it is.
func AsRefusal(err error) error {
	e, ok := err.(*NoLawError)
	if !ok {
		return err
	}
	message := fmt.Sprintf("On %s there was no law on %s: nothing can be decided under it.", e.Day, e.Param)
	if e.First != 0 {
		message += fmt.Sprintf(" Ask about a day from %s on.", e.First)
	}
	return Refuse(NotPermitted, "no_law_on_day", e.Cite, message, "parameter", e.Param, "day", e.Day.String(), "first_day", e.First.String())
}

// EESStartUnder is EESStart under a book.
func EESStartUnder(b *Book) Date {
	if b == nil {
		return EESStart()
	}
	return EESPhase.RowsUnder(b)[0].From
}

// ProgressiveLastDayUnder is ProgressiveLastDay under a book: the day before
// the first phase that is not progressive, MaxDate when none follows.
func ProgressiveLastDayUnder(b *Book) Date {
	if b == nil {
		return ProgressiveLastDay()
	}
	return b.progressiveLastDay()
}

func (b *Book) progressiveLastDay() Date {
	for _, row := range EESPhase.RowsUnder(b) {
		if row.Value != Progressive {
			return row.From - 1
		}
	}
	return MaxDate
}
