package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/person"
)

func stateName(code string) string { return person.State(code).Name() }

// booth is one crossing at a booth: who, where, on what ground.
type booth struct {
	c       *crossing
	t       *Traveller
	trip    *Trip
	trait   trait
	pass    *Passport
	point   *person.CrossingPoint
	who     access.Principal
	request ees.CheckRequest
	moved   moved
}

// biometricsFrom is the first day on which files must have biometrics (2025/1534
// art 4(2)); before it, every second file of the demonstration has none.
var biometricsFrom = law.EESStart() + 60

// prepare works out what happens at the booth.
func (p *populating) prepare(c *crossing) (*booth, error) {
	t := &p.plan.Travellers[c.traveller]
	b := &booth{c: c, t: t, trip: &p.plan.Trips[c.traveller][c.trip], trait: p.plan.traits[c.traveller]}
	code := b.trip.In
	if c.direction == ees.Exit {
		code = b.trip.Out
	}
	var err error
	if b.point, err = person.ParseCrossingPoint(code); err != nil {
		return nil, err
	}
	on := b.point.LocalDate(c.at)
	b.pass = t.passport(on)
	b.who = principal(string(b.point.State), c.traveller%40)
	at := c.at
	b.request = ees.CheckRequest{Direction: c.direction, CrossingPoint: code, At: &at}
	if t.typed {
		b.request.Document, b.request.Identity = t.typedDocument(b.pass), t.typedIdentity()
	} else {
		b.request.MRZ = b.pass.MRZ
	}
	b.moved = moved{trip: c.trip, at: c.at, point: code, asked: asked{direction: c.direction, on: on, passport: b.pass, needsVisa: needsVisa(t.Nation, on)}}
	if c.direction == ees.Entry {
		b.request.IntendedDays, b.request.FamilyMember = b.trip.Intended, b.trait.family
		if !b.trip.NoVisaShown {
			b.request.Visa = b.trip.Visa
		}
		if slices.Contains([]byte(b.trip.TurnedDown), 'J') {
			b.request.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "refused"}
		}
		b.moved.visa, b.moved.intended, b.moved.family = b.request.Visa, b.request.IntendedDays, b.request.FamilyMember
		b.moved.refuses = b.request.Biometrics != nil
	} else if b.trip.Enter < law.EESStart() {
		if count, err := law.StampsCount.On(on); err == nil && count {
			b.request.Stamps = []ees.StampInput{{Entry: b.trip.Enter}}
			b.moved.stamped = b.trip.Enter
		}
	}
	return b, nil
}

// verdict is what the guard does: the letters of a refusal, or none.
func (b *booth) verdict(proposal ees.Proposal, proposed []ees.RefusalReason) []ees.RefusalReason {
	switch {
	case b.c.direction == ees.Exit:
		return nil
	case proposal == ees.Refuse:
		return proposed
	case b.trip.TurnedDown != "":
		return []ees.RefusalReason{ees.RefusalReason(b.trip.TurnedDown)}
	}
	return nil
}

// cross carries out one crossing.
func (p *populating) cross(ctx context.Context, c *crossing, looking bool) error {
	b, err := p.prepare(c)
	if err != nil {
		return err
	}
	book := &p.auditor.books[c.traveller]
	if c.direction == ees.Exit && book.skip[c.trip] {
		return nil // the entry was refused
	}
	if looking {
		recorded, err := p.recorded(ctx, b)
		if err != nil {
			return err
		}
		if recorded {
			p.remember(c)
			return nil
		}
	}
	expected := p.auditor.expect(b.t, b.moved.asked)
	check, err := access.Run(ctx, p.house.Door, access.Request{Principal: b.who, Op: ees.OpCheck, Purpose: access.BorderCheck},
		func(pass access.Pass) (ees.Check, error) { return p.house.EES.Check(pass, b.request) })
	if err != nil {
		return b.fault("check", err)
	}
	p.auditor.compare(b.t, c.at, expected, &check)
	file, err := p.choose(ctx, b, &check)
	if err != nil {
		return err
	}
	if letters := b.verdict(check.Proposal, check.ProposedReasons); len(letters) > 0 {
		return p.refuse(ctx, b, &check, file, letters)
	}
	view, err := access.Run(ctx, p.house.Door, access.Request{Principal: b.who, Op: ees.OpRecordCrossing, Purpose: access.BorderCheck},
		func(pass access.Pass) (ees.RecordView, error) {
			return p.house.EES.RecordCrossing(pass, ees.CrossingRequest{CheckID: check.CheckID, File: file, Biometrics: b.biometrics(&check)})
		})
	if err != nil {
		return b.fault("crossing", err)
	}
	p.refs[c.traveller] = view.File
	stay := p.auditor.record(b)
	p.auditor.compareRecord(b.t, &b.moved, stay, &view)
	p.mu.Lock()
	p.report.Crossings++
	p.mu.Unlock()
	return nil
}

func (b *booth) fault(what string, err error) error {
	return fmt.Errorf("sim: %s of %s (%s) at %s, %s: %w", what, b.t.Name, b.pass.Document.Number, b.point.Code, b.c.at.Format(time.RFC3339), err)
}

