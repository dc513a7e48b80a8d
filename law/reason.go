package law

import "strings"

// Code is the stable name of a rule's outcome, in snake case: what a program
// may compare. It never changes meaning once published.
type Code string

// Fact is one thing that a rule looked at, in words that a guard, a traveller
// and a court can read.
type Fact struct {
	Name  string `json:"name" doc:"What was looked at, in snake case."`
	Value string `json:"value" doc:"Its value as used by the rule."`
}

// Reason is one step of the chain behind a decision: the rule, where it stands
// in the law, and the facts used.
type Reason struct {
	Code    Code     `json:"code" doc:"Stable name of the rule's outcome."`
	Cite    Citation `json:"article" doc:"Where the rule stands, as '2017/2226 art 23(2)'."`
	Message string   `json:"message" doc:"One sentence for people."`
	Facts   []Fact   `json:"facts,omitempty" nullable:"false" doc:"The facts the rule used."`
}

// Facts builds a list of facts from name, value, name, value.
func Facts(pairs ...string) []Fact {
	fs := make([]Fact, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		fs = append(fs, Fact{pairs[i], pairs[i+1]})
	}
	return fs
}

// Kind sorts refusals by what the caller can do about them. The order is the
// precedence: when several refusals hold, the lowest kind is the answer.
type Kind int

const (
	// Unauthenticated: nobody known stands at the door.
	Unauthenticated Kind = iota + 1
	// NotGranted: no article permits this authority this operation for this purpose.
	NotGranted
	// TooMuch: a limit on size, rate or number is passed.
	TooMuch
	// BadInput: a field cannot be read or contradicts another.
	BadInput
	// NotFound: there is no such thing, or the law withholds whether there is.
	NotFound
	// Conflict: the register has moved on; look again and decide again.
	Conflict
	// NotPermitted: the request is understood and the law forbids the act itself.
	NotPermitted
	// Unavailable: the system cannot do it now; nothing was recorded.
	Unavailable
)

// Refusal is a decision not to do what was asked. It is a value, not a fault:
// it says which rule decided and what to do next. It implements error.
type Refusal struct {
	Reason
	Kind  Kind
	Field string // JSON path of the field at fault, "" when none is
}

// Error implements error.
func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString(string(r.Code))
	if r.Field != "" {
		b.WriteString(" (")
		b.WriteString(r.Field)
		b.WriteString(")")
	}
	b.WriteString(": ")
	b.WriteString(r.Message)
	if r.Cite != "" {
		b.WriteString(" [")
		b.WriteString(string(r.Cite))
		b.WriteString("]")
	}
	return b.String()
}

// Refuse builds a refusal. Facts come as name, value, name, value.
func Refuse(kind Kind, code Code, cite Citation, message string, facts ...string) *Refusal {
	return &Refusal{Reason: Reason{Code: code, Cite: cite, Message: message, Facts: Facts(facts...)}, Kind: kind}
}

// BadField builds the refusal of one input field.
func BadField(field string, code Code, cite Citation, message string, facts ...string) *Refusal {
	r := Refuse(BadInput, code, cite, message, facts...)
	r.Field = field
	return r
}
