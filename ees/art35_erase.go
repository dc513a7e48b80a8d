package ees

import "limen/access"

// EraseGround is why a file is erased before its time.
type EraseGround string

// The grounds.
const (
	Naturalised EraseGround = "nationality"
	LeftScope   EraseGround = "left_scope"
	MicroState  EraseGround = "microstate"
)

// eraseFile erases a file everywhere.
func (r *Register) eraseFile(p access.Pass, ref FileRef, _ EraseGround) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	for _, e := range erasable {
		if _, err := tx.Exec(`DELETE FROM `+e.table+` WHERE `+e.column+` = $1`, string(ref)); err != nil {
			return err
		}
	}
	return nil
}
