package ees_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
	"limen/ledger"
)

// crowd lets people enter and leave on two days.
func (b *border) crowd(n int, entry, exit string) []ees.FileRef {
	b.Helper()
	refs := make([]ees.FileRef, n)
	who := make([]ees.CheckRequest, n)
	for i := range n {
		who[i] = traveller(fmt.Sprintf("%c%cOWD", 'A'+i/26, 'A'+i%26), "JOHN", fmt.Sprintf("%d-03-04", 1940+i), "M", "USA", fmt.Sprintf("US%d", i))
		refs[i] = b.enter(entry, who[i]).File
	}
	for i := range n {
		b.leave(exit, who[i])
	}
	return refs
}

// whole fails when a file is there in part: a row of any table without its file,
// or a file without its data.
func (b *border) whole() {
	b.Helper()
	for _, part := range []string{"ees_record t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.ref)",
		"ees_refusal t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.ref)",
		"ees_by_visa t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.ref)",
		"cir_dataset t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.record_ref)",
		"cir_identity t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.record_ref)",
		"cir_document t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.record_ref)",
		"cir_by_name t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.record_ref)",
		"cir_by_document t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.record_ref)",
		"ees_file f WHERE NOT EXISTS (SELECT 1 FROM cir_identity t WHERE t.record_ref = f.ref)",
		"ees_ended t WHERE EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.ref)"} {
		if n := b.tally(part); n != 0 {
			b.Errorf("%d rows of %s", n, part)
		}
	}
}

// The duty may be stopped between any two steps: what has committed is gone whole,
// and the next start does the rest, once. EES-057, EES-061.
func TestArt34_5_StoppedBetweenSteps(t *testing.T) {
	onBoth(t, func(b *border) {
		const people = 40
		b.crowd(people, "2026-05-01 08:00", "2026-05-20 08:00")
		b.at("2029-05-22 01:30")
		done, starts := 0, 0
		for b.tally("ees_file") > 0 && starts < 2*people {
			ctx, stop := context.WithCancel(context.Background())
			starts++
			n, err := b.register.Retain(ctx, b.door, func(int) { stop() })
			if err != nil && !errors.Is(err, context.Canceled) {
				b.Fatal(err)
			}
			done += n
			stop()
			b.whole()
		}
		if starts < 2 || done != people || b.tally("ees_announcement") != people || b.tally("ees_ended") != people {
			b.Errorf("%d starts erased %d of %d files; %d announcements", starts, done, people, b.tally("ees_announcement"))
		}
		b.verify()
	})
}

// A step that fails leaves nothing of itself: no file half erased, no announcement
// of what is still there.
func TestArt34_5_FailedStepLeavesNothing(t *testing.T) {
	onBoth(t, func(b *border) {
		refs := b.crowd(3, "2026-05-01 08:00", "2026-05-20 08:00")
		// The note that a file has ended is there already: the last statement fails.
		exec := func(q string, args ...any) {
			if err := b.store.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(q, args...); return err }); err != nil {
				b.Fatal(err)
			}
		}
		exec(`INSERT INTO ees_ended (ref, ended_on, at, ground, logs_due_on) VALUES ($1, '2029-01-01', 1, 'retention_over', '2030-01-02')`, string(refs[1]))
		b.at("2029-05-22 01:30")
		if _, err := b.register.Retain(context.Background(), b.door, nil); err == nil {
			b.Fatal("no error")
		}
		exec(`DELETE FROM ees_ended`)
		b.whole()
		if n := b.tally("ees_file"); n != 3 || b.tally("ees_announcement") != 0 {
			b.Errorf("%d files and %d announcements after a failed step", n, b.tally("ees_announcement"))
		}
		if n := b.retain(); n != 3 {
			b.Errorf("erased %d", n)
		}
		b.verify()
	})
}

// Somebody comes back at the moment at which the file is due: either the crossing
// is first and the file stays with it, or the erasure is first and the guard is
// told to check again; then a new file is made. Never half a file. EES-057.
func TestArt34_2_CrossingRacesTheErasure(t *testing.T) {
	onBoth(t, func(b *border) {
		const people = 12
		b.crowd(people, "2026-05-01 08:00", "2026-05-20 08:00")
		b.at("2029-05-22 01:30")
		checks := make([]ees.Check, people)
		for i := range checks {
			checks[i] = b.check(traveller(fmt.Sprintf("%c%cOWD", 'A'+i/26, 'A'+i%26), "JOHN", fmt.Sprintf("%d-03-04", 1940+i), "M", "USA", fmt.Sprintf("US%d", i)))
			if checks[i].File == nil {
				b.Fatal("not found before the erasure")
			}
		}
		var all sync.WaitGroup
		outcome := make([]error, people)
		for i := range checks {
			all.Go(func() { _, outcome[i] = b.tryCross(ees.CrossingRequest{CheckID: checks[i].CheckID}) })
		}
		all.Go(func() {
			if _, err := b.register.Retain(context.Background(), b.door, nil); err != nil {
				b.Error(err)
			}
		})
		all.Wait()
		crossed := 0
		for i, err := range outcome {
			var refusal *law.Refusal
			switch {
			case err == nil:
				crossed++
			case !errors.As(err, &refusal) || refusal.Code != "no_such_file" && refusal.Code != "file_changed" && refusal.Code != "unknown_check":
				b.Errorf("%d: %v", i, err)
			}
		}
		b.whole()
		if n := b.tally("ees_file"); n != crossed {
			b.Errorf("%d files are left and %d crossings were recorded", n, crossed)
		}
		for i, err := range outcome {
			if err != nil {
				who := traveller(fmt.Sprintf("%c%cOWD", 'A'+i/26, 'A'+i%26), "JOHN", fmt.Sprintf("%d-03-04", 1940+i), "M", "USA", fmt.Sprintf("US%d", i))
				b.cross(b.check(who))
			}
		}
		if n := b.tally("ees_file"); n != people {
			b.Errorf("%d files after everybody has crossed", n)
		}
		b.verify()
	})
}

