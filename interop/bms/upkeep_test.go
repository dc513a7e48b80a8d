package bms_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"limen/access"
	"limen/db"
	"limen/interop/bms"
	"limen/interop/bms/face"
	"limen/law"
	"limen/ledger"
)

// 2019/817 art 15: whatever order two transactions are told of in, what the later one
// erased is not in memory, and what was taken over and given back is.
func TestArt15_LateNewsOfAChangeIsLeft(t *testing.T) {
	n := bms.NewOrder()
	for i, c := range []struct {
		ref   bms.RecordRef
		order int64
		newer bool
	}{
		{"a", 2, true}, {"a", 1, false}, {"b", 1, true}, {"a", 3, true}, {"a", 3, true}, {"a", 2, false},
	} {
		if got := n(bms.EES, c.ref, c.order); got != c.newer {
			t.Errorf("%d: %v of %s is newer: %v", i, c.order, c.ref, got)
		}
	}
	if !n(bms.VIS, "a", 1) {
		t.Error("a change in one system hides that of another")
	}
}

// A gallery that is being filled while records are enrolled, taken over and erased
// ends as the store is, and no search in between is answered from a part of it.
func TestArt12_FillingWhileRecordsChange(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		for n := range 24 {
			s.enrol(b, bms.EES, ref(n), 1, s.prints(b, person(uint64(n)).Prints(1)[:1]))
		}
		all := s.open()
		var both sync.WaitGroup
		both.Go(func() {
			for range 3 {
				if err := all.Fill(t.Context(), s.door, nil); err != nil {
					t.Error(err)
				}
			}
		})
		both.Go(func() {
			if err := all.Fill(t.Context(), s.door, nil); err != nil { // at the same time
				t.Error(err)
			}
		})
		both.Go(func() {
			for n := range 24 {
				switch n % 3 {
				case 0:
					s.do("test.write", func(p access.Pass) error { return bms.Move(p, bms.EES, ref(n), 1, ref(n+100), 1) })
				case 1:
					s.do("test.write", func(p access.Pass) error { _, err := bms.Erase(p, bms.EES, "", ref(n)); return err })
				}
			}
		})
		probe := s.prints(b, person(2).Prints(1)[:1])
		for range 20 {
			finding, err := all.Look(t.Context(), bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{probe}, Day: today})
			var r *law.Refusal
			if errors.As(err, &r) && r.Code == "gallery_filling" {
				continue
			}
			if err != nil {
				t.Error(err)
				break
			}
			s.do("test.read", func(p access.Pass) error {
				found, err := finding.Reveal(p)
				if !slices.Contains(refs(found), ref(2)) {
					t.Errorf("answered from a part: %v", found)
				}
				return err
			})
		}
		both.Wait()
		for n := range 24 {
			sample := s.prints(b, person(uint64(n)).Prints(1)[:1])
			found := refs(s.look(all, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{sample}}))
			want := [][]bms.RecordRef{{ref(n + 100)}, nil, {ref(n)}}[n%3]
			if !slices.Equal(found, want) {
				t.Errorf("%d: found %v, want %v", n, found, want)
			}
		}
		if got := bms.Held(all, bms.EES); got != 16 {
			t.Errorf("%d records in memory, want 16", got)
		}
	})
}

// Nothing that could be compared is no answer; nor is a search of no system or of one
// whose templates are not held.
func TestArt14_NothingToCompareIsNoAnswer(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		who := person(1)
		s.enrol(b, bms.EES, "a", 1, s.prints(b, who.Prints(1)))
		strange, err := face.Quantise("another-model", make512(1))
		if err != nil {
			t.Fatal(err)
		}
		fingers, unknown := s.prints(b, who.Prints(1)), s.face(b, strange)
		scope := []bms.System{bms.EES}
		for name, search := range map[string]bms.Search{"no sample": {Scope: scope}, "a face of no model in use": {Scope: scope, Samples: []*bms.Sample{unknown}}} {
			search.Day = today
			_, err := b.Look(t.Context(), search)
			var r *law.Refusal
			if !errors.As(err, &r) || r.Code != "nothing_to_compare" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, scope := range [][]bms.System{nil, {"SIS"}, {bms.EES, "SIS"}} {
			if _, err := b.Look(t.Context(), bms.Search{Scope: scope, Samples: []*bms.Sample{fingers}, Day: today}); err == nil {
				t.Errorf("searched %v", scope)
			}
		}
		// A face that nobody can compare does not stand between fingers and who has them.
		for _, portrait := range []*bms.Sample{unknown, s.face(b, who.Face(1, 0.9))} {
			if found := refs(s.look(b, bms.Search{Scope: scope, Samples: []*bms.Sample{fingers, portrait}, FaceFirst: true})); !slices.Equal(found, []bms.RecordRef{"a"}) {
				t.Errorf("face first: %v", found)
			}
		}
		// A system named twice is one system.
		if found := s.look(b, bms.Search{Scope: []bms.System{bms.EES, bms.EES}, Samples: []*bms.Sample{fingers}}); len(found) != 1 {
			t.Errorf("one system twice: %v", found)
		}
		s.do("test.read", func(p access.Pass) error {
			v, err := b.Verify(p, bms.EES, "a", unknown, today)
			if v.Match || v.Faces > 0 || v.Fingers > 0 {
				t.Errorf("compared nothing: %+v", v)
			}
			return err
		})
		if f := s.facts("test.read"); f["biometric_result"] != "nothing_to_compare" || f["biometric_type"] != "face" {
			t.Errorf("the log says %v", f)
		}
	})
}