// choose compares the candidates of a check, as a guard would: one of them is
// this traveller, or none is.
func (p *populating) choose(ctx context.Context, b *booth, check *ees.Check) (string, error) {
	if check.File != nil || len(check.Candidates) == 0 {
		return "", nil
	}
	if p.refs[b.c.traveller] == "" && p.auditor.books[b.c.traveller].registered {
		view, err := p.file(ctx, b)
		if err != nil || view == nil {
			return "new", err
		}
		p.refs[b.c.traveller] = view.Ref
	}
	own := p.refs[b.c.traveller]
	for _, c := range check.Candidates {
		if c.File.Ref == own {
			return string(own), nil
		}
	}
	return "new", nil
}

// biometrics are those that the check asks for, taken; the others are verified.
func (b *booth) biometrics(check *ees.Check) *ees.Biometrics {
	if b.moved.on < biometricsFrom && b.c.traveller%2 == 0 && check.File == nil {
		return nil
	}
	out := &ees.Biometrics{Face: "verified"}
	if slices.Contains(check.ToTake, "face") {
		out.Face = "captured"
	}
	if slices.Contains(check.ToTake, "fingerprints") {
		out.Fingerprints = "captured"
		if b.trait.hand != "" && check.File == nil {
			out.Fingerprints = b.trait.hand
		}
	}
	return out
}

func (p *populating) refuse(ctx context.Context, b *booth, check *ees.Check, file string, letters []ees.RefusalReason) error {
	request := ees.RefusalRequest{CheckID: check.CheckID, File: file, Reasons: letters, InternalRisk: slices.Contains(letters, "I")}
	if slices.ContainsFunc(letters, func(l ees.RefusalReason) bool { return l == "B" || l == "H" || l == "I" }) {
		request.Biometrics = b.biometrics(check)
	}
	view, err := access.Run(ctx, p.house.Door, access.Request{Principal: b.who, Op: ees.OpRecordRefusal, Purpose: access.BorderCheck},
		func(pass access.Pass) (ees.RefusalView, error) { return p.house.EES.RecordRefusal(pass, request) })
	if err != nil {
		return b.fault("refusal", err)
	}
	p.refs[b.c.traveller] = view.File
	p.auditor.turnedDown(b.t, &b.moved)
	p.mu.Lock()
	p.report.Refusals++
	p.mu.Unlock()
	return nil
}

// record enters a crossing that took place into the auditor's book.
func (a *Auditor) record(b *booth) *bookStay {
	if b.c.direction == ees.Entry {
		return a.entered(b.t, &b.moved)
	}
	return a.left(b.t, &b.moved)
}

// remember enters a crossing that an earlier call recorded into the book: what
// the guard did follows from what the check must have answered.
func (p *populating) remember(c *crossing) {
	b, err := p.prepare(c)
	if err != nil || c.direction == ees.Exit && p.auditor.books[c.traveller].skip[c.trip] {
		return
	}
	expected := p.auditor.expect(b.t, b.moved.asked)
	if len(b.verdict(expected.proposal, expected.reasons)) > 0 {
		p.auditor.turnedDown(b.t, &b.moved)
		return
	}
	p.auditor.record(b)
}

// recorded tells whether the register holds this crossing already.
func (p *populating) recorded(ctx context.Context, b *booth) (bool, error) {
	view, err := p.file(ctx, b)
	if err != nil || view == nil {
		return false, err
	}
	for _, r := range view.Records {
		event := r.Exit
		if b.c.direction == ees.Entry {
			event = r.Entry
		}
		if event != nil && event.At != nil && event.At.Equal(b.c.at) { // a stamp has a day and no moment
			return true, nil
		}
	}
	return slices.ContainsFunc(view.Refusals, func(r ees.RefusalView) bool { return r.RefusedAt.Equal(b.c.at) }), nil
}

// file finds the traveller's file by a document; nil when there is none.
func (p *populating) file(ctx context.Context, b *booth) (*ees.FileView, error) {
	for i := range b.t.Passports {
		doc := b.t.Passports[i].Document
		list, err := access.Run(ctx, p.house.Door, access.Request{Principal: b.who, Op: ees.OpSearchFiles, Purpose: access.BorderCheck},
			func(pass access.Pass) (ees.FileList, error) {
				return p.house.EES.SearchFiles(pass, ees.FileQuery{Document: string(doc.Number), Issuer: string(doc.Issuer), On: b.moved.on})
			})
		if err != nil {
			return nil, b.fault("search", err)
		}
		if len(list.Files) == 0 {
			continue
		}
		view, err := access.Run(ctx, p.house.Door, access.Request{Principal: b.who, Op: ees.OpReadFile, Purpose: access.BorderCheck},
			func(pass access.Pass) (ees.FileView, error) { return p.house.EES.ReadFile(pass, list.Files[0].Ref) })
		if err != nil {
			return nil, b.fault("file", err)
		}
		return &view, nil
	}
	return nil, nil
}
