package bms

import (
	"limen/access"
	"limen/interop/bms/finger"
)

// Holds tells whether the service has templates of a modality of a record that it
// can compare with: without them nobody is verified here, and an officer compares
// by eye (2017/2226 art 23(2)).
func (s *Service) Holds(p access.Pass, system System, ref RecordRef, m Modality) (bool, error) {
	tx, err := p.Tx()
	if err != nil {
		return false, err
	}
	n := 0
	err = tx.Row(`SELECT COUNT(*) FROM bms_template WHERE record_ref = $1 AND system = $2 AND modality = $3 AND synthetic = $4`,
		string(ref), string(system), string(m), s.synthetic).Scan(&n)
	return n > 0, err
}

// AsLatent marks the prints of a sample as left at a scene (2017/2226 art 32(4)).
func (s *Sample) AsLatent() {
	for i := range s.Prints {
		s.Prints[i].Template.Impression = finger.Latent
	}
}
