package cir_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/interop/bms"
	"limen/interop/cir"
	"limen/law"
	"limen/ledger"
	"limen/person"
)

// repository is a repository behind a door that lets these tests in.
type repository struct {
	*testing.T
	door *access.Door
}

func onBoth(t *testing.T, play func(r repository)) {
	t.Helper()
	dbtest.Each(t, []db.Schema{ledger.Schema(), bms.Schema(), cir.Schema()}, func(t *testing.T, s *db.Store) {
		key, err := ledger.OpenKey(filepath.Join(t.TempDir(), "ledger.key"), "limen.test/log")
		if err != nil {
			t.Fatal(err)
		}
		log, err := ledger.Open(t.Context(), s, key, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ops := []access.Operation{{Op: "cir.write", System: "cir", Title: "write", Cite: "2019/817 art 19", Writes: true},
			{Op: "cir.read", System: "cir", Title: "read", Cite: "2019/817 art 17"}}
		keys := []access.Key{access.ByDocument, access.ByIdentity}
		door, err := access.NewDoor(s, log, ops, []access.Grant{
			{Kind: access.Border, Purpose: access.BorderCheck, Op: "cir.write", Cite: "2019/817 art 19", Keys: keys},
			{Kind: access.Border, Purpose: access.BorderCheck, Op: "cir.read", Cite: "2019/817 art 17", Keys: keys}})
		if err != nil {
			t.Fatal(err)
		}
		play(repository{t, door})
	})
}

var guard = access.Principal{Officer: "guard", Channel: "session", Authority: access.Authority{Kind: access.Border, State: "FRA", Name: "Border"}}

func (r repository) do(op access.Op, fn func(access.Pass) error) {
	r.Helper()
	_, err := access.Run(r.Context(), r.door, access.Request{Principal: guard, Op: op}, func(p access.Pass) (bool, error) { return true, fn(p) })
	if err != nil {
		r.Fatal(err)
	}
}

func identity(surname, first string, nationalities ...person.State) cir.Identity {
	return cir.Identity{Name: person.Name{Surname: surname, FirstNames: first}, Birth: person.BornOn(law.MustDate("1988-02-11")), Sex: person.Female, Nationalities: nationalities}
}

func passport(number string, issuer person.State) person.Document {
	return person.Document{Type: "P", Number: person.DocumentNumber(number), Issuer: issuer, Expiry: law.MustDate("2033-01-01")}
}

func (r repository) create(ref string, id cir.Identity, docs ...person.Document) {
	r.Helper()
	r.do("cir.write", func(p access.Pass) error {
		return cir.Create(p, cir.Dataset{Ref: cir.RecordRef(ref), System: cir.EES, File: cir.NewFileNumber(), Identities: []cir.Identity{id}, Documents: docs,
			Biometrics: []cir.Biometric{{Kind: "face", Status: "PRESENT", Source: "live", CapturedAt: time.UnixMicro(1)}}})
	})
}

func (r repository) find(id cir.Identity) (refs []cir.RecordRef) {
	r.Helper()
	r.do("cir.read", func(p access.Pass) error {
		found, _, err := cir.FindByIdentity(p, cir.EES, id)
		refs = nil
		for _, c := range found {
			refs = append(refs, c.Ref)
		}
		return err
	})
	return refs
}

// EES-035: names inexactly, the other fields exactly.
func TestArt17_IdentityIsFoundByAnInexactName(t *testing.T) {
	onBoth(t, func(r repository) {
		r.create("a", identity("PELLETIER", "ANNA MARIE", "CAN", "USA"), passport("CA1", "CAN"))
		r.create("b", identity("OKAFOR", "CHIOMA", "CAN"), passport("CA2", "CAN"))
		for _, c := range []struct {
			name string
			id   cir.Identity
			want int
		}{
			{"exactly", identity("PELLETIER", "ANNA MARIE", "CAN"), 1},
			{"by the other nationality", identity("PELLETIER", "ANNA MARIE", "USA"), 1},
			{"misspelt", identity("PELETIER", "ANNA MARIE", "CAN"), 1},
			{"reordered", identity("ANNA", "MARIE PELLETIER", "CAN"), 1},
			{"without the middle name", identity("PELLETIER", "ANNA", "CAN"), 1},
			{"with accents", identity("Pelletièr", "Anna Marie", "CAN"), 1},
			{"another nationality", identity("PELLETIER", "ANNA MARIE", "FRA"), 0},
			{"another name", identity("SCHUMACHER", "GISELA", "CAN"), 0},
		} {
			if got := r.find(c.id); len(got) != c.want || c.want == 1 && got[0] != "a" {
				r.Errorf("%s: found %v", c.name, got)
			}
		}
		other := identity("PELLETIER", "ANNA MARIE", "CAN")
		other.Birth = person.BornOn(law.MustDate("1988-02-12"))
		if got := r.find(other); len(got) != 0 {
			r.Errorf("another birth date: found %v", got)
		}
	})
}

// 2019/817 art 18(2): several documents and identities of one record, each found;
// adding one twice changes nothing.
func TestArt18_2_SeveralDocumentsAndIdentities(t *testing.T) {
	onBoth(t, func(r repository) {
		r.create("a", identity("PELLETIER", "ANNA", "CAN"), passport("CA1", "CAN"))
		for range 2 {
			r.do("cir.write", func(p access.Pass) error { return cir.AddDocument(p, "a", cir.EES, passport("FR1", "FRA")) })
		}
		r.do("cir.write", func(p access.Pass) error {
			n, err := cir.AddBiometric(p, "a", cir.EES, cir.Biometric{Kind: "fingerprints", Status: "PRESENT", CapturedAt: time.UnixMicro(2)})
			if n != 2 {
				t.Errorf("the second sample has number %d", n)
			}
			return errors.Join(cir.AddIdentity(p, "a", cir.EES, identity("ZIMMERMANN", "ANNA", "CAN")), err)
		})
		r.do("cir.read", func(p access.Pass) error {
			d, err := cir.Get(p, cir.EES, "a")
			if err != nil {
				return err
			}
			samples, err := cir.Biometrics(p, cir.EES, "a")
			if len(d.Documents) != 2 || len(d.Identities) != 2 || len(samples) != 2 || d.File == "" {
				r.Errorf("%+v, %d samples", d, len(samples))
			}
			for _, doc := range d.Documents {
				refs, err := cir.FindByDocument(p, cir.EES, doc.Number, doc.Issuer)
				if err != nil || len(refs) != 1 || refs[0] != "a" {
					r.Errorf("%s: %v, %v", doc.Number, refs, err)
				}
			}
			return err
		})
		if got := r.find(identity("ZIMERMANN", "ANNA", "CAN")); len(got) != 1 {
			r.Errorf("by the second identity: %v", got)
		}
	})
}

// A search that could not compare or show everybody says so.
func TestArt17_MoreIsSaid(t *testing.T) {
	onBoth(t, func(r repository) {
		for i := range cir.MaxCandidates + 3 {
			r.create(fmt.Sprintf("r%02d", i), identity("PELLETIER", "ANNA", "CAN"), passport(fmt.Sprintf("N%d", i), "CAN"))
		}
		r.do("cir.read", func(p access.Pass) error {
			found, more, err := cir.FindByIdentity(p, cir.EES, identity("PELLETIER", "ANNA", "CAN"))
			if len(found) != cir.MaxCandidates || !more {
				r.Errorf("%d candidates, more %v", len(found), more)
			}
			byName, more, err2 := cir.FindBySurname(p, cir.EES, person.Name{Surname: "PELETIER"}, 10)
			if len(byName) != 10 || !more {
				r.Errorf("by name: %d, more %v", len(byName), more)
			}
			return errors.Join(err, err2)
		})
	})
}
