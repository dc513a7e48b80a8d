package ees_test

import (
	"context"
	"testing"

	"limen/db"
	"limen/ees"
)

// put changes the register behind its back, as another decision would have.
func (b *border) put(q string, args ...any) {
	b.Helper()
	if err := b.store.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(q, args...); return err }); err != nil {
		b.Fatal(err)
	}
}

// EES-060: a file that an authority has marked goes on the day of the mark by
// itself, whatever its periods say, and the states are told why.
func TestArt35_6_MarkedFileGoesOnItsDay(t *testing.T) {
	onBoth(t, func(b *border) {
		r := b.enter("2026-05-01 08:00", anna())
		b.leave("2026-05-20 08:00", anna())
		b.put(`UPDATE ees_file SET erase_by = '2026-06-05', due_on = '2026-06-05' WHERE ref = $1`, string(r.File))
		b.holds("2026-06-04 1 1 0", "2026-06-05 0 0 0")
		a := b.at("2026-06-05 12:00").announced()
		if len(a) != 1 || a[0].Kind != ees.FileErased || a[0].Ground != ees.MarkedEarly {
			b.Errorf("%+v", a)
		}
		b.whole()
	})
}

// EES-063: log entries that speak of a file under a reference that was merged away
// stay while the file is there, and go a year after it.
func TestArt46_4_MergedReferencesEndWithTheFile(t *testing.T) {
	onBoth(t, func(b *border) {
		old := b.enter("2026-05-01 08:00", traveller("DOE", "JOHN", "1970-03-04", "M", "USA", "US111"))
		r := b.enter("2026-05-02 08:00", anna())
		b.at("2026-09-01 08:00").flag() // one entry about both
		// The first is taken into the second.
		for _, table := range []string{"ees_record", "ees_file"} {
			b.put(`DELETE FROM `+table+` WHERE ref = $1`, string(old.File))
		}
		for _, table := range []string{"cir_dataset", "cir_identity", "cir_document", "cir_biometric", "cir_file", "cir_by_document", "cir_by_name"} {
			b.put(`DELETE FROM `+table+` WHERE record_ref = $1`, string(old.File))
		}
		b.put(`INSERT INTO ees_by_merged (merged, ref) VALUES ($1, $2)`, string(old.File), string(r.File))
		b.leave("2026-09-20 08:00", anna()) // kept to 2029-09-21
		had := b.about(old.File)
		b.holds("2029-09-22 0 0 0")
		b.eraseLogs("2030-09-22")
		if b.about(old.File) != had || had < 2 {
			b.Errorf("%d of %d entries are left before the year is over", b.about(old.File), had)
		}
		b.eraseLogs("2030-09-23")
		if n := b.about(old.File) + b.about(r.File); n != 0 {
			b.Errorf("%d entries are left", n)
		}
		b.verify()
	})
}
