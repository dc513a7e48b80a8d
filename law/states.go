package law

import (
	"slices"
	"strings"
)

// BorderKind is a kind of external border (2016/399 art 2(2)). Railways,
// rivers and lakes are land borders.
type BorderKind string

// The kinds of border.
const (
	AirBorder  BorderKind = "air"
	SeaBorder  BorderKind = "sea"
	LandBorder BorderKind = "land"
)

// ParseBorderKind reads "air", "sea" or "land". The error is a *Refusal with
// code unknown_border_kind and field "kind".
func ParseBorderKind(s string) (BorderKind, error) {
	switch k := BorderKind(s); k {
	case AirBorder, SeaBorder, LandBorder:
		return k, nil
	}
	return "", BadField("kind", "unknown_border_kind", "2016/399 art 2(2)", "The kind of border is air, sea or land.", "kind", clip(s))
}

// States are named in this package by their code in the machine readable zone
// (Doc 9303-3 section 5): "FRA", and "D" for Germany.

// EESStates lists the states that operate the Entry/Exit System.
var EESStates = Param[[]string]{
	Name: "ees.states", Unit: "state codes",
	Rows: []Row[[]string]{{
		From: MustDate("2025-10-12"), Cite: "2017/2226 art 66",
		Value: strings.Fields("AUT BEL BGR CHE CZE D DNK ESP EST FIN FRA GRC HRV HUN ISL ITA LIE LTU LUX LVA MLT NLD NOR POL PRT ROU SVK SVN SWE"),
		Note:  "29 states. Cyprus waits for Article 66(2) and (3); Ireland is not bound.",
	}},
}

// PartialStates lists the states that operate the Entry/Exit System without
// yet applying the Schengen acquis in full: other rules hold there for visas
// (2017/2226 art 11(4) and (5)). The class is empty since the system started.
var PartialStates = Param[[]string]{
	Name: "ees.partial_states", Unit: "state codes",
	Rows: []Row[[]string]{{
		From: MustDate("2025-10-12"), Value: []string{}, Cite: "2017/2226 art 66(2)",
		Note: "None: Bulgaria, Croatia and Romania applied the acquis in full before the system started.",
	}},
}

// SeparateStates lists the Member States that do not operate the Entry/Exit
// System: stays there are counted for each of them alone (2016/399 art 6(1a)).
var SeparateStates = Param[[]string]{
	Name: "stay.separate_states", Unit: "state codes",
	Rows: []Row[[]string]{{
		From: MustDate("2025-10-12"), Value: []string{"CYP", "IRL"}, Cite: "2016/399 art 6(1a)",
		Note: "Cyprus does not operate the system yet; Ireland is not bound by it nor by the Code.",
	}},
}

// acquis holds for each state the borders with the others at which checks on
// persons have ended. Its first row is the day from which the state applies the
// acquis, whatever the border.
var acquis = []*Param[[]BorderKind]{
	acquisOf("AUT", "1997-12-01 air", "1998-04-01 air sea land"),
	acquisOf("BEL", "1995-03-26 air sea land"),
	acquisOf("BGR", "2024-03-31 air sea", "2025-01-01 air sea land"),
	acquisOf("CHE", "2008-12-12 land", "2009-03-29 air sea land"),
	acquisOf("CZE", "2007-12-21 sea land", "2008-03-30 air sea land"),
	acquisOf("D", "1995-03-26 air sea land"),
	acquisOf("DNK", "2001-03-25 air sea land"),
	acquisOf("ESP", "1995-03-26 air sea land"),
	acquisOf("EST", "2007-12-21 sea land", "2008-03-30 air sea land"),
	acquisOf("FIN", "2001-03-25 air sea land"),
	acquisOf("FRA", "1995-03-26 air sea land"),
	acquisOf("GRC", "2000-01-01", "2000-03-26 air sea land"),
	acquisOf("HRV", "2023-01-01 sea land", "2023-03-26 air sea land"),
	acquisOf("HUN", "2007-12-21 sea land", "2008-03-30 air sea land"),
	acquisOf("ISL", "2001-03-25 air sea land"),
	acquisOf("ITA", "1997-10-26 air", "1998-04-01 air sea land"),
	acquisOf("LIE", "2011-12-19 air sea land"),
	acquisOf("LTU", "2007-12-21 sea land", "2008-03-30 air sea land"),
	acquisOf("LUX", "1995-03-26 air sea land"),
	acquisOf("LVA", "2007-12-21 sea land", "2008-03-30 air sea land"),
	acquisOf("MLT", "2007-12-21 sea land", "2008-03-30 air sea land"),
	acquisOf("NLD", "1995-03-26 air sea land"),
	acquisOf("NOR", "2001-03-25 air sea land"),
	acquisOf("POL", "2007-12-21 sea land", "2008-03-30 air sea land"),
	acquisOf("PRT", "1995-03-26 air sea land"),
	acquisOf("ROU", "2024-03-31 air sea", "2025-01-01 air sea land"),
	acquisOf("SVK", "2007-12-21 sea land", "2008-03-30 air sea land"),
	acquisOf("SVN", "2007-12-21 sea land", "2008-03-30 air sea land"),
	acquisOf("SWE", "2001-03-25 air sea land"),
}

