package ees_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
	"limen/ledger"
	"limen/person"
)

// Those who take part in a law-enforcement access.
var (
	unit       = staffOf(access.OperatingUnit, "FRA", "Brigade criminelle", "brigadier")
	point      = staffOf(access.CentralAccessPoint, "FRA", "Point d'accès central", "verifier")
	elsewhere  = staffOf(access.CentralAccessPoint, "D", "Zentrale Zugangsstelle", "pruefer")
	keeper     = staffOf(access.Administrator, "FRA", "Operations", "admin")
	euUnit     = staffOf(access.EuropolUnit, "EUE", "Europol unit", "analyst")
	euPoint    = staffOf(access.EuropolAccessPoint, "EUE", "Europol access point", "eu-verifier")
	frNational = staffOf(access.EuropolNational, "FRA", "Unité nationale Europol", "liaison")
	deNational = staffOf(access.EuropolNational, "D", "Nationale Europol-Stelle", "verbindung")
)

func staffOf(kind access.Kind, state, name, officer string) access.Principal {
	return access.Principal{Officer: access.Officer(officer), Channel: "session", Authority: access.Authority{Kind: kind, State: state, Name: name}}
}

// police is a border with everybody listed.
type police struct {
	*border
	purpose access.Purpose
}

func onBothWithPolice(t *testing.T, play func(b *police)) {
	t.Helper()
	onBoth(t, func(b *border) {
		p := &police{b, access.LawEnforcementHistory}
		b.at("2026-01-01 00:00")
		p.list(ees.DesignatedAuthority, "FRA", "Police nationale", "")
		p.list(ees.ListedUnit, "FRA", unit.Authority.Name, "Police nationale")
		p.list(ees.ListedAccessPoint, "FRA", point.Authority.Name, "")
		p.list(ees.ListedAccessPoint, "D", elsewhere.Authority.Name, "")
		p.list(ees.ListedEuropolUnit, "EUE", euUnit.Authority.Name, "")
		p.list(ees.ListedEuropolPoint, "EUE", euPoint.Authority.Name, "")
		p.list(ees.ListedNationalUnit, "FRA", frNational.Authority.Name, "")
		p.list(ees.ListedNationalUnit, "D", deNational.Authority.Name, "")
		play(p)
	})
}

func (b *police) list(kind ees.DesignatedKind, state, name, authority string) {
	b.Helper()
	if err := b.tryList(ees.Designation{Kind: kind, State: person.State(state), Name: name, Authority: authority, From: day("2026-01-01")}); err != nil {
		b.Fatal(err)
	}
}

func (b *police) tryList(d ees.Designation) error {
	_, err := run(b.border, keeper, ees.OpRegisterDesignated, func(p access.Pass) (ees.Designation, error) { return b.register.RegisterDesignated(p, d) })
	return err
}

// as runs a function of the register for an office and the play's purpose.
func as[T any](b *police, who access.Principal, op access.Op, fn func(access.Pass) (T, error)) (T, error) {
	req := access.Request{Principal: who, Op: op, Purpose: b.purpose}
	if op == ees.OpSubmitRequest {
		req.Case = "PN-2026-0042"
	}
	return access.Run(context.Background(), b.door, req, fn)
}

func (b *police) trySubmit(who access.Principal, in ees.ReasonedRequest) (ees.RequestReceipt, error) {
	return as(b, who, ees.OpSubmitRequest, func(p access.Pass) (ees.RequestReceipt, error) { return b.register.SubmitRequest(p, in) })
}

func (b *police) tryDecide(who access.Principal, id string, version int64, d ees.RequestDecision) (ees.RequestReceipt, error) {
	return as(b, who, ees.OpDecideRequest, func(p access.Pass) (ees.RequestReceipt, error) { return b.register.DecideRequest(p, id, version, d) })
}

func (b *police) trySearch(who access.Principal, id string) (ees.RequestReceipt, error) {
	return as(b, who, ees.OpSearchForRequest, func(p access.Pass) (ees.RequestReceipt, error) { return b.register.SearchForRequest(p, id, 0) })
}

func (b *police) tryVerify(who access.Principal, id string, v ees.UrgencyVerdict) (ees.RequestReceipt, error) {
	return as(b, who, ees.OpVerifyUrgency, func(p access.Pass) (ees.RequestReceipt, error) { return b.register.VerifyUrgency(p, id, 0, v) })
}

func (b *police) tryConfirm(who access.Principal, id string) (ees.RequestReceipt, error) {
	return as(b, who, ees.OpConfirmErasure, func(p access.Pass) (ees.RequestReceipt, error) { return b.register.ConfirmErasure(p, id) })
}

func (b *police) tryKeep(who access.Principal, id string, m ees.CaseMark) (ees.RequestReceipt, error) {
	return as(b, who, ees.OpKeepForCase, func(p access.Pass) (ees.RequestReceipt, error) { return b.register.KeepForCase(p, id, 0, m) })
}

func (b *police) tryConsent(who access.Principal, id string, d ees.ConsentDecision) (ees.ConsentView, error) {
	return as(b, who, ees.OpDecideConsent, func(p access.Pass) (ees.ConsentView, error) { return b.register.DecideConsent(p, id, d) })
}

