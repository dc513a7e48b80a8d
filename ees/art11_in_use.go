package ees

import (
	"slices"

	"limen/law"
)

// calculatorDisregarded returns the reason why the calculator's answer about a
// day decides nothing, nil when it decides: over the progressive period the
// calculator and the list of overstayers run and are to be disregarded
// (2025/1534 art 5). Before the System started nothing disregards the count.
func calculatorDisregarded(book *law.Book, day law.Date) (*law.Reason, error) {
	if day < law.EESStartUnder(book) {
		return nil, nil
	}
	row, err := law.CalculatorInUse.RowUnder(book, day)
	if err != nil || row.Value {
		return nil, err
	}
	return &law.Reason{Code: "calculator_disregarded", Cite: row.Cite,
		Message: "In the progressive period the calculator decides nothing: its answer is to be disregarded. Count the stay by the stamps in the passport.",
		Facts:   law.Facts("last_day_of_the_period", law.ProgressiveLastDayUnder(book).String())}, nil
}

// calculated adds a finding that rests on the calculator's answer. While that is
// to be disregarded the finding is told, and weighs nothing.
func (c *checking) calculated(weight Proposal, letter RefusalReason, code law.Code, cite law.Citation, message string, facts ...string) {
	if c.judged.disregarded == nil {
		c.finding(weight, letter, code, cite, message, facts...)
		return
	}
	c.finding(Admit, "", code, cite, message, facts...)
	if why := *c.judged.disregarded; !slices.ContainsFunc(c.out.Findings, func(f law.Reason) bool { return f.Code == why.Code }) {
		c.out.Findings, c.weights = append(c.out.Findings, why), append(c.weights, Admit)
	}
}

// presumed adds a finding that rests on the presumption of art 20. While that
// article is suspended the finding is told, and nothing is presumed.
func (c *checking) presumed(code law.Code, cite law.Citation, message string, facts ...string) {
	if by, suspended := law.Suspended(cite, c.on); suspended {
		c.finding(Admit, "", code, by, message+" In the progressive period nothing is presumed from this: Article 20 is suspended. Look at the stamps.", facts...)
		return
	}
	c.finding(SecondLine, "", code, cite, message, facts...)
}

// listDisregarded returns the reason why the list of overstayers decides nothing
// on a day, nil when it may be relied on: one switch holds the calculator and
// the list (2025/1534 art 5).
func listDisregarded(day law.Date) (*law.Reason, error) {
	why, err := calculatorDisregarded(nil, day)
	if why != nil {
		why.Code, why.Message = "list_disregarded", "In the progressive period the list of overstayers is to be disregarded: nothing follows from standing on it or not."
	}
	return why, err
}
