package carrier

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// ReadFlight reads a question in any of the forms, told apart by how it begins:
// XML, a PAXLST interchange, else JSON. now gives the century of two digits of a
// year in EDIFACT.
func ReadFlight(b []byte, now time.Time) (Flight, error) {
	switch formOf(b) {
	case "<":
		return ReadXML(b)
	case "UN":
		in, err := ReadPAXLST(b, now)
		return in.Flight, err
	}
	return ReadJSON(b)
}

// ReadAnswer reads an answer in any of the forms, as a carrier's program does. A
// receipt without its answer, as JSON, is read as one.
func ReadAnswer(b []byte) (Receipt, error) {
	var out FlightAnswer
	var err error
	switch formOf(b) {
	case "<":
		out, err = ReadXMLAnswer(b)
	case "UN":
		out, err = ReadCUSRES(b)
	default:
		return ReadReceipt(b)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	return out.Receipt, nil
}

// formOf tells the forms apart: "<", "UN", or "" for anything else.
func formOf(b []byte) string {
	text := strings.TrimSpace(strings.TrimPrefix(string(b[:min(len(b), 512)]), "\ufeff"))
	switch {
	case strings.HasPrefix(text, "<"):
		return "<"
	case strings.HasPrefix(text, "UNA"), strings.HasPrefix(text, "UNB"):
		return "UN"
	}
	return ""
}

// ProvesFlight tells whether the receipt answers this question: the journey and,
// for each leaf that it holds, the passenger at its place. It needs the question
// and nothing else, so that a carrier proves what it asked from its own records.
// Verify the receipt first; the error wraps ErrReceipt.
func (r Receipt) ProvesFlight(f Flight) error {
	s, err := parseStatement(r.Statement)
	if err != nil {
		return err
	}
	c := Copy{specimens: true} // the question was taken when it was asked
	var j journey
	if j.state, err = entryState(f.Entry, f.Arrival); err != nil {
		return fmt.Errorf("%w: the question cannot be read: %w", ErrReceipt, err)
	}
	j.arrival = f.Arrival
	head, err := j.canonicalHead(&f)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(head); hex.EncodeToString(sum[:]) != s.Journey {
		return fmt.Errorf("%w: it answers about another journey: another transport, departure, state or day of arrival", ErrReceipt)
	}
	if len(f.People) != s.Passengers {
		return fmt.Errorf("%w: it answers about %d passengers, and the question names %d", ErrReceipt, s.Passengers, len(f.People))
	}
	first := 0
	if r.Place != nil {
		first = *r.Place
	}
	for i := range r.Leaves {
		at := first + i
		if at < 0 || at >= len(f.People) {
			return fmt.Errorf("%w: there is no passenger %d", ErrReceipt, at)
		}
		a, err := c.passenger(&f.People[at], f.Arrival)
		if err != nil {
			return fmt.Errorf("%w: passenger %d cannot be read: %w", ErrReceipt, at, err)
		}
		if !r.Leaves[i].Proves(a.digest) {
			return fmt.Errorf("%w: it does not answer about passenger %d of the question, or its salt was left out", ErrReceipt, at)
		}
	}
	return nil
}
