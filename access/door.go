package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"limen/db"
	"limen/law"
	"limen/ledger"
)

// Door is the threshold of one house: its grants, its store, its log.
type Door struct {
	store  *db.Store
	log    *ledger.Log
	ops    map[Op]Operation
	grants map[grantKey]Grant
	rows   []Grant
}

type grantKey struct {
	kind    Kind
	purpose Purpose
	op      Op
}

// NewDoor hangs the door with the rooms' operations and grants. It fails on a
// grant of an unknown operation, on two grants for the same combination and on
// a citation that cannot be read.
func NewDoor(store *db.Store, log *ledger.Log, ops []Operation, grants []Grant) (*Door, error) {
	d := &Door{store: store, log: log, ops: map[Op]Operation{}, grants: map[grantKey]Grant{}, rows: slices.Clone(grants)}
	for _, o := range ops {
		if _, dup := d.ops[o.Op]; dup {
			return nil, fmt.Errorf("access: operation %s is declared twice", o.Op)
		}
		if _, err := o.Cite.Parse(); err != nil {
			return nil, fmt.Errorf("access: operation %s: %w", o.Op, err)
		}
		d.ops[o.Op] = o
	}
	for _, g := range grants {
		if _, ok := d.ops[g.Op]; !ok {
			return nil, fmt.Errorf("access: grant to %s of the unknown operation %s", g.Kind, g.Op)
		}
		k := grantKey{g.Kind, g.Purpose, g.Op}
		if _, dup := d.grants[k]; dup {
			return nil, fmt.Errorf("access: %s may %s for %s by two grants", g.Kind, g.Op, g.Purpose)
		}
		if _, err := g.Cite.Parse(); err != nil {
			return nil, fmt.Errorf("access: grant to %s of %s: %w", g.Kind, g.Op, err)
		}
		d.grants[k] = g
	}
	return d, nil
}

// Grants returns the rows the door was hung with.
func (d *Door) Grants() []Grant { return slices.Clone(d.rows) }

// Operations returns the declared operations, in no order.
func (d *Door) Operations() []Operation {
	ops := make([]Operation, 0, len(d.ops))
	for _, o := range d.ops {
		ops = append(ops, o)
	}
	return ops
}

// Granted tells whether kind may carry out op for purpose, and by which row.
func (d *Door) Granted(kind Kind, purpose Purpose, op Op) (Grant, bool) {
	g, ok := d.grants[grantKey{kind, purpose, op}]
	return g, ok
}

// Request is one knock at the door.
type Request struct {
	Principal Principal
	Op        Op
	Purpose   Purpose // may be empty when the authority has this operation for one purpose only
	Case      string  // reference to the case, where the law asks for one
	Portal    string  // reference given by the European search portal, if the query came through it
	Once      *db.Once
	Receipt   *ledger.Receipt // filled with the log entry's receipt when not nil
}

// ErrNoPass is the answer of every room to an empty or used Pass.
var ErrNoPass = errors.New("access: no pass: personal data are reached through access.Run only")

// Pass is the leave to carry out one operation, for one officer, one purpose,
// one moment. Only Run fills it, and it ends with the function it was given to.
type Pass struct{ *passage }

type passage struct {
	tx       *db.Tx
	req      Request
	grant    Grant
	open     bool
	searched []ledger.Searched
	sent     []string
	results  int
	subjects []string
	many     map[string]bool // the subjects, once there are many
	gone     []ledger.Searched
	size     int // of a step of long work
	facts    []law.Fact
	caseRef  string // of what the operation concerns, where the request named none
	refused  error  // a search or a category that the grant does not allow
}

// Tx returns the transaction of the pass, or ErrNoPass.
func (p Pass) Tx() (*db.Tx, error) {
	if p.passage == nil || !p.open {
		return nil, ErrNoPass
	}
	return p.tx, nil
}

// Now returns the one moment of the transaction; the zero time for an empty pass.
func (p Pass) Now() time.Time {
	if p.passage == nil || !p.open {
		return time.Time{}
	}
	return p.tx.Now()
}

// Principal returns who carries out the operation; nobody for an empty pass.
func (p Pass) Principal() Principal {
	if p.passage == nil {
		return Principal{}
	}
	return p.req.Principal
}

