package access

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"limen/db"
	"limen/law"
	"limen/ledger"
)

// noteSchema is the table of a room that exists in tests only.
var noteSchema = db.Schema{Room: "notes", Files: fstest.MapFS{"0001_notes.sql": {Data: []byte(`-- +goose Up
CREATE TABLE notes_note (
    id TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
);
`)}}, Tables: []db.Table{{Name: "notes_note", Key: "id", Why: "a table of a test"}}}

var noteOps = []Operation{
	{Op: "notes.write", System: "notes", Title: "write a note", Cite: "2017/2226 art 16(1)", Writes: true},
	{Op: "notes.read", System: "notes", Title: "read a note", Cite: "2017/2226 art 23(2)", Writes: false},
	{Op: "notes.search", System: "notes", Title: "search notes", Cite: "2017/2226 art 26(1)", Writes: false},
	{Op: "notes.solve", System: "notes", Title: "solve a case", Cite: "2017/2226 art 32(2)", Writes: false},
	{Op: "notes.nobody", System: "notes", Title: "do what nobody may", Cite: "2017/2226 art 9(2)", Writes: true},
}

var noteGrants = []Grant{
	{Kind: Border, Purpose: BorderCheck, Op: "notes.write", Cite: "2017/2226 art 14(1)", Keys: []Key{ByDocument}},
	{Kind: Border, Purpose: BorderCheck, Op: "notes.read", Cite: "2017/2226 art 23(2)", Keys: []Key{ByDocument}, Returns: []Category{IdentityData, EntryRecords}},
	{Kind: Border, Purpose: Identification, Op: "notes.read", Cite: "2017/2226 art 27(1)", Keys: []Key{ByFingers}, Returns: []Category{IdentityData}},
	{Kind: Immigration, Purpose: InlandCheck, Op: "notes.search", Cite: "2017/2226 art 26(1)", Keys: []Key{ByDocument}, Returns: []Category{IdentityData}},
	{Kind: CentralAccessPoint, Purpose: LawEnforcementIdentify, Op: "notes.solve", Cite: "2017/2226 art 32(2)", Keys: []Key{ByFingers}, Returns: []Category{IdentityData}, Case: true},
}

var (
	guard    = Principal{Officer: "anna", Authority: Authority{Border, "POL", "Medyka"}, Channel: "session"}
	inland   = Principal{Officer: "ola", Authority: Authority{Immigration, "SWE", "Migrationsverket"}, Channel: "session"}
	detector = Principal{Officer: "cap", Authority: Authority{CentralAccessPoint, "FRA", "Point d'accès central"}, Channel: "mtls"}
)

func (g *gate) door() *Door {
	g.t.Helper()
	d, err := NewDoor(g.store, g.log, noteOps, noteGrants)
	g.must(err)
	return d
}

// write is the act of a room that keeps the rules.
func write(id, text string) func(Pass) (string, error) {
	return func(p Pass) (string, error) {
		tx, err := p.Tx()
		if err != nil {
			return "", err
		}
		p.Subject(id)
		_, err = tx.Exec(`INSERT INTO notes_note (id, text) VALUES ($1, $2)`, id, text)
		return "wrote " + text, err
	}
}

