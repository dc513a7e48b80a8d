package cir_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"limen/access"
	"limen/interop/bms"
	"limen/interop/cir"
)

func seal(t *testing.T, b byte) *bms.Seal {
	s, err := bms.NewSeal(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	portrait = []cir.Image{{Format: "image/jpeg", Quality: -1, Attack: "bona_fide", Bytes: []byte("the portrait of somebody")}}
	hand     = []cir.Image{{Position: 2, Format: "image/x-wsq", Quality: 61, Bytes: []byte("index of somebody")}, {Position: 3, Format: "image/x-wsq", Quality: 12, Bytes: []byte("middle of somebody")}}
)

func (r repository) addSample(s *bms.Seal, ref cir.RecordRef, kind string, images []cir.Image) {
	r.Helper()
	r.do("cir.write", func(p access.Pass) error {
		n, err := cir.AddBiometric(p, ref, cir.EES, cir.Biometric{Kind: kind, Status: "PRESENT", Source: "live", CapturedAt: time.UnixMicro(5)})
		if err != nil {
			return err
		}
		return cir.AddImages(p, s, ref, cir.EES, n, images)
	})
}

func (r repository) images(s *bms.Seal, ref cir.RecordRef, kind string) (list []cir.Image, err error) {
	r.Helper()
	r.do("cir.read", func(p access.Pass) error {
		list, err = cir.Images(p, s, ref, cir.EES, kind)
		return nil
	})
	return list, err
}

// stored is every byte of the images' rows, as somebody with the store sees them.
func (r repository) stored() (all []byte, n int) {
	r.Helper()
	r.do("cir.read", func(p access.Pass) error {
		all, n = nil, 0
		tx, err := p.Tx()
		if err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT sealed FROM cir_image`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				return err
			}
			all, n = append(all, b...), n+1
		}
		return rows.Err()
	})
	return all, n
}

// 2019/817 art 18(1), 2017/2226 art 43(2): the newest images come back as they
// were, and neither the store alone nor another secret shows them.
func TestArt18_1_ImagesAreSealed(t *testing.T) {
	onBoth(t, func(r repository) {
		ours := seal(t, 1)
		r.create("a", identity("PELLETIER", "ANNA", "CAN"), passport("CA1", "CAN"))
		r.addSample(ours, "a", "face", []cir.Image{{Format: "image/png", Quality: 3, Bytes: []byte("an older portrait")}})
		r.addSample(ours, "a", "face", portrait)
		r.addSample(ours, "a", "fingerprints", hand)
		r.addSample(ours, "a", "face", nil) // taken elsewhere: no image came with it
		if got, err := r.images(ours, "a", "face"); err != nil || !reflect.DeepEqual(got, portrait) {
			t.Errorf("the face: %v, %v", got, err)
		}
		if got, err := r.images(ours, "a", "fingerprints"); err != nil || !reflect.DeepEqual(got, hand) {
			t.Errorf("the fingers: %v, %v", got, err)
		}
		if got, err := r.images(ours, "b", "face"); err != nil || got != nil {
			t.Errorf("of nobody: %v, %v", got, err)
		}
		if got, err := r.images(seal(t, 2), "a", "face"); !errors.Is(err, bms.ErrSealed) || got != nil {
			t.Errorf("with another secret: %v, %v", got, err)
		}
		all, n := r.stored()
		if n != 4 || bytes.Contains(all, []byte("somebody")) || bytes.Contains(all, []byte("portrait")) {
			t.Errorf("%d images, readable in the store", n)
		}
	})
}

// 2019/817 art 15: with the images of a kind go the templates made of them, and no
// others.
func TestArt15_TemplatesGoWithTheirImages(t *testing.T) {
	onBoth(t, func(r repository) {
		ours := seal(t, 1)
		r.create("a", identity("PELLETIER", "ANNA", "CAN"), passport("CA1", "CAN"))
		r.addSample(ours, "a", "face", portrait)
		r.addSample(ours, "a", "fingerprints", hand)
		templates := func() (all []string) {
			r.do("cir.read", func(p access.Pass) error {
				tx, err := p.Tx()
				if err != nil {
					return err
				}
				rows, err := tx.Query(`SELECT modality FROM bms_template ORDER BY modality`)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					var m string
					if err := rows.Scan(&m); err != nil {
						return err
					}
					all = append(all, m)
				}
				return rows.Err()
			})
			return all
		}
		r.do("cir.write", func(p access.Pass) error {
			if err := bms.Enrol(p, ours, cir.EES, "a", 1, []bms.Template{{Modality: bms.Face, Bytes: []byte("a vector")}}); err != nil {
				return err
			}
			return bms.Enrol(p, ours, cir.EES, "a", 2, []bms.Template{{Modality: bms.Finger, Position: 2, Bytes: []byte("minutiae")}})
		})
		r.do("cir.write", func(p access.Pass) error { _, err := cir.DropImages(p, "a", cir.EES, "face"); return err })
		if left := templates(); !slices.Equal(left, []string{"finger"}) {
			t.Errorf("without the face: %v", left)
		}
		r.do("cir.write", func(p access.Pass) error { _, err := cir.DropImages(p, "a", cir.EES, "fingerprints"); return err })
		if left := templates(); len(left) > 0 {
			t.Errorf("without the fingers: %v", left)
		}
	})
}

// 2019/817 art 19(1): the images go with their sample when a record is taken over,
// and come back with it; erased, none is left.
func TestArt19_1_ImagesFollowTheirSample(t *testing.T) {
	onBoth(t, func(r repository) {
		ours := seal(t, 1)
		r.create("a", identity("PELLETIER", "ANNA", "CAN"), passport("CA1", "CAN"))
		r.create("b", identity("PELLETIER", "ANNA", "CAN"), passport("CA2", "CAN"))
		r.addSample(ours, "a", "fingerprints", hand[:1])
		r.addSample(ours, "b", "face", portrait)
		r.addSample(ours, "b", "fingerprints", hand)
		var kept cir.Absorbed
		r.do("cir.write", func(p access.Pass) (err error) { kept, err = cir.Absorb(p, cir.EES, "a", "b"); return err })
		if got, err := r.images(ours, "a", "fingerprints"); err != nil || !reflect.DeepEqual(got, hand) {
			t.Errorf("taken over: %v, %v", got, err)
		}
		if got, _ := r.images(ours, "a", "face"); !reflect.DeepEqual(got, portrait) {
			t.Errorf("taken over: %v", got)
		}
		if got, _ := r.images(ours, "b", "face"); got != nil {
			t.Errorf("left behind: %v", got)
		}
		r.do("cir.write", func(p access.Pass) error { return cir.Release(p, cir.EES, "a", "b", kept) })
		if got, err := r.images(ours, "b", "fingerprints"); err != nil || !reflect.DeepEqual(got, hand) {
			t.Errorf("given back: %v, %v", got, err)
		}
		if got, _ := r.images(ours, "a", "fingerprints"); !slices.EqualFunc(got, hand[:1], func(a, b cir.Image) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("its own: %v", got)
		}
		r.do("cir.write", func(p access.Pass) error {
			n, err := cir.DropImages(p, "b", cir.EES, "face")
			if n != 1 {
				t.Errorf("%d images dropped", n)
			}
			return err
		})
		if got, _ := r.images(ours, "b", "face"); got != nil {
			t.Error("a dropped image is there")
		}
		r.do("cir.write", func(p access.Pass) error { _, _, err := cir.Erase(p, cir.EES, "a", "b"); return err })
		if _, n := r.stored(); n != 0 {
			t.Errorf("%d images of erased records", n)
		}
	})
}