// Grant returns the row that permits the operation; the zero Grant for an empty
// pass.
func (p Pass) Grant() Grant {
	if p.passage == nil {
		return Grant{}
	}
	return p.grant
}

// Purpose returns the purpose the operation is carried out for.
func (p Pass) Purpose() Purpose { return p.Grant().Purpose }

// Case returns the reference of the case that the access belongs to, "" when
// none was given.
func (p Pass) Case() string {
	if p.passage == nil {
		return ""
	}
	return strings.TrimSpace(p.req.Case)
}

// Belongs records the case of something that the operation found, as the
// national file number of a stored request (2017/2226 art 59(2)(c)). It stands
// in the log entry in place of the case that the request named.
func (p Pass) Belongs(caseRef string) {
	if p.passage != nil {
		p.caseRef = caseRef
	}
}

// Tell records a fact that an act wants the log to show of this operation beside
// who, when, why and what (2017/2226 art 59(2)). A fact without a value is left
// out; one told again replaces what was told before.
func (p Pass) Tell(name, value string) {
	if p.passage == nil || value == "" {
		return
	}
	for i := range p.facts {
		if p.facts[i].Name == name {
			p.facts[i].Value = value
			return
		}
	}
	p.facts = append(p.facts, law.Fact{Name: name, Value: value})
}

// Search records that value was used as a search key of this kind, and refuses
// a key that the grant does not name (EES-050). The refusal ends the operation
// even if the room overlooks it.
func (p Pass) Search(key Key, value string) error {
	if p.passage == nil || !p.open {
		return ErrNoPass
	}
	p.searched = append(p.searched, ledger.Searched{Category: string(key), Value: value})
	if !slices.Contains(p.grant.Keys, key) {
		p.refused = law.Refuse(law.NotGranted, "key_not_granted", p.grant.Cite,
			fmt.Sprintf("%s may not search by %s for the purpose %s.", p.grant.Kind, key, p.grant.Purpose),
			"key", string(key), "purpose", string(p.grant.Purpose))
		return p.refused
	}
	return nil
}

// Send records that data of these categories leave the system, and refuses a
// category that the grant does not name. The refusal ends the operation even if
// the room overlooks it.
func (p Pass) Send(categories ...Category) error {
	if p.passage == nil || !p.open {
		return ErrNoPass
	}
	for _, c := range categories {
		if !slices.Contains(p.grant.Returns, c) {
			p.refused = law.Refuse(law.NotGranted, "category_not_granted", p.grant.Cite,
				fmt.Sprintf("%s may not receive %s for the purpose %s.", p.grant.Kind, c, p.grant.Purpose),
				"category", string(c), "purpose", string(p.grant.Purpose))
			return p.refused
		}
		if !slices.Contains(p.sent, string(c)) {
			p.sent = append(p.sent, string(c))
		}
	}
	return nil
}

// May tells whether the grant lets this category out.
func (p Pass) May(c Category) bool { return p.passage != nil && slices.Contains(p.grant.Returns, c) }

// Subject records whose data the operation touched, by file reference.
func (p Pass) Subject(refs ...string) {
	if p.passage == nil {
		return
	}
	for _, r := range refs {
		if r != "" && !p.has(r) {
			p.subjects = append(p.subjects, r)
		}
	}
	p.results = len(p.subjects) + len(p.gone)
}

// manySubjects is where comparing each with each becomes slower than a map.
const manySubjects = 32

// has tells whether a file is a subject already, and remembers it when there are
// many.
func (p *passage) has(ref string) bool {
	if len(p.subjects) < manySubjects {
		p.many = nil
		return slices.Contains(p.subjects, ref)
	}
	if p.many == nil {
		p.many = make(map[string]bool, 4*manySubjects)
		for _, s := range p.subjects {
			p.many[s] = true
		}
	}
	was := p.many[ref]
	p.many[ref] = true
	return was
}