func (b *police) tryHistory(who access.Principal, id string) (ees.HistoryOutcome, error) {
	return as(b, who, ees.OpReadOutcome, func(p access.Pass) (ees.HistoryOutcome, error) { return b.register.ReadHistoryOutcome(p, id) })
}

func (b *police) tryIdentity(who access.Principal, id string) (ees.IdentityOutcome, error) {
	return as(b, who, ees.OpReadOutcome, func(p access.Pass) (ees.IdentityOutcome, error) { return b.register.ReadIdentityOutcome(p, id) })
}

func (b *police) tryRead(who access.Principal, id string) (ees.RequestView, error) {
	return as(b, who, ees.OpReadRequest, func(p access.Pass) (ees.RequestView, error) { return b.register.ReadRequest(p, id) })
}

func (b *police) lines(who access.Principal, q ees.RequestQuery) []ees.RequestLine {
	b.Helper()
	q.Limit = 50
	list := must(b, func() (ees.RequestList, error) {
		return as(b, who, ees.OpListRequests, func(p access.Pass) (ees.RequestList, error) { return b.register.ListRequests(p, q) })
	})
	return list.Requests
}

func (b *police) erase() int {
	b.Helper()
	n, err := b.register.EraseRequests(b.Context(), b.door, nil)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func must[T any](b *police, fn func() (T, error)) T {
	b.Helper()
	v, err := fn()
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *police) submit(who access.Principal, in ees.ReasonedRequest) ees.RequestReceipt {
	b.Helper()
	return must(b, func() (ees.RequestReceipt, error) { return b.trySubmit(who, in) })
}

func (b *police) approve(id string) {
	b.Helper()
	must(b, func() (ees.RequestReceipt, error) {
		return b.tryDecide(point, id, 0, ees.RequestDecision{Approve: true})
	})
}

func (b *police) search(id string) ees.RequestReceipt {
	b.Helper()
	return must(b, func() (ees.RequestReceipt, error) { return b.trySearch(point, id) })
}

// answered submits, approves and searches.
func (b *police) answered(in ees.ReasonedRequest) ees.RequestReceipt {
	b.Helper()
	r := b.submit(unit, in)
	if !r.Urgent {
		b.approve(r.RequestID)
	}
	return b.search(r.RequestID)
}

// refusedAs fails unless err is a refusal with this code.
func (b *police) refusedAs(err error, code law.Code) *law.Refusal {
	b.Helper()
	var r *law.Refusal
	if !errors.As(err, &r) {
		b.Fatalf("answered with %v, want the refusal %s", err, code)
	}
	if r.Code != code || r.Cite == "" || r.Message == "" {
		b.Fatalf("refused with %+v, want %s", r, code)
	}
	return r
}

// count counts the rows of a query.
func (b *police) count(query string, args ...any) (n int) {
	b.Helper()
	if err := b.store.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(query, args...).Scan(&n) }); err != nil {
		b.Fatal(err)
	}
	return n
}

// logged are the log entries of an operation, the newest first.
func (b *police) logged(op access.Op) []ledger.Record {
	b.Helper()
	var page ledger.Page
	err := b.store.Read(context.Background(), func(tx *db.Tx) (err error) {
		page, err = b.log.Entries(tx, ledger.Filter{Operation: string(op), Limit: 1000})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return page.Records
}

// history is a request for Anna's travel history that meets every condition.
func history() ees.ReasonedRequest {
	return ees.ReasonedRequest{Offence: ees.OffenceInput{Category: "kidnapping", Description: "Abduction of a minor on 2026-05-30", MaxYears: 20},
		Necessity: "Her journeys show where the child was taken", Proportionality: "One person, three weeks", Grounds: "A witness saw her at the border",
		OrderedBy: "commissaire", Search: ees.LawEnforcementSearch{Document: &ees.DocumentKey{Number: "CA884411", Issuer: "CAN"}}}
}

// latent is a request to identify whoever left fingerprints.
func latent(b *police) ees.ReasonedRequest {
	in := history()
	launched := b.clock.Now().Add(-72 * time.Hour)
	in.NationalSearch, in.Pruem = day("2026-05-01"), &ees.PruemSearch{Launched: launched}
	in.Search = ees.LawEnforcementSearch{Fingerprints: &ees.FingerprintKey{Sample: []byte("ridges"), Latent: true}}
	return in
}

// matcher is a matching service that knows whose samples these are.
type matcher struct {
	found  []ees.FileRef
	latent *bool
}

func (m matcher) Search(_ context.Context, p access.Pass, probe ees.BiometricProbe) ([]ees.FileRef, error) {
	key := access.ByFingers
	if probe.Face != nil {
		key = access.ByFace
	}
	if err := p.Search(key, string(probe.Fingerprints)+string(probe.Face)); err != nil {
		return nil, err
	}
	if m.latent != nil {
		*m.latent = probe.Latent
	}
	return m.found, nil
}

func encode(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

func itoa(n int) string { return strconv.Itoa(n) }

var verifyOptions ledger.VerifyOptions
