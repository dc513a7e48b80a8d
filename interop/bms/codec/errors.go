package codec

import (
	"errors"
	"fmt"
)

// The four things that can be wrong with an image; every error of this package
// is one of them by errors.Is.
var (
	ErrUnknown     = errors.New("unknown image format")
	ErrDamaged     = errors.New("damaged image")
	ErrUnsupported = errors.New("image uses what is not supported")
	ErrTooLarge    = errors.New("image is larger than the limit")
)

// Error says in which format which of the four things is wrong, and where.
type Error struct {
	Format Format
	Kind   error // ErrUnknown, ErrDamaged, ErrUnsupported or ErrTooLarge
	What   string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %v: %s", e.Format, e.Kind, e.What)
}

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return e.Kind }

func damaged(f Format, what string, args ...any) error {
	return &Error{f, ErrDamaged, fmt.Sprintf(what, args...)}
}

func unsupported(f Format, what string, args ...any) error {
	return &Error{f, ErrUnsupported, fmt.Sprintf(what, args...)}
}

func tooLarge(f Format, what string, args ...any) error {
	return &Error{f, ErrTooLarge, fmt.Sprintf(what, args...)}
}
