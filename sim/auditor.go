package sim

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"limen/ees"
	"limen/law"
	"limen/person"
)

// Auditor predicts what the Entry/Exit System must answer, from its own books:
// it counts day by day, keeps no other state than what it was told happened, and
// asks the rooms nothing. A reply that differs is a mismatch: one of the two is
// wrong.
//
// It knows plain stays, short-stay visas, family members, lost exits, presumed
// stays and refusals. It does not know changes of stay, limited visas or permits.
type Auditor struct {
	books []book

	mu         sync.Mutex
	blocks     map[string][]int // travellers registered, by what a lookup by identity holds equal
	replies    int
	mismatches []Mismatch
}

// Mismatch is one reply that was not as predicted.
type Mismatch struct {
	Traveller string // name and document
	When      time.Time
	Field     string
	Expected  string
	Answered  string
}

// String prints the mismatch on one line.
func (m Mismatch) String() string {
	return fmt.Sprintf("%s at %s: %s: expected %s, answered %s", m.Traveller, m.When.Format(time.RFC3339), m.Field, m.Expected, m.Answered)
}

// book is what the auditor knows of one traveller. Only the goroutine that
// carries out the traveller's crossings touches it.
type book struct {
	registered bool
	documents  []person.DocumentNumber
	name       person.Name // as registered
	family     bool
	stays      []bookStay
	skip       map[int]bool // trips whose entry was refused: no exit follows
}

// bookStay is a stay in the book.
type bookStay struct {
	span
	at, leftAt time.Time
	in         string
	end        law.Date // authorised end; 0 for a family member and for an exit alone
	family     bool
	presumed   bool // a later entry followed without an exit
	exceeded   bool
	unknown    bool // an exit alone: the day of entry is not known
	stamped    bool // the entry is known from its stamp alone
}

func newAuditor(travellers int) *Auditor {
	return &Auditor{books: make([]book, travellers), blocks: map[string][]int{}}
}

// Replies returns how many answers were compared, and those that differed.
func (a *Auditor) Replies() (compared int, mismatches []Mismatch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.replies, slices.Clone(a.mismatches)
}

// expectation is what a check must answer.
type expectation struct {
	found      bool
	candidates bool
	inside     bool
	computed   bool
	lastDay    law.Date // 0: none
	remaining  int
	used       int
	over       int
	exhausted  bool
	proposal   ees.Proposal
	reasons    []ees.RefusalReason
}

// asked is a check to be predicted.
type asked struct {
	direction ees.Direction
	on        law.Date
	passport  *Passport
	visa      *ees.VisaInput
	intended  int
	family    bool
	refuses   bool // to give biometrics
	needsVisa bool
	stamped   law.Date // day of an entry stamp shown at exit; 0 for none
}

// open returns the stay without an exit.
func (b *book) open() *bookStay {
	for i := len(b.stays) - 1; i >= 0; i-- {
		if s := &b.stays[i]; s.leave == 0 && !s.presumed {
			return s
		}
	}
	return nil
}

// spans are the stays as they are counted: a presumed one lasts until the entry
// that followed it, an exit alone is a day, and family members are not counted.
func (b *book) spans() []span {
	var out []span
	for i, s := range b.stays {
		if s.family {
			continue
		}
		c := s.span
		if s.presumed {
			c.leave = max(c.enter, b.stays[i+1].enter)
		}
		out = append(out, c)
	}
	return out
}

// expect predicts a check.
func (a *Auditor) expect(t *Traveller, q asked) expectation {
	b := &a.books[t.Index]
	e := expectation{proposal: ees.Admit, computed: true}
	var byIdentity bool
	e.found, byIdentity, e.candidates = a.identify(t, b, q)
	e.inside = e.found && b.open() != nil
	known := &book{}
	if e.found {
		known = b
	}
	q.family = q.family || known.family
	if e.candidates || byIdentity {
		e.weigh(ees.SecondLine, "") // somebody must look before two documents are joined
	}
	if q.refuses {
		e.weigh(ees.Refuse, "J")
	}
	if q.direction == ees.Entry {
		e.entry(known, q)
	} else {
		e.exit(known, q)
	}
	return e
}

func (e *expectation) weigh(p ees.Proposal, letter ees.RefusalReason) {
	if letter != "" && !slices.Contains(e.reasons, letter) {
		e.reasons = append(e.reasons, letter)
	}
	if p == ees.Refuse || e.proposal == ees.Admit {
		e.proposal = p
	}
}

