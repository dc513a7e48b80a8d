package ledger

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Errors of checkpoints.
var (
	ErrCheckpoint = errors.New("ledger: not a checkpoint")
	ErrSignature  = errors.New("ledger: the signature does not belong to the text")
	ErrWrongKey   = errors.New("ledger: not signed with a key of this log")
	ErrVerifier   = errors.New("ledger: not a verifier key of the form \"origin+hash+base64\"")
)

// Checkpoint is a signed tree head: C2SP tlog-checkpoint, without extension lines.
type Checkpoint struct {
	Origin string
	Size   int64 // leaves
	Root   tlog.Hash
	Note   string // the signed text as is: what a witness keeps
}

const maxNote = 16 << 10

// signCheckpoint is deterministic: a retried transaction signs the same bytes.
func signCheckpoint(k *Key, size int64, root tlog.Hash) (string, error) {
	text := k.origin + "\n" + strconv.FormatInt(size, 10) + "\n" + root.String() + "\n"
	signed, err := note.Sign(&note.Note{Text: text}, k.signer)
	return string(signed), err
}

// ParseVerifiers reads verifier keys, one per line: the log's own and, after a
// key was replaced, the former ones.
func ParseVerifiers(text string) (note.Verifiers, error) {
	list, err := parseKeys(text)
	return note.VerifierList(list...), err
}

func parseKeys(text string) (list []note.Verifier, err error) {
	for _, line := range strings.Fields(text) {
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrVerifier, err)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrVerifier)
	}
	return list, nil
}

// OpenCheckpoint verifies a checkpoint and reads it. The log's key name must be
// its origin. Signatures of other names (witnesses) are let stand and prove nothing
// here.
//
// Even when the signature is bad the checkpoint is returned as far as it can be
// read, beside the error.
func OpenCheckpoint(signed string, known note.Verifiers) (Checkpoint, error) {
	c := Checkpoint{Note: signed}
	if len(signed) > maxNote {
		return c, fmt.Errorf("%w: longer than %d bytes", ErrCheckpoint, maxNote)
	}
	opened, err := note.Open([]byte(signed), known)
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case err == nil:
		if err := c.parse(opened.Text); err != nil {
			return c, err
		}
		for _, s := range opened.Sigs {
			if s.Name == c.Origin {
				return c, nil
			}
		}
		return c, fmt.Errorf("%w: signed by %q for the log %q", ErrWrongKey, opened.Sigs[0].Name, c.Origin)
	case errors.As(err, &unverified):
		by := "nobody"
		if sigs := unverified.Note.UnverifiedSigs; len(sigs) > 0 {
			by = fmt.Sprintf("%s+%08x", sigs[0].Name, sigs[0].Hash)
		}
		if err := c.parse(unverified.Note.Text); err != nil {
			return c, err
		}
		return c, fmt.Errorf("%w: signed by %s", ErrWrongKey, by)
	case errors.As(err, &invalid):
		if i := strings.LastIndex(signed, "\n\n"); i >= 0 {
			if err := c.parse(signed[:i+1]); err != nil {
				return c, err
			}
		}
		return c, ErrSignature
	}
	return c, fmt.Errorf("%w: %v", ErrCheckpoint, err)
}

func (c *Checkpoint) parse(text string) error {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return fmt.Errorf("%w: it needs origin, size and root", ErrCheckpoint)
	}
	for _, l := range lines[:len(lines)-1] {
		if l == "" {
			return fmt.Errorf("%w: empty line", ErrCheckpoint)
		}
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return fmt.Errorf("%w: the size is no number", ErrCheckpoint)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return fmt.Errorf("%w: the root is no hash", ErrCheckpoint)
	}
	c.Origin, c.Size, c.Root = lines[0], size, root
	return nil
}
