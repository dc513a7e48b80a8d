package bms

import "limen/access"

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