// facts are those of the newest entry of an operation.
func (s service) facts(op string) map[string]string {
	s.Helper()
	facts := map[string]string{}
	if err := s.store.Read(s.Context(), func(tx *db.Tx) error {
		page, err := s.log.Entries(tx, ledger.Filter{Operation: op, Officer: string(guard.Officer)})
		if err == nil && len(page.Records) > 0 {
			for _, f := range page.Records[0].Entry.Facts {
				facts[f.Name] = f.Value
			}
		}
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return facts
}

// A record with fingers and a face is one record: the threshold grows with records.
func TestThresholdGrowsWithRecords(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		for n := range 10 {
			s.enrol(b, bms.EES, ref(n), 1, s.prints(b, person(uint64(n)).Prints(1)[:1]))
			s.enrol(b, bms.EES, ref(n), 2, s.face(b, person(uint64(n)).Face(1, 0.9)))
		}
		s.look(b, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{s.prints(b, person(1).Prints(1))}})
		if f := s.facts("test.read"); f["biometric_records"] != "10" || f["biometric_threshold"] != "4.00" {
			t.Errorf("records %s, threshold %s", f["biometric_records"], f["biometric_threshold"])
		}
		s.do("test.write", func(p access.Pass) error { _, err := bms.Erase(p, bms.EES, bms.Face, ref(0), ref(1)); return err })
		s.do("test.write", func(p access.Pass) error { _, err := bms.Erase(p, bms.EES, "", ref(2), ref(3)); return err })
		s.look(b, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{s.prints(b, person(1).Prints(1))}})
		if f := s.facts("test.read"); f["biometric_records"] != "8" {
			t.Errorf("records %s after erasing two", f["biometric_records"])
		}
	})
}

// Templates of people and of nobody are not searched together.
func TestSyntheticTemplatesAreApart(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open() // a demonstration's
		s.fill(b)
		sample := s.prints(b, person(1).Prints(1))
		pass, _, err := sample.Gate(today, false) // as of a person
		if err != nil {
			t.Fatal(err)
		}
		s.do("test.write", func(p access.Pass) error { return bms.Enrol(p, b.Seal(), bms.EES, "somebody", 1, pass) })
		again := s.open()
		s.fill(again)
		for _, b := range []*bms.Service{b, again} {
			if found := s.look(b, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{sample}}); len(found) > 0 {
				t.Errorf("a demonstration found a person: %v", found)
			}
		}
	})
}

// An examiner is shown the likeliest, however unlike.
func TestArt32_5_ExploringHasNoThreshold(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		for n := range 40 {
			s.enrol(b, bms.EES, ref(n), 1, s.prints(b, person(uint64(n)).Prints(1)[:1]))
		}
		if found := s.look(b, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{s.prints(b, person(500).Prints(1)[:1])}, Explore: true}); len(found) != 10 {
			t.Errorf("%d candidates", len(found))
		}
		// Nor are there more of two systems together.
		for n := range 10 {
			s.enrol(b, bms.VIS, ref(n), 1, s.prints(b, person(uint64(n)).Prints(1)[:1]))
		}
		found := s.look(b, bms.Search{Scope: []bms.System{bms.VIS, bms.EES}, Samples: []*bms.Sample{s.prints(b, person(1).Prints(1)[:1])}, Explore: true})
		if len(found) != 10 || found[0].Ref != ref(1) || found[1].Ref != ref(1) || found[0].System == found[1].System {
			t.Errorf("of two systems: %v", found)
		}
	})
}

// A service that was closed answers nothing.
func TestClosedServiceDoesNotSearch(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		b.Close()
		_, err := b.Look(t.Context(), bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{s.prints(b, person(1).Prints(1))}, Day: today})
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%v", err)
		}
		if err := b.Fill(t.Context(), s.door, nil); err == nil {
			t.Error("filled after its end")
		}
	})
}