// acquisOf builds a state's rows from "day kind kind ...".
func acquisOf(state string, rows ...string) *Param[[]BorderKind] {
	p := &Param[[]BorderKind]{Name: "acquis." + state, Unit: "borders without checks"}
	for _, r := range rows {
		words := strings.Fields(r)
		row := Row[[]BorderKind]{From: MustDate(words[0]), Value: []BorderKind{}, Cite: "2016/399 art 22"}
		for _, k := range words[1:] {
			row.Value = append(row.Value, BorderKind(k))
		}
		if len(row.Value) < 3 {
			row.Note = "The acquis applies from this day; checks ended at the other borders later."
		}
		if len(row.Value) < 2 && state != "CHE" {
			row.Unconfirmed = true
			row.Note += " At which borders they ended on this day was not found in a source text."
		}
		p.Rows = append(p.Rows, row)
	}
	if first := &p.Rows[0]; first.From > shortStayRule {
		first.Unconfirmed = true
		first.Note += " Days of stay count in the common period from this day; that the days before do not is confirmed only in part."
	}
	return p
}

// acquisByState finds the rows of a state by its code.
var acquisByState = func() map[string]*Param[[]BorderKind] {
	m := make(map[string]*Param[[]BorderKind], len(acquis))
	for _, p := range acquis {
		m[strings.TrimPrefix(p.Name, "acquis.")] = p
	}
	return m
}()

// AppliesAcquis tells whether the state applies the Schengen acquis on the day,
// be it that checks have not ended at all its borders yet.
func AppliesAcquis(state string, day Date) bool {
	p := acquisByState[state]
	return p != nil && p.Rows[0].From <= day
}

// ChecksEnded is how the values of the parameters acquis.* are read: no duty of the
// register asks, because every crossing that it records is of an external border.
//
// It tells whether on the day checks have ended at the borders of that
// kind between this state and the others that apply the acquis.
func ChecksEnded(state string, kind BorderKind, day Date) bool {
	p := acquisByState[state]
	if p == nil {
		return false
	}
	kinds, err := p.On(day)
	return err == nil && slices.Contains(kinds, kind)
}

// OperatesEES tells whether the state operates the Entry/Exit System on the
// day. Before the system started no state does.
func OperatesEES(state string, day Date) bool { return listed(&EESStates, state, day) }

// PartialState tells whether the state operates the Entry/Exit System on the
// day without applying the acquis in full.
func PartialState(state string, day Date) bool { return PartialStateUnder(nil, state, day) }

func listed(p *Param[[]string], state string, day Date) bool {
	states, err := p.On(day)
	return err == nil && slices.Contains(states, state)
}

// StaysCountFrom returns the first day of stay in the state that counts in the
// common period of 90 days in any 180: the day from which it applies the
// acquis, or operates the Entry/Exit System if that is earlier. False means
// that stays there never count in the common period.
//
// Choice recorded: Article 6(1a) tells operating states from others and has no
// rule for a stay that spans accession; days before it are left out.
func StaysCountFrom(state string) (Date, bool) { return StaysCountFromUnder(nil, state) }

// StaysCountFromUnder is StaysCountFrom under a book. The law of another day
// knows no accession that came later.
func StaysCountFromUnder(b *Book, state string) (Date, bool) {
	var from Date
	if p := acquisByState[state]; p != nil {
		from = p.RowsUnder(b)[0].From
	}
	for _, r := range EESStates.RowsUnder(b) {
		if slices.Contains(r.Value, state) && (from == 0 || r.From < from) {
			from = r.From
		}
	}
	if d := b.AsOf(); d != 0 && from > d {
		return 0, false
	}
	return from, from != 0
}

// PartialStateUnder is PartialState under a book.
func PartialStateUnder(b *Book, state string, day Date) bool {
	states, err := PartialStates.Under(b, day)
	return err == nil && slices.Contains(states, state)
}

// TerritoryParams lists the parameters that say in which states days of stay
// count, and by which rules.
func TerritoryParams() []Dated {
	list := []Dated{&EESStates, &PartialStates}
	for _, p := range acquis {
		list = append(list, p)
	}
	return list
}

// StaysCount tells whether a day of stay in the state counts in the common
// period, with the reason: stay_counts, stay_before_accession,
// stay_counted_separately (Cyprus, Ireland) or stay_outside_area. The kind of
// border does not matter: somebody who entered Romania by land on 2024-06-01
// was in a state of the common period all the same.
func StaysCount(state string, day Date) (bool, Reason) {
	reason := func(code Code, message string, facts ...string) Reason {
		facts = append([]string{"state", state, "day", day.String()}, facts...)
		return Reason{Code: code, Cite: "2016/399 art 6(1a)", Message: message, Facts: Facts(facts...)}
	}
	from, ok := StaysCountFrom(state)
	switch {
	case ok && from <= day:
		return true, reason("stay_counts", "The day counts in the common period of 90 days in any 180.", "counts_from", from.String())
	case ok:
		return false, reason("stay_before_accession", "The state did not belong to the common area on that day.", "counts_from", from.String())
	case listed(&SeparateStates, state, day):
		return false, reason("stay_counted_separately", "Stays in this Member State are counted for it alone.")
	default:
		return false, reason("stay_outside_area", "The state is not one of those whose stays are counted together.")
	}
}

// shortStayRule is the first day of the rule of 90 days in any 180.
var shortStayRule = MustDate("2013-10-18")