func (g *gate) notes() (n int) {
	g.t.Helper()
	g.must(g.store.Read(g.ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT count(*) FROM notes_note`).Scan(&n)
	}))
	return n
}

// only returns the single entry of op.
func (g *gate) only(op Op) ledger.Entry {
	g.t.Helper()
	list := g.entries(op)
	if len(list) != 1 {
		g.t.Fatalf("%d entries of %s, want one", len(list), op)
	}
	return list[0].Entry
}

// TestArt46_1_DoneIsLoggedWithTheData: what is done and its entry commit
// together, and the entry says all that the article asks for. (EES-050)
func TestArt46_1_DoneIsLoggedWithTheData(t *testing.T) {
	eachGate(t, func(g *gate) {
		var receipt ledger.Receipt
		got, err := Run(g.ctx, g.door(), Request{Principal: guard, Op: "notes.write", Purpose: BorderCheck, Case: "c-1", Portal: "esp-9", Receipt: &receipt},
			func(p Pass) (string, error) {
				if !samePrincipal(p.Principal(), guard) || p.Purpose() != BorderCheck || p.Grant().Cite != "2017/2226 art 14(1)" {
					t.Errorf("pass of %+v for %s by %s", p.Principal(), p.Purpose(), p.Grant().Cite)
				}
				if err := p.Search(ByDocument, "AB123"); err != nil {
					return "", err
				}
				p.Subject("", "f1")
				p.Subject("f1")
				return write("f1", "one")(p)
			})
		g.must(err)
		if got != "wrote one" || g.notes() != 1 {
			t.Errorf("answer %q, %d notes", got, g.notes())
		}
		list := g.entries("notes.write")
		if len(list) != 1 || list[0].ID != receipt.ID {
			t.Fatalf("entries %+v, receipt %+v", list, receipt)
		}
		e := list[0].Entry
		want := ledger.Entry{System: "notes", Operation: "notes.write", Purpose: "border_check", Case: "c-1", Authority: "Medyka",
			AuthorityKind: "border", State: "POL", Officer: "anna", Channel: "session", Grant: "2017/2226 art 14(1)", Outcome: "done",
			Results: 1, Portal: "esp-9"}
		if !e.At.Equal(g.clock.Now()) || len(e.Subjects) != 1 || e.Subjects[0] != "f1" || !list[0].Proves("travel_document", "AB123") {
			t.Errorf("entry %+v", e)
		}
		e.At, e.Subjects, e.Searched = want.At, nil, nil
		if !sameEntry(e, want) {
			t.Errorf("got  %+v\nwant %+v", e, want)
		}
	})
}

func samePrincipal(a, b Principal) bool {
	return a.Officer == b.Officer && a.Authority == b.Authority && a.Channel == b.Channel
}

func sameEntry(a, b ledger.Entry) bool {
	return a.System == b.System && a.Operation == b.Operation && a.Purpose == b.Purpose && a.Case == b.Case &&
		a.Authority == b.Authority && a.AuthorityKind == b.AuthorityKind && a.State == b.State && a.Officer == b.Officer &&
		a.Channel == b.Channel && a.Grant == b.Grant && a.Outcome == b.Outcome && a.Results == b.Results && a.Portal == b.Portal
}

// TestArt9_2_WhatNoArticlePermitsIsRefused: every combination of authority,
// purpose and operation without a grant is refused with the article that would
// have to permit it, does nothing, and is logged. (EES-050, EES-051)
func TestArt9_2_WhatNoArticlePermitsIsRefused(t *testing.T) {
	eachGate(t, func(g *gate) {
		d := g.door()
		tried := 0
		for _, op := range noteOps {
			for _, purpose := range []Purpose{BorderCheck, Identification, InlandCheck, Oversight, "invented"} {
				for _, kind := range []Kind{Border, Immigration, Supervisor, Administrator, "invented"} {
					if _, ok := d.Granted(kind, purpose, op.Op); ok {
						continue
					}
					tried++
					who := Principal{Officer: "x", Authority: Authority{Kind: kind, State: "POL", Name: "X"}, Channel: "session"}
					_, err := Run(g.ctx, d, Request{Principal: who, Op: op.Op, Purpose: purpose}, func(Pass) (int, error) {
						t.Errorf("%s carried out %s for %s", kind, op.Op, purpose)
						return 0, nil
					})
					r := g.refused(err, "not_granted")
					if r.Kind != law.NotGranted || r.Cite != op.Cite || !strings.Contains(r.Message, string(op.Cite)) {
						t.Errorf("refusal %+v", r)
					}
				}
			}
		}
		list := g.entries("")
		if len(list) != tried || tried < 100 {
			t.Errorf("%d entries of %d attempts", len(list), tried)
		}
		for _, r := range list {
			e := r.Entry
			if e.Outcome != "refused" || e.Refusal != "not_granted" || e.Results != 0 || len(e.Sent) != 0 || e.Grant == "" || e.Purpose == "" {
				t.Errorf("entry %+v", e)
			}
		}
	})
}

// TestArt46_NobodyAndNarrowTokensAreTurnedAway: without a principal nothing
// happens, not even an entry with which anybody could fill the log, and a scoped
// token does what it names only.
func TestArt46_NobodyAndNarrowTokensAreTurnedAway(t *testing.T) {
	eachGate(t, func(g *gate) {
		d := g.door()
		never := func(Pass) (int, error) { t.Error("carried out"); return 0, nil }
		_, err := Run(g.ctx, d, Request{Op: "notes.write"}, never)
		if r := g.refused(err, "not_signed_in"); r.Kind != law.Unauthenticated {
			t.Errorf("refusal %+v", r)
		}
		_, err = Run(g.ctx, d, Request{Principal: Principal{Authority: guard.Authority}, Op: "notes.write"}, never)
		g.refused(err, "not_signed_in")
		narrow := guard
		narrow.Only = []Op{"notes.read"}
		_, err = Run(g.ctx, d, Request{Principal: narrow, Op: "notes.write", Purpose: BorderCheck}, never)
		g.refused(err, "outside_token_scope")
		narrow.Only = []Op{}
		_, err = Run(g.ctx, d, Request{Principal: narrow, Op: "notes.write", Purpose: BorderCheck}, never)
		g.refused(err, "outside_token_scope")
		narrow.Only = []Op{"notes.write"}
		_, err = Run(g.ctx, d, Request{Principal: narrow, Op: "notes.write", Purpose: BorderCheck}, write("n", "n"))
		g.must(err)
		if list := g.entries("notes.write"); len(list) != 3 {
			t.Errorf("%d entries of 3 attempts by somebody known", len(list))
		}
		_, err = Run(g.ctx, d, Request{Principal: guard, Op: "notes.unheard"}, never)
		if err == nil {
			t.Error("an unknown operation was carried out")
		}
	})
}

// TestArt9_2_PurposeIsInferredWhenThereIsOne: a single purpose need not be
// said, several must be.
func TestArt9_2_PurposeIsInferredWhenThereIsOne(t *testing.T) {
	eachGate(t, func(g *gate) {
		d := g.door()
		purpose, err := Run(g.ctx, d, Request{Principal: guard, Op: "notes.write"}, func(p Pass) (Purpose, error) { return p.Purpose(), nil })
		g.must(err)
		if e := g.only("notes.write"); purpose != BorderCheck || e.Purpose != "border_check" {
			t.Errorf("inferred %q, logged %q", purpose, e.Purpose)
		}
		_, err = Run(g.ctx, d, Request{Principal: guard, Op: "notes.read"}, func(Pass) (int, error) { return 0, nil })
		r := g.refused(err, "purpose_missing")
		if r.Field != "purpose" || !strings.Contains(r.Message, "border_check, identification") {
			t.Errorf("refusal %+v", r)
		}
		if e := g.only("notes.read"); e.Outcome != "refused" || e.Refusal != "purpose_missing" {
			t.Errorf("entry %+v", e)
		}
	})
}

// TestArt32_CaseIsRequiredWhereTheGrantSaysSo: access for law enforcement
// belongs to a case. (EES-053)
func TestArt32_CaseIsRequiredWhereTheGrantSaysSo(t *testing.T) {
	eachGate(t, func(g *gate) {
		d := g.door()
		req := Request{Principal: detector, Op: "notes.solve", Purpose: LawEnforcementIdentify, Case: "  "}
		_, err := Run(g.ctx, d, req, func(Pass) (int, error) { t.Error("carried out"); return 0, nil })
		if r := g.refused(err, "case_missing"); r.Field != "case" || r.Cite != "2017/2226 art 32(2)" {
			t.Errorf("refusal %+v", r)
		}
		if e := g.only("notes.solve"); e.Outcome != "refused" || e.Grant != "2017/2226 art 32(2)" {
			t.Errorf("entry %+v", e)
		}
		req.Case = "2026-17"
		_, err = Run(g.ctx, d, req, func(Pass) (int, error) { return 0, nil })
		g.must(err)
	})
}

// TestArt59_2_FactsStandInTheEntry: what an operation tells beside the rest, and
// the case that it found, stand in its log entry; told again, a fact is replaced.
func TestArt59_2_FactsStandInTheEntry(t *testing.T) {
	eachGate(t, func(g *gate) {
		req := Request{Principal: detector, Op: "notes.solve", Purpose: LawEnforcementIdentify, Case: " 2026-17 "}
		for _, fail := range []error{nil, law.Refuse(law.Conflict, "not_yet", "2017/2226 art 31", "Not yet.")} {
			before := len(g.entries("notes.solve"))
			_, err := Run(g.ctx, g.door(), req, func(p Pass) (int, error) {
				if p.Case() != "2026-17" {
					t.Errorf("case %q", p.Case())
				}
				p.Tell("offence", "fraud")
				p.Tell("urgency", "")
				p.Tell("offence", "arson")
				p.Belongs("stored-9")
				return 0, fail
			})
			if (err == nil) != (fail == nil) {
				t.Fatal(err)
			}
			list := g.entries("notes.solve")
			if len(list) != before+1 {
				t.Fatalf("%d entries", len(list))
			}
			for _, r := range list {
				if e := r.Entry; e.Case != "stored-9" || len(e.Facts) != 1 || e.Facts[0] != (law.Fact{Name: "offence", Value: "arson"}) {
					t.Errorf("%+v", e)
				}
			}
		}
		var none Pass
		none.Tell("a", "b")
		none.Belongs("c")
		if none.Case() != "" {
			t.Error("an empty pass has a case")
		}
	})
}

// TestArt46_PassesAreGivenNotMade: an empty pass and one whose function has
// returned reach nothing.
func TestArt46_PassesAreGivenNotMade(t *testing.T) {
	eachGate(t, func(g *gate) {
		try := func(p Pass, what string) {
			t.Helper()
			if _, err := p.Tx(); !errors.Is(err, ErrNoPass) {
				t.Errorf("%s gives a transaction: %v", what, err)
			}
			if err := p.Search(ByDocument, "x"); !errors.Is(err, ErrNoPass) {
				t.Errorf("%s searches: %v", what, err)
			}
			if err := p.Send(IdentityData); !errors.Is(err, ErrNoPass) {
				t.Errorf("%s sends: %v", what, err)
			}
		}
		try(Pass{}, "an empty pass")
		if (Pass{}).May(IdentityData) {
			t.Error("an empty pass lets data out")
		}
		var kept Pass
		var keptTx *db.Tx
		_, err := Run(g.ctx, g.door(), Request{Principal: guard, Op: "notes.write"}, func(p Pass) (int, error) {
			kept = p
			keptTx, _ = p.Tx()
			return 0, nil
		})
		g.must(err)
		try(kept, "a used pass")
		if err := keptTx.Row(`SELECT 1`).Scan(new(int)); !errors.Is(err, db.ErrClosed) {
			t.Errorf("a used transaction reads: %v", err)
		}
		_, err = Run(g.ctx, g.door(), Request{Principal: guard, Op: "notes.write"}, func(p Pass) (int, error) {
			kept = p
			return 0, errors.New("broken")
		})
		if err == nil {
			t.Error("an error was lost")
		}
		try(kept, "a pass of a failed act")
	})
}

// TestArt23_KeysAndCategoriesAreTheGrants: searching by another key and
// sending another category are refused, undo the act, and are logged with the
// key that was tried. (EES-037, EES-050)
func TestArt23_KeysAndCategoriesAreTheGrants(t *testing.T) {
	eachGate(t, func(g *gate) {
		d := g.door()
		_, err := Run(g.ctx, d, Request{Principal: guard, Op: "notes.write"}, func(p Pass) (string, error) {
			if _, err := write("n", "n")(p); err != nil {
				return "", err
			}
			return "", p.Search(ByFace, "face-7")
		})
		r := g.refused(err, "key_not_granted")
		if r.Kind != law.NotGranted || r.Cite != "2017/2226 art 14(1)" {
			t.Errorf("refusal %+v", r)
		}
		list := g.entries("notes.write")
		if len(list) != 1 || list[0].Entry.Outcome != "refused" || !list[0].Proves("facial_image", "face-7") || g.notes() != 0 {
			t.Errorf("entries %+v, %d notes", list, g.notes())
		}
		_, err = Run(g.ctx, d, Request{Principal: guard, Op: "notes.read", Purpose: Identification}, func(p Pass) (string, error) {
			if !p.May(IdentityData) || p.May(EntryRecords) {
				t.Error("May does not tell what the grant returns")
			}
			if err := p.Send(IdentityData); err != nil {
				return "", err
			}
			return "secret", p.Send(EntryRecords)
		})
		g.refused(err, "category_not_granted")
		if e := g.only("notes.read"); e.Outcome != "refused" || len(e.Sent) != 0 {
			t.Errorf("entry %+v: nothing was sent", e)
		}
		_, err = Run(g.ctx, d, Request{Principal: inland, Op: "notes.search"}, func(p Pass) (int, error) {
			p.Subject("f1", "f2")
			return 0, errors.Join(p.Search(ByDocument, "d"), p.Send(IdentityData), p.Send(IdentityData))
		})
		g.must(err)
		if e := g.only("notes.search"); e.Results != 2 || len(e.Sent) != 1 || e.Sent[0] != "identity_data" {
			t.Errorf("entry %+v", e)
		}
	})
}

// TestArt46_AnIdempotencyKeyAnswersOnce: the second sending gets the first
// answer, is logged as replayed and changes nothing; another request under the
// same key is refused.
func TestArt46_AnIdempotencyKeyAnswersOnce(t *testing.T) {
	eachGate(t, func(g *gate) {
		d := g.door()
		once := &db.Once{Holder: "anna", Key: "k", Digest: [32]byte{1}}
		req := Request{Principal: guard, Op: "notes.write", Once: once}
		first, err := Run(g.ctx, d, req, write("f1", "one"))
		g.must(err)
		second, err := Run(g.ctx, d, req, func(Pass) (string, error) { t.Error("carried out twice"); return "", nil })
		g.must(err)
		if first != second || g.notes() != 1 {
			t.Errorf("answers %q and %q, %d notes", first, second, g.notes())
		}
		outcomes := map[string]int{}
		for _, r := range g.entries("notes.write") {
			outcomes[r.Entry.Outcome]++
			if len(r.Entry.Subjects) != 1 || r.Entry.Subjects[0] != "f1" {
				t.Errorf("entry %+v does not name the file", r.Entry)
			}
		}
		if outcomes["done"] != 1 || outcomes["replayed"] != 1 {
			t.Errorf("outcomes %v", outcomes)
		}
		other := *once
		other.Digest = [32]byte{2}
		req.Once = &other
		_, err = Run(g.ctx, d, req, write("f2", "two"))
		g.refused(err, "idempotency_key_reused")
		if g.notes() != 1 {
			t.Error("the mismatch wrote")
		}
		// A refused attempt keeps no answer: the same key may succeed later.
		retry := Request{Principal: guard, Op: "notes.write", Once: &db.Once{Holder: "anna", Key: "k2"}}
		_, err = Run(g.ctx, d, retry, func(Pass) (string, error) { return "", law.Refuse(law.Conflict, "not_yet", "", "Not yet.") })
		g.refused(err, "not_yet")
		_, err = Run(g.ctx, d, retry, write("f3", "three"))
		g.must(err)
		// The grant is looked at before the kept answer: a key is no pass.
		stranger := retry
		stranger.Principal = inland
		_, err = Run(g.ctx, d, stranger, write("f3", "three"))
		g.refused(err, "not_granted")
	})
}

// TestArt46_NothingRemainsOfAFailedAct: refusal, fault and panic each undo the
// act; refusal and fault are logged.
func TestArt46_NothingRemainsOfAFailedAct(t *testing.T) {
	eachGate(t, func(g *gate) {
		d := g.door()
		req := Request{Principal: guard, Op: "notes.write"}
		broken := errors.New("disk on fire")
		_, err := Run(g.ctx, d, req, func(p Pass) (string, error) {
			if _, err := write("n", "n")(p); err != nil {
				return "", err
			}
			return "", broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if e := g.only("notes.write"); e.Outcome != "fault" || e.Refusal != "" || e.Results != 0 || g.notes() != 0 {
			t.Errorf("entry %+v, %d notes", e, g.notes())
		}
		_, err = Run(g.ctx, d, req, func(p Pass) (string, error) {
			if _, err := write("n", "n")(p); err != nil {
				return "", err
			}
			return "", law.Refuse(law.Conflict, "moved_on", "2017/2226 art 16(2)", "The register has moved on.")
		})
		g.refused(err, "moved_on")
		if g.notes() != 0 || len(g.entries("notes.write")) != 2 {
			t.Errorf("%d notes, %d entries", g.notes(), len(g.entries("notes.write")))
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			Run(g.ctx, d, req, func(p Pass) (string, error) {
				if _, err := write("n", "n")(p); err != nil {
					return "", err
				}
				panic("a bug")
			})
		}()
		if g.notes() != 0 {
			t.Error("the panic left a note")
		}
		// The house goes on.
		_, err = Run(g.ctx, d, req, write("n", "n"))
		g.must(err)
		if g.notes() != 1 {
			t.Errorf("%d notes", g.notes())
		}
	})
}

// TestArt46_ReadingIsObserving: an operation that does not write cannot, and
// is logged all the same, also when the caller has hung up meanwhile.
func TestArt46_ReadingIsObserving(t *testing.T) {
	eachGate(t, func(g *gate) {
		d := g.door()
		_, err := Run(g.ctx, d, Request{Principal: inland, Op: "notes.search"}, write("n", "n"))
		if !errors.Is(err, db.ErrReadOnly) {
			t.Errorf("a reading operation wrote: %v", err)
		}
		ctx, cancel := context.WithCancel(g.ctx)
		_, err = Run(ctx, d, Request{Principal: inland, Op: "notes.search"}, func(p Pass) (string, error) {
			tx, _ := p.Tx()
			cancel()
			return "", tx.Row(`SELECT count(*) FROM notes_note`).Scan(new(int))
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		list := g.entries("notes.search")
		if len(list) != 2 || list[0].Entry.Outcome != "fault" || list[1].Entry.Outcome != "fault" {
			t.Errorf("entries %+v", list)
		}
	})
}

// TestNewDoorRefusesBadHinges: a door is not hung with contradictions.
func TestNewDoorRefusesBadHinges(t *testing.T) {
	op, grant := noteOps[0], noteGrants[0]
	for name, c := range map[string]struct {
		ops    []Operation
		grants []Grant
	}{
		"operation twice":    {[]Operation{op, op}, nil},
		"unknown operation":  {nil, []Grant{grant}},
		"grant twice":        {[]Operation{op}, []Grant{grant, grant}},
		"operation's cite":   {[]Operation{{Op: "a.b", System: "a", Title: "b", Cite: "somewhere", Writes: true}}, nil},
		"grant's cite":       {[]Operation{op}, []Grant{{Kind: Border, Purpose: BorderCheck, Op: op.Op, Cite: "somewhere"}}},
		"grant without cite": {[]Operation{op}, []Grant{{Kind: Border, Purpose: BorderCheck, Op: op.Op}}},
	} {
		if _, err := NewDoor(nil, nil, c.ops, c.grants); err == nil {
			t.Errorf("%s: the door hangs", name)
		}
	}
}
