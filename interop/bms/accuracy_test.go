package bms_test

import (
	"errors"
	"math"
	"path/filepath"
	"testing"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/interop/bms"
	"limen/law"
	"limen/ledger"
	people "limen/person"
)

// service is the service's tables behind a door that lets these tests in.
type service struct {
	*testing.T
	store *db.Store
	door  *access.Door
	log   *ledger.Log
}

func onBoth(t *testing.T, play func(s service)) {
	t.Helper()
	dbtest.Each(t, []db.Schema{ledger.Schema(), bms.Schema()}, func(t *testing.T, store *db.Store) {
		key, err := ledger.OpenKey(filepath.Join(t.TempDir(), "ledger.key"), "limen.test/log")
		if err != nil {
			t.Fatal(err)
		}
		log, err := ledger.Open(t.Context(), store, key, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ops := []access.Operation{{Op: "test.write", System: "bms", Title: "write", Cite: "2019/817 art 13", Writes: true},
			{Op: "test.read", System: "bms", Title: "read", Cite: "2019/817 art 14"}}
		ops = append(ops, bms.Operations()...)
		var grants []access.Grant
		for _, op := range ops[:2] {
			grants = append(grants, access.Grant{Kind: access.Border, Purpose: access.BorderCheck, Op: op.Op, Cite: op.Cite,
				Keys:    []access.Key{access.ByFingers, access.ByFace, access.ByFingersFace},
				Returns: []access.Category{access.AnonymousCounts}})
		}
		grants = append(grants[:2:2], bms.Grants()...)
		door, err := access.NewDoor(store, log, ops, grants)
		if err != nil {
			t.Fatal(err)
		}
		play(service{t, store, door, log})
	})
}

var guard = access.Principal{Officer: "guard", Channel: "session", Authority: access.Authority{Kind: access.Border, State: "FRA", Name: "Border"}}

func (s service) try(op access.Op, fn func(access.Pass) error) error {
	s.Helper()
	_, err := access.Run(s.Context(), s.door, access.Request{Principal: guard, Op: op}, func(p access.Pass) (bool, error) { return true, fn(p) })
	return err
}

func (s service) do(op access.Op, fn func(access.Pass) error) {
	s.Helper()
	if err := s.try(op, fn); err != nil {
		s.Fatal(err)
	}
}

// 2019/329: errors are counted among comparisons of one person, by age band, sex
// and quality, with the interval; a limit is set beside the whole alone, and is met
// or missed only when the interval lies to one side of it.
func TestAccuracyOfTheMonth(t *testing.T) {
	onBoth(t, func(s service) {
		record := func(times int, o bms.Outcome) {
			s.do("test.write", func(p access.Pass) error {
				for range times {
					if err := bms.Record(p, o); err != nil {
						return err
					}
				}
				return nil
			})
		}
		face := bms.Outcome{Task: bms.Verification, Means: bms.ByFace, Truth: bms.SamePerson, Said: true, Age: 33, Sex: people.Female, Quality: 70}
		record(500, face)
		missed := face
		missed.Said, missed.Age, missed.Quality = false, 80, 12
		record(20, missed)
		other := face
		other.Truth = bms.OtherPerson
		record(1, other)
		fingers := bms.Outcome{Task: bms.Identification, Means: bms.ByFingers, Truth: bms.SamePerson, Said: true, Age: -1, Sex: people.Male, Quality: bms.Unmeasured}
		record(29, fingers)
		test := face
		test.Synthetic, test.Said = true, false
		record(40, test)

		var report, synthetic bms.AccuracyReport
		s.do("test.read", func(p access.Pass) (err error) {
			month := p.Now().Format("2006-01")
			if report, err = bms.Accuracy(p, month, false); err != nil {
				return err
			}
			synthetic, err = bms.Accuracy(p, month, true)
			return err
		})
		find := func(r bms.AccuracyReport, task bms.Task, means bms.Means, by, band string) bms.AccuracyRow {
			for _, row := range r.Rows {
				if row.Task == task && row.Means == means && row.By == by && row.Band == band {
					return row
				}
			}
			t.Fatalf("no row %s %s %s %s in %+v", task, means, by, band, r.Rows)
			return bms.AccuracyRow{}
		}
		all := find(report, bms.Verification, bms.ByFace, "all", "all")
		if all.Missed.Errors != 20 || all.Missed.Of != 520 || all.False.Errors != 1 || all.False.Of != 1 ||
			all.Missed.Share == nil || math.Abs(*all.Missed.Share-20.0/520) > 1e-12 || all.False.Share != nil {
			t.Errorf("the whole: %+v", all)
		}
		// 20 of 520 by Clopper and Pearson: 2.37 % to 5.88 %; the limit is 1 %.
		if math.Abs(all.Missed.Low-0.0236) > 0.0003 || math.Abs(all.Missed.High-0.0588) > 0.0003 || all.Met != "missed" || *all.Limit != 0.01 {
			t.Errorf("interval %v to %v, %s", all.Missed.Low, all.Missed.High, all.Met)
		}
		old := find(report, bms.Verification, bms.ByFace, "age", "75+")
		if old.Missed.Errors != 20 || old.Missed.Of != 20 || old.Missed.Share != nil || old.Limit != nil || old.Missed.High != 1 {
			t.Errorf("the oldest: %+v", old)
		}
		if poor := find(report, bms.Verification, bms.ByFace, "quality", "0-19"); poor.Missed.Of != 20 {
			t.Errorf("the poorest: %+v", poor)
		}
		few := find(report, bms.Identification, bms.ByFingers, "all", "all")
		if few.Missed.Errors != 0 || few.Missed.Share != nil || few.Met != "not_shown" || math.Abs(few.Missed.High-(1-math.Pow(0.025, 1.0/29))) > 1e-9 {
			t.Errorf("few: %+v", few)
		}
		for _, row := range synthetic.Rows {
			if row.Limit != nil || row.Met != "" || row.Missed.Of != 40 {
				t.Errorf("synthetic: %+v", row)
			}
		}
		for _, month := range []string{"", "2026", "2026-13", "2999-01"} {
			var r *law.Refusal
			err := s.try("test.read", func(p access.Pass) error { _, err := bms.Accuracy(p, month, false); return err })
			if !errors.As(err, &r) {
				t.Errorf("month %q: %v", month, err)
			}
		}
	})
}