// Two starts of the duty at one moment, as of two processes, erase each file once.
func TestArt34_5_TwoDutiesAtOnce(t *testing.T) {
	onBoth(t, func(b *border) {
		const people = 20
		b.crowd(people, "2026-05-01 08:00", "2026-05-20 08:00")
		b.at("2029-05-22 01:30")
		var all sync.WaitGroup
		done := make([]int, 2)
		for i := range done {
			all.Go(func() {
				var err error
				if done[i], err = b.register.Retain(context.Background(), b.door, nil); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
		b.whole()
		if b.tally("ees_file") != 0 || b.tally("ees_announcement") != people {
			b.Errorf("%v: %d files left, %d announcements", done, b.tally("ees_file"), b.tally("ees_announcement"))
		}
		b.verify()
	})
}

// EES-028, annex II: a transit is flagged when its hours are over, not when the day
// is, and by the hour.
func TestArt12_1_TransitIsFlaggedByTheHour(t *testing.T) {
	onBoth(t, func(b *border) {
		r := b.enter("2026-05-01 08:00", anna())
		// A booth cannot yet name such a document: the record is made a transit here.
		if err := b.store.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE ees_record SET transit = TRUE, stay_end = '2026-05-02', ends_at = $1 WHERE ref = $2`, instant(b, "2026-05-02 08:00"), string(r.File))
			return err
		}); err != nil {
			b.Fatal(err)
		}
		if n := b.at("2026-05-02 08:00").flag(); n != 0 {
			b.Errorf("flagged %d in the last moment", n)
		}
		if n := b.at("2026-05-02 08:01").flag(); n != 1 {
			b.Errorf("flagged %d after the last hour", n)
		}
		l := b.overstayers(ees.OverstayerQuery{})
		if len(l.Overstayers) != 1 || l.Overstayers[0].Since != day("2026-05-02") || l.Overstayers[0].Class != ees.NoExit {
			b.Errorf("%+v", l.Overstayers)
		}
		if n := b.at("2026-05-02 09:01").flag(); n != 0 {
			b.Errorf("flagged %d again", n)
		}
	})
}

func instant(b *border, moment string) int64 {
	b.at(moment)
	return b.clock.Now().UnixMicro()
}

// Many stays of many days are flagged once each, and every one stands in the log.
func TestArt12_1_EveryFlaggedStayIsLogged(t *testing.T) {
	onBoth(t, func(b *border) {
		const people = 60
		flagged := map[string]bool{}
		for i := range people {
			r := b.enter(fmt.Sprintf("2026-05-%02d 08:00", 1+i/10), traveller(fmt.Sprintf("%c%cOVER", 'A'+i/26, 'A'+i%26), "JOHN", fmt.Sprintf("%d-03-04", 1930+i), "M", "USA", fmt.Sprintf("US%d", i)))
			flagged[string(r.File)] = true
		}
		if n := b.at("2026-08-01 08:00").flag(); n != 30 { // those of the first three days
			b.Errorf("flagged %d", n)
		}
		if n := b.at("2026-09-01 08:00").flag(); n != 30 {
			b.Errorf("flagged %d", n)
		}
		err := b.store.Read(context.Background(), func(tx *db.Tx) error {
			page, err := b.log.Entries(tx, ledger.Filter{Operation: string(ees.OpFlagOverstayers), Limit: 1000})
			for _, e := range page.Records {
				for _, s := range e.Entry.Subjects {
					delete(flagged, s)
				}
			}
			return err
		})
		if err != nil || len(flagged) != 0 {
			b.Errorf("%d flagged and not logged: %v", len(flagged), err)
		}
	})
}

// An announcement list is read in pages and to the end, also when more comes.
func TestArt35_7_AnnouncementsInPages(t *testing.T) {
	onBoth(t, func(b *border) {
		const people = 7
		b.crowd(people, "2026-05-01 08:00", "2026-05-20 08:00")
		b.at("2029-05-22 01:30").retain()
		b.at("2029-05-22 02:00")
		seen := map[ees.FileRef]bool{}
		q := ees.AnnouncementQuery{Limit: 3}
		for range 10 {
			l, err := run(b, guard, ees.OpListAnnouncements, func(p access.Pass) (ees.AnnouncementList, error) { return b.register.ListAnnouncements(p, q) })
			if err != nil {
				b.Fatal(err)
			}
			for _, a := range l.Announcements {
				if seen[a.File] {
					b.Errorf("%s twice", a.File)
				}
				seen[a.File] = true
			}
			if q.After = l.Next; !l.More {
				break
			}
		}
		if len(seen) != people {
			b.Errorf("%d of %d", len(seen), people)
		}
		var refusal *law.Refusal
		for _, bad := range []ees.AnnouncementQuery{{Limit: 0}, {Limit: 1001}, {Limit: 1, After: "%"}} {
			if _, err := run(b, guard, ees.OpListAnnouncements, func(p access.Pass) (ees.AnnouncementList, error) { return b.register.ListAnnouncements(p, bad) }); !errors.As(err, &refusal) {
				b.Errorf("%+v: %v", bad, err)
			}
		}
	})
}
