package house

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"limen/access"
	"limen/carrier"
	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/interop/bms"
	"limen/interop/cir"
	"limen/law"
	"limen/ledger"
	"limen/person"
)

// play is a whole house on a throw-away store, with a clock that stands still.
type play struct {
	*House
	t     *testing.T
	clock *dbtest.Clock
}

// onBothEngines opens a house on each engine and runs the play in it. When it
// is over, the log must verify: sealed to the last entry, in the house and from
// a bundle by somebody who has the public key alone.
func onBothEngines(t *testing.T, fn func(p *play)) {
	t.Helper()
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			address := "sqlite:" + filepath.Join(t.TempDir(), "limen.db")
			if engine == db.Postgres {
				address = dbtest.Postgres(t)
			}
			clock := dbtest.NewClock(time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC))
			h, err := Open(t.Context(), Options{Store: address, Data: t.TempDir(), Clock: clock.Now, Demo: true, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := h.Close(); err != nil {
					t.Error(err)
				}
			})
			p := &play{h, t, clock}
			fn(p)
			p.verifies()
		})
	}
}

func (p *play) verifies() ledger.Report {
	p.t.Helper()
	ctx := context.Background()
	for {
		n, err := p.Log.Integrate(ctx)
		if err != nil {
			p.t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	report, err := p.Log.Verify(ctx, ledger.VerifyOptions{})
	if err != nil {
		p.t.Fatalf("the log does not verify: %v", err)
	}
	var bundle bytes.Buffer
	if err := p.Log.Export(ctx, &bundle, ledger.ExportOptions{}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := ledger.VerifyBundle(&bundle, p.Log.Public(), ledger.VerifyOptions{}); err != nil {
		p.t.Fatalf("the bundle does not verify: %v", err)
	}
	if report.Pending != 0 {
		p.t.Errorf("%d entries are left outside the tree", report.Pending)
	}
	return report
}

// entries reads the whole log, by identifier.
func (p *play) entries() map[string]ledger.Entry {
	p.t.Helper()
	all := map[string]ledger.Entry{}
	err := p.Store.Read(context.Background(), func(tx *db.Tx) error {
		clear(all)
		for next := ""; ; {
			page, err := p.Log.Entries(tx, ledger.Filter{After: next, Limit: 1000})
			if err != nil {
				return err
			}
			for _, r := range page.Records {
				if r.Damaged != nil {
					return r.Damaged
				}
				all[r.ID] = r.Entry
			}
			if next = page.Next; next == "" {
				return nil
			}
		}
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// as is somebody of a kind of authority.
func as(kind access.Kind) access.Principal {
	if kind == access.Duty {
		return access.DutyPrincipal("conformance")
	}
	return access.Principal{Officer: "conformance", Channel: "session", Authority: access.Authority{Kind: kind, State: "FRA", Name: "Conformance"}}
}

// Every room's tables come up on both engines, twice without harm, and are laid
// out as a cluster needs them.
func TestRoomsMigrateOnBothEngines(t *testing.T) {
	dbtest.Each(t, Schemas(), func(t *testing.T, s *db.Store) {
		if err := s.Migrate(t.Context(), Schemas()); err != nil {
			t.Errorf("a second time: %v", err)
		}
		if err := db.CheckKeys(t.Context(), s, Schemas()); err != nil {
			t.Error(err)
		}
		rooms := map[string]bool{}
		for _, schema := range Schemas() {
			if rooms[schema.Room] {
				t.Errorf("two rooms are called %s", schema.Room)
			}
			rooms[schema.Room] = true
			for _, table := range schema.Tables {
				if table.Why == "" {
					t.Errorf("%s does not say why it is distributed as it is", table.Name)
				}
				if !strings.HasPrefix(table.Name, schema.Room+"_") {
					t.Errorf("%s does not carry the name of its room, %s", table.Name, schema.Room)
				}
			}
		}
	})
}

// attempt is one knock at the door and what must come of it.
type attempt struct {
	kind    access.Kind
	purpose access.Purpose
	op      access.Operation
	grant   access.Grant
	granted bool
}

// attempts are all at the door of the register, or of the house apart from it.
func attempts(apart bool) []attempt {
	var all []attempt
	for _, op := range operations(apart) {
		for _, kind := range access.Kinds {
			for _, purpose := range access.Purposes {
				a := attempt{kind: kind, purpose: purpose, op: op}
				for _, g := range grants(apart) {
					if g.Kind == kind && g.Purpose == purpose && g.Op == op.Op {
						a.grant, a.granted = g, true
					}
				}
				all = append(all, a)
			}
		}
	}
	return all
}

// The whole space of authority, purpose and operation: what an article grants
// is done, everything else is refused with the article that would have to
// permit it, and each attempt leaves one log entry that says which. EES-050.
func TestArt46_EveryAttemptIsDecidedAndLogged(t *testing.T) {
	all := attempts(false)
	onBothEngines(t, func(p *play) {
		before := len(p.entries())
		ids := make([]string, len(all))
		// Many at once, so that they share commits.
		var workers sync.WaitGroup
		const many = 32
		for w := range many {
			workers.Go(func() {
				for i := w; i < len(all); i += many {
					id, err := p.knock(all[i])
					if err != nil {
						t.Errorf("%s, %s, %s: %v", all[i].kind, all[i].purpose, all[i].op.Op, err)
					}
					ids[i] = id
				}
			})
		}
		workers.Wait()
		log := p.entries()
		if n := len(log) - before; n != len(all) {
			t.Errorf("%d attempts left %d entries", len(all), n)
		}
		for i, a := range all {
			e, ok := log[ids[i]]
			want := ledger.Entry{Outcome: "done", Grant: a.grant.Cite}
			if !a.granted {
				want = ledger.Entry{Outcome: "refused", Grant: a.op.Cite, Refusal: "not_granted"}
			}
			switch {
			case !ok:
				t.Errorf("%s, %s, %s: no entry", a.kind, a.purpose, a.op.Op)
			case e.Outcome != want.Outcome || e.Grant != want.Grant || e.Refusal != want.Refusal:
				t.Errorf("%s, %s, %s: the entry says %s %s %s, want %s %s %s", a.kind, a.purpose, a.op.Op,
					e.Outcome, e.Grant, e.Refusal, want.Outcome, want.Grant, want.Refusal)
			case e.Operation != string(a.op.Op) || e.System != a.op.System || e.Purpose != string(a.purpose) || e.AuthorityKind != string(a.kind) ||
				e.Officer != string(as(a.kind).Officer) || e.Case != "conformance/1":
				t.Errorf("%s, %s, %s: the entry tells of something else: %+v", a.kind, a.purpose, a.op.Op, e)
			}
		}
	})
}

// knock makes the attempt and returns its log entry; the error says what went
// otherwise than it must.
func (p *play) knock(a attempt) (entry string, wrong error) {
	var receipt ledger.Receipt
	ran := false
	_, err := access.Run(context.Background(), p.Door,
		access.Request{Principal: as(a.kind), Op: a.op.Op, Purpose: a.purpose, Case: "conformance/1", Receipt: &receipt},
		func(pass access.Pass) (int, error) {
			ran = true
			if g := pass.Grant(); g.Cite != a.grant.Cite || pass.Purpose() != a.purpose {
				return 0, fmt.Errorf("the pass is for %s by %s", pass.Purpose(), g.Cite)
			}
			return 0, nil
		})
	var refusal *law.Refusal
	switch {
	case a.granted:
		return receipt.ID, err
	case ran:
		return receipt.ID, errors.New("carried out without a grant")
	case !errors.As(err, &refusal):
		return receipt.ID, fmt.Errorf("answered with %v", err)
	case refusal.Kind != law.NotGranted || refusal.Cite != a.op.Cite:
		return receipt.ID, fmt.Errorf("refused otherwise than by %s: %v", a.op.Cite, refusal)
	}
	return receipt.ID, nil
}

// The lists of kinds and purposes that the enumeration walks have every constant
// of their type, and the keys and categories tested below are all there are.
func TestListsHaveEveryConstant(t *testing.T) {
	tree := source(t)
	for _, l := range []struct {
		what       string
		have, want []string
	}{
		{"Kinds", sortedStrings(access.Kinds), tree.constants("access", "Kind")},
		{"Purposes", sortedStrings(access.Purposes), tree.constants("access", "Purpose")},
		{"allKeys", sortedStrings(allKeys), tree.constants("access", "Key")},
		{"allCategories", sortedStrings(allCategories), tree.constants("access", "Category")},
	} {
		if !slices.Equal(l.have, l.want) {
			t.Errorf("%s lists %v; declared are %v", l.what, l.have, l.want)
		}
	}
	var ops []string
	for _, o := range Operations() {
		ops = append(ops, string(o.Op))
		if system, _, _ := strings.Cut(string(o.Op), "."); system != o.System || o.Title == "" {
			t.Errorf("operation %s: system %q, title %q", o.Op, o.System, o.Title)
		}
	}
	slices.Sort(ops)
	declared := slices.Concat(tree.constants("access", "Op"), constantsOfOp(tree))
	slices.Sort(declared)
	if !slices.Equal(ops, declared) {
		t.Errorf("operations listed: %v\ndeclared: %v", ops, declared)
	}
}

// constantsOfOp finds the operations that systems declare as access.Op.
func constantsOfOp(tree *sourceTree) []string {
	var ops []string
	for _, f := range tree.files {
		if f.test || f.pkg == "house" || f.pkg == "access" {
			continue
		}
		ops = append(ops, f.foreignConstants(f.named("limen/access"), "Op")...)
	}
	return ops
}

var (
	allKeys = []access.Key{access.ByIdentity, access.ByDocument, access.ByVisa, access.ByFingers, access.ByFingersFace, access.ByFace,
		access.ByCrossing, access.ByReference, access.ByAccount}
	allCategories = []access.Category{access.IdentityData, access.DocumentData, access.BiometricData, access.EntryRecords,
		access.RefusalRecords, access.StayResult, access.OverstayList, access.LogEntries, access.FileExistence, access.AnonymousCounts, access.EtiasAnswer, access.ScreeningAnswer, access.CarrierAnswer}
)

// For every grant: each search key and each category of data passes exactly
// when the grant names it, and a grant that asks for a case refuses without one.
// EES-050.
func TestArt9_EveryGrantHoldsItsKeysAndCategories(t *testing.T) {
	onBothEngines(t, func(p *play) {
		for _, g := range grants(false) {
			try := func(caseRef string, fn func(access.Pass) error) error {
				_, err := access.Run(t.Context(), p.Door, access.Request{Principal: as(g.Kind), Op: g.Op, Purpose: g.Purpose, Case: caseRef},
					func(pass access.Pass) (int, error) { return 0, fn(pass) })
				return err
			}
			refused := func(err error, code law.Code) bool {
				var r *law.Refusal
				return errors.As(err, &r) && r.Code == code && r.Cite == g.Cite
			}
			for _, key := range allKeys {
				err := try("1", func(pass access.Pass) error { return pass.Search(key, "value") })
				if granted := slices.Contains(g.Keys, key); granted && err != nil || !granted && !refused(err, "key_not_granted") {
					t.Errorf("%s for %s, %s by %s: %v", g.Kind, g.Purpose, g.Op, key, err)
				}
			}
			for _, c := range allCategories {
				err := try("1", func(pass access.Pass) error { return pass.Send(c) })
				if granted := slices.Contains(g.Returns, c); granted && err != nil || !granted && !refused(err, "category_not_granted") {
					t.Errorf("%s for %s, %s returning %s: %v", g.Kind, g.Purpose, g.Op, c, err)
				}
			}
			if err := try(" ", func(access.Pass) error { return nil }); g.Case != refused(err, "case_missing") {
				t.Errorf("%s for %s, %s without a case: %v", g.Kind, g.Purpose, g.Op, err)
			}
		}
	})
}

// passSamples are arguments that would be carried out, so that an empty pass is
// the only thing wrong.
var passSamples = map[reflect.Type]any{
	reflect.TypeFor[ees.CheckRequest]():      ees.CheckRequest{Direction: ees.Entry, CrossingPoint: "FRCDG", Document: &ees.DocumentInput{Number: "C1", Issuer: "CAN", Expiry: law.MustDate("2033-01-01")}, Identity: &ees.IdentityInput{Surname: "DOE", BirthDate: "1988-02-11", Sex: "X", Nationalities: []string{"CAN"}}},
	reflect.TypeFor[ees.CrossingRequest]():   ees.CrossingRequest{CheckID: "a.b"},
	reflect.TypeFor[ees.RefusalRequest]():    ees.RefusalRequest{CheckID: "a.b", Reasons: []ees.RefusalReason{"C"}},
	reflect.TypeFor[ees.StartRequest]():      sampleStart,
	reflect.TypeFor[ees.RebuttalRequest]():   ees.RebuttalRequest{File: "a", Kind: ees.ProofTicket},
	reflect.TypeFor[ees.FileQuery]():         ees.FileQuery{Document: "C1"},
	reflect.TypeFor[ees.OverstayerQuery]():   ees.OverstayerQuery{Limit: 1},
	reflect.TypeFor[ees.StatisticsQuery]():   ees.StatisticsQuery{From: law.MustDate("2026-05-01"), To: law.MustDate("2026-05-02")},
	reflect.TypeFor[ees.PersonQuery]():       annaAsked,
	reflect.TypeFor[person.Name]():           person.Name{Surname: "DOE"},
	reflect.TypeFor[cir.Identity]():          cir.Identity{Name: person.Name{Surname: "DOE"}},
	reflect.TypeFor[ees.MergeRequest]():      ees.MergeRequest{Survivor: "a", Merged: "b", Why: "one face"},
	reflect.TypeFor[ees.UndoMergeRequest]():  ees.UndoMergeRequest{Survivor: "a", Merged: "b", Why: "two faces"},
	reflect.TypeFor[ees.ApartRequest]():      ees.ApartRequest{File: "a", Other: "b", Why: "two faces"},
	reflect.TypeFor[ees.CorrectionRequest](): ees.CorrectionRequest{File: "a", Why: "read again"},
	reflect.TypeFor[ees.CaseRequest]():       ees.CaseRequest{Kind: ees.PersonsRequest, Right: "access", Dossier: "1"},
	reflect.TypeFor[ees.CaseQuery]():         ees.CaseQuery{Limit: 1},
	reflect.TypeFor[ees.LeaveRequest]():      ees.LeaveRequest{File: "a", Ground: "nationality", On: law.MustDate("2026-05-20"), Dossier: "1"},
	reflect.TypeFor[ees.RestrictRequest]():   ees.RestrictRequest{File: "a", Why: "disputed"},
	reflect.TypeFor[ees.AnnouncementQuery](): ees.AnnouncementQuery{Limit: 1},
	reflect.TypeFor[ees.LogHold]():           ees.LogHold{File: "a", Procedure: "1"},
	reflect.TypeFor[ees.BackfillEvent]():     ees.BackfillEvent{Key: "k"},
	reflect.TypeFor[ees.PreEnrolRequest]():   ees.PreEnrolRequest{Kiosk: "k", Chip: &ees.Chip{Certificates: "valid", FaceRead: true}, CheckRequest: ees.CheckRequest{Direction: ees.Entry, CrossingPoint: "FRCDG", Document: &ees.DocumentInput{Number: "K1", Issuer: "CAN", Expiry: law.MustDate("2033-01-01")}, Identity: &ees.IdentityInput{Surname: "ROE", BirthDate: "1981-04-09", Sex: "X", Nationalities: []string{"CAN"}}}},
	reflect.TypeFor[ees.GateRequest]():       ees.GateRequest{Chip: &ees.Chip{Certificates: "valid", FaceRead: true}, Verified: "face"},
	reflect.TypeFor[ees.StepRequest]():       ees.StepRequest{Step: "verify_face", Outcome: "face_match"},
	reflect.TypeFor[ees.RequestQuery]():      ees.RequestQuery{Limit: 1},
}

// packageFunctions are the functions of rooms that take a pass; methods are
// found by themselves.
var packageFunctions = map[string]map[string]any{
	"interop/cir": {"FindByDocument": cir.FindByDocument, "FindByIdentity": cir.FindByIdentity, "FindBySurname": cir.FindBySurname, "Get": cir.Get, "Biometrics": cir.Biometrics, "Profiles": cir.Profiles,
		"GetAll": cir.GetAll, "Erase": func(p access.Pass, s cir.System) error { _, _, err := cir.Erase(p, s, "a"); return err },
		"Create": cir.Create, "AddDocument": cir.AddDocument, "AddIdentity": cir.AddIdentity, "AddBiometric": cir.AddBiometric, "Absorb": cir.Absorb, "Release": cir.Release, "Size": cir.Size,
		"CorrectIdentity": cir.CorrectIdentity, "CorrectDocument": cir.CorrectDocument, "Extract": cir.Extract,
		"AddImages": cir.AddImages, "Images": cir.Images, "DropImages": cir.DropImages},
	"interop/bms": {"Enrol": bms.Enrol, "Move": bms.Move, "Record": bms.Record, "Erase": func(p access.Pass) error { _, err := bms.Erase(p, bms.EES, ""); return err },
		"Accuracy": func(p access.Pass) error { _, err := bms.Accuracy(p, "2026-05", false); return err }},
}

// passMethods are the types whose methods take a pass.
var passMethods = map[string]map[string]any{"ees": {"Register": new(ees.Register), "Matching": ees.Matching{}},
	"interop/bms": {"Service": new(bms.Service), "Finding": new(bms.Finding)}, "carrier": {"Copy": new(carrier.Copy)}}

// Every exported function of a room that takes a pass turns an empty one away,
// and a pass that was used. The source says which functions there are.
// IOP-020: the identity repository is written with a pass and in no other way.
func TestArt46_EveryRoomTurnsAnEmptyPassAway(t *testing.T) {
	var used access.Pass
	onBothEngines(t, func(p *play) {
		if _, err := access.Run(t.Context(), p.Door, access.Request{Principal: as(access.Border), Op: ees.OpCheck},
			func(pass access.Pass) (int, error) { used = pass; return 0, nil }); err != nil {
			t.Fatal(err)
		}
		for _, pkg := range source(t).packages() {
			found := map[string]reflect.Value{}
			for name, fn := range packageFunctions[pkg] {
				found[name] = reflect.ValueOf(fn)
			}
			for typeName, v := range passMethods[pkg] {
				of := reflect.TypeOf(v)
				for m := range of.NumMethod() {
					if method := reflect.ValueOf(v).Method(m); takesPass(method.Type()) {
						found[typeName+"."+of.Method(m).Name] = method
					}
				}
			}
			for _, name := range source(t).passTakers(pkg) {
				fn, ok := found[name]
				if !ok {
					t.Errorf("%s.%s takes a pass and is not tested here: add it to packageFunctions or passMethods", pkg, name)
					continue
				}
				for what, pass := range map[string]access.Pass{"an empty pass": {}, "a used pass": used} {
					if err := callWith(fn, pass); !errors.Is(err, access.ErrNoPass) {
						t.Errorf("%s.%s with %s: %v; want access.ErrNoPass (give it arguments in passSamples if they were refused first)", pkg, name, what, err)
					}
				}
			}
		}
	})
}

func takesPass(fn reflect.Type) bool {
	for i := range fn.NumIn() {
		if fn.In(i) == reflect.TypeFor[access.Pass]() {
			return true
		}
	}
	return false
}

// callWith calls fn with the pass and sample arguments, and returns its error.
func callWith(fn reflect.Value, pass access.Pass) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	args := make([]reflect.Value, fn.Type().NumIn())
	for i := range args {
		in := fn.Type().In(i)
		args[i] = reflect.Zero(in)
		switch sample, ok := passSamples[in]; {
		case in == reflect.TypeFor[access.Pass]():
			args[i] = reflect.ValueOf(pass)
		case in == reflect.TypeFor[context.Context]():
			args[i] = reflect.ValueOf(context.Background())
		case ok:
			args[i] = reflect.ValueOf(sample)
		}
	}
	out := fn.Call(args)
	err, _ = out[len(out)-1].Interface().(error)
	return err
}

// act is one real operation; refused is the code that it must end with.
type act struct {
	op      access.Op
	refused law.Code
	run     func(ctx context.Context) error
}

// The real functions of the rooms leave one entry each, done or refused, with
// the article of the grant. What the log tells can be erased afterwards with
// the article that says so, and the log still verifies.
func TestArt46_RealOperationsLeaveOneEntryEach(t *testing.T) {
	onBothEngines(t, func(p *play) {
		tried := map[access.Op]bool{}
		for _, a := range slices.Concat(p.borderActs(), p.readingActs(), p.statisticsActs(), p.stayActs(), p.replayActs(), p.rightsActs(), p.carrierActs(), p.outageActs(), p.conversationActs(), p.erasureActs(), p.policeActs()) {
			tried[a.op] = true
			before := p.entries()
			err := a.run(t.Context())
			after := p.entries()
			var refusal *law.Refusal
			if a.refused != "" && (!errors.As(err, &refusal) || refusal.Code != a.refused) || a.refused == "" && err != nil {
				t.Fatalf("%s: %v", a.op, err)
			}
			if n := len(after) - len(before); n != 1 {
				t.Errorf("%s left %d entries", a.op, n)
			}
			for id, e := range after {
				if _, old := before[id]; old {
					continue
				}
				want := "done"
				if a.refused != "" {
					want = "refused"
				}
				granted := slices.ContainsFunc(Grants(), func(g access.Grant) bool {
					return g.Op == a.op && string(g.Kind) == e.AuthorityKind && string(g.Purpose) == e.Purpose && g.Cite == e.Grant
				})
				if e.Outcome != want || e.Refusal != a.refused || e.Operation != string(a.op) || !granted {
					t.Errorf("%s left the entry %+v", a.op, e)
				}
			}
			p.clock.Advance(time.Minute)
		}
		for _, o := range Operations() {
			if o.System == "ees" && !tried[o.Op] {
				t.Errorf("%s is carried out by no act here: add one to acts", o.Op)
			}
		}
		p.eraseEverything(p.verifies())
	})
}

// eraseEverything erases every entry that is sealed, as after the retention
// period of all data.
func (p *play) eraseEverything(before ledger.Report) {
	p.t.Helper()
	var ids []string
	for id := range p.entries() {
		ids = append(ids, id)
	}
	var done ledger.Erased
	err := p.Store.Reclaim(context.Background(), func(tx *db.Tx) (err error) {
		done, err = p.Log.Erase(tx, ledger.Erasure{IDs: ids, By: ledger.Entry{System: "ledger", Purpose: string(access.DataErasure), Grant: "2017/2226 art 46(4)"}})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	after := p.verifies()
	if done.Entries != len(ids) || after.Erased != before.Erased+int64(len(ids)) {
		p.t.Errorf("%d of %d entries erased; the log knows of %d", done.Entries, len(ids), after.Erased)
	}
	if left := len(p.entries()); left != 1 {
		p.t.Errorf("%d entries are left; the one of the erasure should be", left)
	}
}
