package ees_test

import (
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// Europol finds like a state, and uses of what it found only what the state that
// entered it has consented to, part by part.
func TestArt33_4_EuropolUsesWithConsentOfTheOrigin(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna()) // the file and a record of France
		b.border.leave("2026-05-03 09:00", anna())
		german := anna()
		german.CrossingPoint = "DEFRA"
		record := b.border.enter("2026-05-05 09:00", german) // a record of Germany
		b.at("2026-06-01 10:00")
		r := b.submit(euUnit, history())
		if _, err := b.trySearch(point, r.RequestID); b.refusedAs(err, "no_such_request") == nil {
			t.Error("a state sees Europol's request")
		}
		must(b, func() (ees.RequestReceipt, error) {
			return b.tryDecide(euPoint, r.RequestID, 0, ees.RequestDecision{Approve: true})
		})
		if done := must(b, func() (ees.RequestReceipt, error) { return b.trySearch(euPoint, r.RequestID) }); *done.Hits != 1 {
			t.Fatalf("%+v", done)
		}
		read := func() ees.HistoryOutcome {
			return must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(euUnit, r.RequestID) })
		}
		if got := read(); len(got.Found) != 0 || len(got.Withheld) != 2 || got.Withheld[0] != (ees.Withheld{State: "D", Items: 1, Status: ees.ConsentAsked}) ||
			got.Withheld[1] != (ees.Withheld{State: "FRA", Items: 2, Status: ees.ConsentAsked}) {
			t.Fatalf("%+v", got)
		}
		if e := b.logged(ees.OpReadOutcome)[0].Entry; len(e.Subjects) != 0 {
			t.Errorf("nobody's data were read, and the log names %v", e.Subjects)
		}
		list := must(b, func() (ees.ConsentList, error) {
			return as(b, deNational, ees.OpListConsents, func(p access.Pass) (ees.ConsentList, error) { return b.register.ListConsents(p) })
		})
		if len(list.Consents) != 1 || list.Consents[0].RequestID != r.RequestID || list.Consents[0].Items != 1 || list.Consents[0].Offence != "kidnapping" {
			t.Errorf("%+v", list)
		}
		_, err := b.tryConsent(frNational, r.RequestID, ees.ConsentDecision{})
		b.refusedAs(err, "reasons_missing")
		must(b, func() (ees.ConsentView, error) {
			return b.tryConsent(deNational, r.RequestID, ees.ConsentDecision{Consent: true})
		})
		if got := read(); len(got.Found) != 1 || got.Found[0].Person != nil || len(got.Found[0].Records) != 1 || got.Found[0].Records[0].EnteredBy != "D" ||
			got.Found[0].Records[0].RecordID != record.RecordID || len(got.Withheld) != 1 {
			t.Errorf("%+v", got)
		}
		must(b, func() (ees.ConsentView, error) {
			return b.tryConsent(frNational, r.RequestID, ees.ConsentDecision{Reasons: "An operation of ours"})
		})
		if got := read(); len(got.Found) != 1 || got.Found[0].Person != nil || got.Withheld[0].Status != ees.ConsentRefused {
			t.Errorf("%+v", got)
		}
		// A decision is final.
		for _, who := range []access.Principal{frNational, deNational} {
			_, err := b.tryConsent(who, r.RequestID, ees.ConsentDecision{Consent: true})
			b.refusedAs(err, "already_decided")
		}
		// With the data goes what was asked about them.
		b.at("2026-07-02 00:00")
		if b.erase() != 1 || b.count(`SELECT COUNT(*) FROM ees_le_consent`) != 0 {
			t.Error("consents are left")
		}
	})
}

// Europol's access point verifies before it searches, always.
func TestArt33_3_NoUrgencyForEuropol(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.at("2026-06-01 10:00")
		in := history()
		in.Danger = "A life"
		_, err := b.trySubmit(euUnit, in)
		if r := b.refusedAs(err, "urgency_not_for_europol"); r.Kind != law.BadInput || r.Field != "imminent_danger" {
			t.Errorf("%+v", r)
		}
	})
}

// Europol identifies by the same two keys, and sees a file when its state has
// consented.
func TestArt33_2_EuropolIdentifiesByTheSameKeys(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		entry := b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		b.purpose = access.LawEnforcementIdentify
		b.register.Identifier = matcher{found: []ees.FileRef{entry.File}}
		r := b.submit(euUnit, latent(b))
		must(b, func() (ees.RequestReceipt, error) {
			return b.tryDecide(euPoint, r.RequestID, 0, ees.RequestDecision{Approve: true})
		})
		must(b, func() (ees.RequestReceipt, error) { return b.trySearch(euPoint, r.RequestID) })
		if got := must(b, func() (ees.IdentityOutcome, error) { return b.tryIdentity(euUnit, r.RequestID) }); len(got.Found) != 0 || got.Withheld[0].State != "FRA" {
			t.Errorf("%+v", got)
		}
		must(b, func() (ees.ConsentView, error) {
			return b.tryConsent(frNational, r.RequestID, ees.ConsentDecision{Consent: true})
		})
		if got := must(b, func() (ees.IdentityOutcome, error) { return b.tryIdentity(euUnit, r.RequestID) }); len(got.Found) != 1 || len(got.Withheld) != 0 {
			t.Errorf("%+v", got)
		}
	})
}