// Destroyed records that the operation erased something of a file for good: what
// says what and by which article ("file, 2017/2226 art 34(2)"). The log entry
// keeps a digest of the reference and not the reference, so it may stay when the
// person's other entries go (2017/2226 art 46(4)). whole says that nothing of the
// file is left: it is then no subject of the entry any more.
func (p Pass) Destroyed(what, ref string, whole bool) {
	if p.passage == nil || !p.open {
		return
	}
	p.gone = append(p.gone, ledger.Searched{Category: what, Value: ref})
	if i := slices.Index(p.subjects, ref); whole && i >= 0 {
		p.subjects = slices.Delete(p.subjects, i, i+1)
		delete(p.many, ref)
	}
	p.results = len(p.subjects) + len(p.gone)
}

// kept is an answer under an idempotency key, with what its log entry needs.
type kept[T any] struct {
	Subjects []string `json:"s,omitempty"`
	Sent     []string `json:"d,omitempty"`
	Value    T        `json:"v"`
}

// Run carries out fn behind the door. It is the only function that fills a Pass.
//
// The log entry commits with the data: if we stop before the commit, the next
// start finds neither; after it, both. When fn answers with a law.Refusal
// nothing of its work remains, and the attempt is logged as refused. A request
// with an idempotency key that was answered before gets the same answer again,
// is logged as replayed, and changes nothing; T must survive JSON for that. A
// panic in fn is a bug: nothing of its work remains, the attempt is logged as a
// fault, and the panic goes on.
func Run[T any](ctx context.Context, d *Door, req Request, fn func(Pass) (T, error)) (T, error) {
	var none T
	op, ok := d.ops[req.Op]
	if !ok {
		return none, fmt.Errorf("access: unknown operation %q", req.Op)
	}
	grant, refusal := d.decide(op, req)
	if refusal != nil && refusal.Kind == law.Unauthenticated {
		// Nobody is there to be named in an entry, and anybody could fill the
		// log; failed sign-ins are logged, and limited, where they happen.
		return none, refusal
	}
	if refusal != nil {
		return none, d.logAttempt(ctx, req, op, grant, nil, refusal)
	}

	var out T
	var receipt ledger.Receipt
	var last *passage
	through := d.store.Observe
	switch {
	case op.Erases:
		through = d.store.Reclaim
	case op.Keyed:
		through = d.store.WriteByKey
	case op.Writes:
		through = d.store.Write
	}
	defer func() {
		if bug := recover(); bug != nil {
			d.logAttempt(ctx, req, op, grant, last, fmt.Errorf("panic: %v", bug))
			panic(bug)
		}
	}()
	err := through(ctx, func(tx *db.Tx) error {
		p := &passage{tx: tx, req: req, grant: grant, open: true}
		last = p
		defer func() { p.open = false }()
		if req.Once != nil {
			answer, found, err := tx.Replay(*req.Once)
			if errors.Is(err, db.ErrOnceMismatch) {
				return law.BadField("Idempotency-Key", "idempotency_key_reused", "",
					"This idempotency key was used before with another request. Send a new key with a new request.")
			}
			if err != nil {
				return err
			}
			if found {
				var k kept[T]
				if err := json.Unmarshal(answer, &k); err != nil {
					return fmt.Errorf("access: answer kept under an idempotency key: %w", err)
				}
				p.subjects, p.sent, p.results = k.Subjects, k.Sent, len(k.Subjects)
				out = k.Value
				receipt, err = d.log.Append(tx, p.entry(op, "replayed", ""))
				return err
			}
		}
		v, err := fn(Pass{p})
		if err == nil {
			err = p.refused
		}
		if err != nil {
			return err
		}
		receipt, err = d.log.Append(tx, p.entry(op, "done", ""))
		if err != nil {
			return err
		}
		if req.Once != nil {
			answer, err := json.Marshal(kept[T]{p.subjects, p.sent, v})
			if err != nil {
				return fmt.Errorf("access: answer to keep: %w", err)
			}
			tx.Keep(*req.Once, answer)
		}
		out = v
		return nil
	})
	if err != nil {
		return none, d.logAttempt(ctx, req, op, grant, last, err)
	}
	if req.Receipt != nil {
		*req.Receipt = receipt
	}
	return out, nil
}

