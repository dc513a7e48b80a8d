package cir_test

import (
	"encoding/json"
	"errors"
	"testing"

	"limen/access"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// 2019/817 art 19(1): what one record takes over is found in it, by every
// document and name, and once only; put back, each is found where it was. The
// note that putting back needs survives being stored.
func TestArt19_1_AbsorbAndRelease(t *testing.T) {
	onBoth(t, func(r repository) {
		anna, anne := identity("PELLETIER", "ANNA", "CAN"), identity("ZIMMERMANN", "ANNA", "USA", "CAN")
		shared := passport("CA1", "CAN")
		r.create("a", anna, shared)
		r.create("b", anna, shared, passport("US1", "USA"))
		r.do("cir.write", func(p access.Pass) error { return cir.AddIdentity(p, "b", cir.EES, anne) })
		holders := func(number, issuer string) (refs []cir.RecordRef) {
			r.do("cir.read", func(p access.Pass) (err error) {
				refs, err = cir.FindByDocument(p, cir.EES, person.DocumentNumber(number), person.State(issuer))
				return err
			})
			return refs
		}
		size := func(ref cir.RecordRef) (n int) {
			r.do("cir.read", func(p access.Pass) (err error) { n, err = cir.Size(p, cir.EES, ref); return err })
			return n
		}
		sizes := [2]int{size("a"), size("b")}
		var note []byte
		r.do("cir.write", func(p access.Pass) error {
			kept, err := cir.Absorb(p, cir.EES, "a", "b")
			if err == nil {
				note, err = json.Marshal(kept)
			}
			return err
		})
		if refs := holders("CA1", "CAN"); len(refs) != 1 || refs[0] != "a" {
			t.Errorf("the shared document: %v", refs)
		}
		if refs := holders("US1", "USA"); len(refs) != 1 || refs[0] != "a" {
			t.Errorf("the other document: %v", refs)
		}
		if refs := r.find(identity("ZIMERMANN", "ANNA", "USA")); len(refs) != 1 || refs[0] != "a" {
			t.Errorf("the other identity: %v", refs)
		}
		// One identity and one document were the same; every sample is kept.
		if n := size("a"); n != sizes[0]+sizes[1]-2 {
			t.Errorf("%d rows of %v", n, sizes)
		}
		r.do("cir.write", func(p access.Pass) error {
			var kept cir.Absorbed
			if err := json.Unmarshal(note, &kept); err != nil {
				return err
			}
			return cir.Release(p, cir.EES, "a", "b", kept)
		})
		if refs := holders("CA1", "CAN"); len(refs) != 2 {
			t.Errorf("the shared document afterwards: %v", refs)
		}
		if refs := r.find(anne); len(refs) != 1 || refs[0] != "b" || size("a") != sizes[0] || size("b") != sizes[1] {
			t.Errorf("afterwards: %v, %d and %d rows", refs, size("a"), size("b"))
		}
	})
}

// A correction is found, and what it corrected is not; what came with a record
// and was corrected since is not put back.
func TestArt19_1_CorrectedDataAreNotPutBack(t *testing.T) {
	onBoth(t, func(r repository) {
		r.create("a", identity("PELLETIER", "ANNA", "CAN"), passport("CA1", "CAN"))
		r.create("b", identity("ZIMMERMANN", "ANNA", "USA"), passport("US1", "USA"))
		var kept cir.Absorbed
		r.do("cir.write", func(p access.Pass) (err error) { kept, err = cir.Absorb(p, cir.EES, "a", "b"); return err })
		r.do("cir.write", func(p access.Pass) error {
			return cir.CorrectIdentity(p, "a", cir.EES, 2, identity("OKAFOR", "ANNA", "USA"))
		})
		if len(r.find(identity("ZIMMERMANN", "ANNA", "USA"))) != 0 || len(r.find(identity("OKAFOR", "ANNA", "USA"))) != 1 {
			t.Error("found by what was wrong, or not by what is right")
		}
		var refusal *law.Refusal
		r.do("cir.write", func(p access.Pass) error {
			if err := cir.Release(p, cir.EES, "a", "b", kept); !errors.As(err, &refusal) || refusal.Code != "absorbed_data_changed" {
				t.Errorf("%v", err)
			}
			if err := cir.CorrectDocument(p, "a", cir.EES, 2, passport("CA1", "CAN")); !errors.As(err, &refusal) || refusal.Code != "document_already_in_file" {
				t.Errorf("%v", err)
			}
			return nil
		})
	})
}
