package ees_test

import (
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
)

// The log shows what article 59(2) lists, of the search and of the verification
// afterwards, and the supervisor's reading has it.
func TestArt59_2_LogShowsWhatTheArticleLists(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		entry := b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		in := history()
		in.Danger, in.Futile = "The child is in danger", "Her prints are in no system"
		r := b.answered(in)
		must(b, func() (ees.RequestReceipt, error) {
			return b.tryVerify(point, r.RequestID, ees.UrgencyVerdict{Justified: true, Reasons: "All was met"})
		})
		search := b.logged(ees.OpSearchForRequest)[0]
		e := search.Entry
		if e.Purpose != string(access.LawEnforcementHistory) || e.Case != "PN-2026-0042" || !e.At.Equal(b.clock.Now()) || e.Authority != point.Authority.Name ||
			e.Officer != "verifier" || len(e.Subjects) != 1 || e.Subjects[0] != string(entry.File) || !search.Proves("travel_document", "CAN CA884411") {
			t.Errorf("%+v", e)
		}
		facts := func(op access.Op) map[string]string {
			all := map[string]string{}
			for _, f := range b.logged(op)[0].Entry.Facts {
				all[f.Name] = f.Value
			}
			return all
		}
		for op, want := range map[access.Op]map[string]string{
			ees.OpSearchForRequest: {"request": r.RequestID, "offence": "serious_criminal_offence kidnapping: Abduction of a minor on 2026-05-30", "requesting_authority": "Brigade criminelle",
				"requested_by": "brigadier", "ordered_by": "commissaire", "not_compared_because": "Her prints are in no system", "urgency": "The child is in danger", "searched_by": "travel_document", "files_found": "1"},
			ees.OpVerifyUrgency: {"request": r.RequestID, "verified_afterwards": "justified", "verification_reasons": "All was met", "urgency": "The child is in danger"},
		} {
			got := facts(op)
			for name, value := range want {
				if got[name] != value {
					t.Errorf("%s: %s is %q, want %q", op, name, got[name], value)
				}
			}
		}
		for {
			n, err := b.log.Integrate(b.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
		}
		// Whoever changes a fact breaks the log.
		verify := func() error {
			_, err := b.log.Verify(b.Context(), verifyOptions)
			return err
		}
		if err := verify(); err != nil {
			t.Fatal(err)
		}
		if err := b.store.Write(b.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE ledger_entry SET body = REPLACE(body, 'commissaire', 'commandant') WHERE id = $1`, search.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if verify() == nil {
			t.Error("a changed fact went unseen")
		}
	})
}