// decide finds the grant, or says why there is none.
func (d *Door) decide(op Operation, req Request) (Grant, *law.Refusal) {
	who := req.Principal.Authority.Kind
	if who == "" || req.Principal.Officer == "" {
		return Grant{}, law.Refuse(law.Unauthenticated, "not_signed_in", "2017/2226 art 43(2)",
			"Sign in, or send a valid token or certificate.")
	}
	if req.Principal.Only != nil && !slices.Contains(req.Principal.Only, op.Op) {
		return Grant{Cite: op.Cite}, law.Refuse(law.NotGranted, "outside_token_scope", op.Cite,
			fmt.Sprintf("This token is not for %q. Use a token whose scope names %s.", op.Title, op.Op),
			"operation", string(op.Op))
	}
	if req.Purpose == "" {
		var open []string
		var only Grant
		for _, p := range Purposes {
			if g, ok := d.grants[grantKey{who, p, op.Op}]; ok {
				open = append(open, string(p))
				only = g
			}
		}
		if len(open) > 1 {
			return Grant{Cite: op.Cite}, law.BadField("purpose", "purpose_missing", op.Cite,
				"Say for which purpose: "+strings.Join(open, ", ")+".", "operation", string(op.Op))
		}
		if len(open) == 1 {
			req.Purpose = only.Purpose
		}
	}
	grant, ok := d.grants[grantKey{who, req.Purpose, op.Op}]
	if !ok {
		return Grant{Cite: op.Cite}, law.Refuse(law.NotGranted, "not_granted", op.Cite,
			fmt.Sprintf("No article permits the authority kind %q to %s%s. It would have to stand in %s.",
				who, op.Title, forPurpose(req.Purpose), op.Cite),
			"authority", string(who), "operation", string(op.Op), "purpose", string(req.Purpose))
	}
	if grant.Case && strings.TrimSpace(req.Case) == "" {
		return grant, law.BadField("case", "case_missing", grant.Cite,
			"Give the reference of the case that this access belongs to.", "operation", string(op.Op))
	}
	return grant, nil
}

func forPurpose(p Purpose) string {
	if p == "" {
		return ""
	}
	return " for the purpose " + string(p)
}

// logAttempt appends the entry of an attempt that changed nothing, and returns
// the error that ended it. When even the entry cannot be written, the answer is
// that fault: an unlogged answer is not given (2017/2226 art 46).
func (d *Door) logAttempt(ctx context.Context, req Request, op Operation, grant Grant, p *passage, cause error) error {
	if p == nil {
		p = &passage{req: req, grant: grant}
	}
	// Nothing left and nothing was erased; whose data it would have been stands.
	for _, g := range p.gone {
		if !p.has(g.Value) {
			p.subjects = append(p.subjects, g.Value)
		}
	}
	p.sent, p.results, p.gone = nil, 0, nil
	outcome, code := "fault", law.Code("")
	var refusal *law.Refusal
	if errors.As(cause, &refusal) {
		outcome, code = "refused", refusal.Code
	}
	var receipt ledger.Receipt
	// The attempt is logged although the caller may have hung up.
	err := d.store.Observe(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		p.tx = tx
		var err error
		receipt, err = d.log.Append(tx, p.entry(op, outcome, code))
		return err
	})
	if err != nil {
		return fmt.Errorf("access: attempt could not be logged: %w (it ended with: %v)", err, cause)
	}
	if req.Receipt != nil {
		*req.Receipt = receipt
	}
	return cause
}

func (p *passage) entry(op Operation, outcome string, code law.Code) ledger.Entry {
	purpose := p.grant.Purpose
	if purpose == "" {
		purpose = p.req.Purpose
	}
	caseRef := p.caseRef
	if caseRef == "" {
		caseRef = p.req.Case
	}
	return ledger.Entry{
		At:            p.tx.Now(),
		System:        op.System,
		Operation:     string(op.Op),
		Purpose:       string(purpose),
		Case:          caseRef,
		Authority:     p.req.Principal.Authority.Name,
		AuthorityKind: string(p.req.Principal.Authority.Kind),
		State:         p.req.Principal.Authority.State,
		Officer:       string(p.req.Principal.Officer),
		Channel:       p.req.Principal.Channel,
		Grant:         p.grant.Cite,
		Outcome:       outcome,
		Refusal:       code,
		Searched:      p.searched,
		Sent:          p.sent,
		Results:       p.results,
		Subjects:      p.subjects,
		Portal:        p.req.Portal,
		Destroyed:     p.gone,
		Facts:         p.facts,
	}
}
