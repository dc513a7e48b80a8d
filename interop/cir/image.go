package cir

import (
	"github.com/google/uuid"

	"limen/access"
	"limen/db"
	"limen/interop/bms"
)

// Image is one image of a sample: a face, or one finger.
type Image struct {
	// Position is the finger by its code in ISO/IEC 19794-2:2005, table 5: 1 to 5
	// the right hand from the thumb, 6 to 10 the left; 0 for a face.
	Position int
	Format   string // media type of Bytes: image/jpeg, image/png, image/jp2, image/x-wsq
	Quality  int    // what the capture's own measure said, 0 to 100; -1 when nothing was said
	// Attack is what the capturing device found of a presentation attack (ISO/IEC
	// 30107-3): "bona_fide", "attack", or "" where it does not look.
	Attack string
	Bytes  []byte
}

// AddImages mirrors the images of the n-th sample of a record (2019/817 art 18(1)).
// Two images of one position are refused by the store's key.
func AddImages(p access.Pass, seal *bms.Seal, ref RecordRef, system System, n int, images []Image) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	w := adder(tx, ref, system)
	for _, image := range images {
		id := uuid.NewString()
		sealed, err := seal.Close(id, image.Bytes)
		if err != nil {
			return err
		}
		if err := w.put(`INSERT INTO cir_image (record_ref, system, n, position, image_id, format, quality, attack_verdict, sealed, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			string(ref), string(system), n, image.Position, id, image.Format, image.Quality, image.Attack, sealed, w.made()); err != nil {
			return err
		}
	}
	return nil
}

// Images opens the images of the newest sample of a kind that has any; nil when
// there is none. It fails with bms.ErrSealed when one cannot be opened.
func Images(p access.Pass, seal *bms.Seal, ref RecordRef, system System, kind string) ([]Image, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	type row struct {
		Image
		id string
	}
	var all []row
	rows, err := tx.Query(`SELECT i.position, i.image_id, i.format, i.quality, i.attack_verdict, i.sealed FROM cir_image i
		WHERE i.record_ref = $1 AND i.system = $2 AND i.n = (
			SELECT MAX(b.n) FROM cir_biometric b WHERE b.record_ref = $1 AND b.system = $2 AND b.kind = $3
				AND EXISTS (SELECT 1 FROM cir_image x WHERE x.record_ref = $1 AND x.system = $2 AND x.n = b.n))
		ORDER BY i.position`, string(ref), string(system), kind)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.Position, &r.id, &r.Format, &r.Quality, &r.Attack, &r.Bytes); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var images []Image
	for _, r := range all {
		if r.Bytes, err = seal.Open(r.id, r.Bytes); err != nil {
			return nil, err
		}
		images = append(images, r.Image)
	}
	return images, nil
}

// DropImages takes away the images of every sample of a kind, with the templates that
// were made of them (2019/817 art 15), and leaves the reference that they were taken
// (2017/2226 art 16(1)(d), where another system holds a live face). It returns how
// many images went.
func DropImages(p access.Pass, ref RecordRef, system System, kind string) (int64, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	modality := bms.Finger
	if kind == "face" {
		modality = bms.Face
	}
	if _, err := bms.Erase(p, system, modality, ref); err != nil {
		return 0, err
	}
	return tx.Exec(`DELETE FROM cir_image WHERE record_ref = $1 AND system = $2 AND n IN (
		SELECT n FROM cir_biometric WHERE record_ref = $1 AND system = $2 AND kind = $3)`, string(ref), string(system), kind)
}

// moveSample brings the images and templates of a sample to another record, or to
// another number. The rows are written anew, because the reference is the key by which
// they are distributed; what they are sealed with stays.
func moveSample(p access.Pass, tx *db.Tx, system System, from RecordRef, n int, to RecordRef, m int) error {
	if _, err := tx.Exec(`INSERT INTO cir_image (record_ref, system, n, position, image_id, format, quality, attack_verdict, sealed, created_at)
		SELECT $1, system, $2, position, image_id, format, quality, attack_verdict, sealed, created_at
		FROM cir_image WHERE record_ref = $3 AND system = $4 AND n = $5`, string(to), m, string(from), string(system), n); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM cir_image WHERE record_ref = $1 AND system = $2 AND n = $3`, string(from), string(system), n); err != nil {
		return err
	}
	return bms.Move(p, system, from, n, to, m)
}