// identify tells whether the file is found: by a document that it holds, or as
// the only file of this birth date, sex and nationality under the same name
// (2019/327 art 2).
func (a *Auditor) identify(t *Traveller, b *book, q asked) (found, byIdentity, candidates bool) {
	if b.registered && slices.Contains(b.documents, q.passport.Document.Number) {
		return true, false, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	normal, same := t.registered().Normal(), 0
	var near []int
	for _, other := range a.blocks[blockOf(t)] {
		score, verdict := person.CompareNormal(a.books[other].name.Normal(), normal)
		if verdict != person.Different && score > 0 {
			near = append(near, other)
			if verdict == person.Same {
				same++
			}
		}
	}
	if len(near) == 1 && same == 1 {
		return near[0] == t.Index, true, false
	}
	return false, false, len(near) > 0
}

func blockOf(t *Traveller) string {
	return t.Born.String() + "|" + string(t.Sex) + "|" + string(t.Nation)
}

// decides tells whether the calculator and the presumption decide anything on a
// day: over the progressive period they do not (2025/1534 art 5).
func decides(on law.Date) bool { return on > law.ProgressiveLastDay() }

// entry predicts the answer about an entry on the day.
func (e *expectation) entry(b *book, q asked) {
	if doc := q.passport.Document; doc.Expiry < q.on {
		e.weigh(ees.Refuse, "A")
	}
	open := b.open()
	if q.family {
		e.computed = false
		e.visaConditions(q, false)
		if open != nil && decides(q.on) {
			e.weigh(ees.SecondLine, "")
		}
		return
	}
	past := b.spans()
	e.used = presence(past, q.on).used(q.on)
	end := limitEnd(past, q.on)
	limit, byDays := true, false
	if q.visa != nil {
		by, bound := visaEnd(past, q.visa, q.on)
		if by <= end {
			end, limit, byDays = by, false, bound == visaDays
		}
		e.exhausted = q.visa.Entries > 0 && entriesOn(past, q.visa) >= q.visa.Entries
	}
	end = max(end, q.on-1)
	e.remaining = int(end-q.on) + 1
	if end >= q.on {
		e.lastDay = end
	}
	e.visaConditions(q, e.exhausted && decides(q.on))
	if q.needsVisa && q.visa == nil {
		// Without the visa that is needed no day is lawful.
		e.remaining, e.lastDay, limit, byDays = 0, 0, false, false
	}
	if open != nil && decides(q.on) {
		e.weigh(ees.SecondLine, "")
	}
	switch {
	case !decides(q.on):
	case e.remaining == 0 && (limit || byDays):
		e.weigh(ees.Refuse, "F")
	case e.remaining > 0 && q.intended > e.remaining:
		e.weigh(ees.SecondLine, "")
	}
}

func (e *expectation) visaConditions(q asked, exhausted bool) {
	switch {
	case !q.needsVisa:
	case q.visa == nil, q.visa.ValidUntil < q.on, q.visa.ValidFrom > q.on, exhausted:
		e.weigh(ees.Refuse, "C")
	}
}

// exit predicts the answer about leaving on the day.
func (e *expectation) exit(b *book, q asked) {
	if b.open() == nil && q.stamped != 0 {
		// The stamp shows the entry, and the stay is judged from it.
		with := *b
		with.stays = append(slices.Clone(b.stays), bookStay{span: span{enter: q.stamped}, family: b.family})
		b = &with
	}
	open := b.open()
	if open == nil && decides(q.on) {
		e.weigh(ees.SecondLine, "")
	}
	e.used = presence(b.spans(), q.on).used(q.on)
	s := b.covering(q.on)
	if s == nil {
		return
	}
	if s.family {
		e.computed, e.used = false, 0
		return
	}
	end := b.endOf(s)
	if end >= s.enter {
		e.lastDay = end
	}
	e.remaining, e.over = max(0, int(end-q.on)+1), max(0, int(q.on-end))
	e.exhausted = s.visa != nil && s.visa.Entries > 0 && entriesOn(b.spans(), s.visa) >= s.visa.Entries
	if open != nil && e.over > 0 && decides(q.on) {
		e.weigh(ees.SecondLine, "")
	}
}

// covering is the stay that covers a day, the last to have begun.
func (b *book) covering(on law.Date) *bookStay {
	var found *bookStay
	for i := range b.stays {
		s := &b.stays[i]
		last := s.leave
		if s.presumed {
			last = max(s.enter, b.stays[i+1].enter)
		}
		if (last == 0 || last >= on) && s.enter <= on && (found == nil || s.enter >= found.enter) {
			found = s
		}
	}
	return found
}

// endOf is the authorised end of a recorded stay, worked out again.
func (b *book) endOf(s *bookStay) law.Date {
	var earlier []span
	for i := range b.stays {
		if o := &b.stays[i]; o != s && !o.family && o.enter <= s.enter {
			earlier = append(earlier, b.spanOf(i))
		}
	}
	return max(lastLawful(earlier, s.visa, s.enter), s.enter-1)
}

func (b *book) spanOf(i int) span {
	c := b.stays[i].span
	if b.stays[i].presumed {
		c.leave = max(c.enter, b.stays[i+1].enter)
	}
	return c
}
