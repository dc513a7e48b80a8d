package ledger

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/mod/sumdb/note"
)

// Errors of key files. All are wrapped with the path.
var (
	ErrKeyExposed = errors.New("ledger: the private key can be read by others: chmod 600 it, and replace it if it was")
	ErrKeyBroken  = errors.New("ledger: not a private signing key")
	ErrKeyOrigin  = errors.New("ledger: the signing key belongs to another log")
	ErrKeyPair    = errors.New("ledger: the public key file does not belong to the private key")
	ErrOrigin     = errors.New("ledger: an origin is like \"example.org/ees\": not empty, no spaces, no plus sign")
)

// Key signs the checkpoints of one log.
type Key struct {
	origin string
	public string // verifier key, C2SP signed-note text form
	signer note.Signer
	macs   sync.Pool // HMACs under a secret derived from the key, for pendingCode
}

// Origin names the log: the first line of each checkpoint and the key's name.
func (k *Key) Origin() string { return k.origin }

// Public is the verifier key, all that is needed to verify a bundle:
// "origin+hash+base64".
func (k *Key) Public() string { return k.public }

// OpenKey reads the private key file of the log called origin, or makes it at the
// first start, with mode 0600. The verifier key stands beside it in path+".pub".
//
// If we stop after the private file is in place and before the public one is,
// the next start writes the public one.
func OpenKey(path, origin string) (*Key, error) {
	if !validOrigin(origin) {
		return nil, fmt.Errorf("%w: %q", ErrOrigin, origin)
	}
	text, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = generate(path, origin); err == nil {
			text, err = readPrivate(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	k, err := ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if k.origin != origin {
		return nil, fmt.Errorf("%s: %w: it signs for %q, not %q", path, ErrKeyOrigin, k.origin, origin)
	}
	public, err := os.ReadFile(path + ".pub")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := writeFile(path+".pub", []byte(k.public+"\n"), 0o644); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	case err != nil:
		return nil, err
	case strings.TrimSpace(string(public)) != k.public:
		return nil, fmt.Errorf("%s.pub: %w", path, ErrKeyPair)
	}
	return k, nil
}

// NewKey makes a key without a file, for tests and simulations.
func NewKey(origin string) (*Key, error) {
	if !validOrigin(origin) {
		return nil, fmt.Errorf("%w: %q", ErrOrigin, origin)
	}
	private, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, err
	}
	return ParseKey(private)
}

// ParseKey reads a private key in the text form of its file,
// "PRIVATE+KEY+origin+hash+base64".
func ParseKey(private string) (*Key, error) {
	private = strings.TrimSpace(private)
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, ErrKeyBroken
	}
	// The base64 alphabet has the plus sign too, so the key is all of the fifth part.
	parts := strings.SplitN(private, "+", 5)
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, ErrKeyBroken
	}
	seed := raw[1:]
	public, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	if err != nil {
		return nil, ErrKeyBroken
	}
	check, err := note.NewVerifier(public)
	if err != nil || check.KeyHash() != signer.KeyHash() {
		return nil, ErrKeyBroken
	}
	secret, err := hkdf.Key(sha256.New, seed, nil, pendingDomain, 32)
	if err != nil {
		return nil, err
	}
	k := &Key{origin: signer.Name(), public: public, signer: signer}
	k.macs.New = func() any { return hmac.New(sha256.New, secret) }
	return k, nil
}

func validOrigin(s string) bool {
	return s != "" && len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == '+' || r == unicode.ReplacementChar
	})
}

func readPrivate(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	// Windows has no such mode bits; its access lists are not looked at.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%w (mode %04o)", ErrKeyExposed, info.Mode().Perm())
	}
	b := make([]byte, 4096)
	n, err := f.Read(b)
	if err != nil {
		return "", ErrKeyBroken
	}
	return string(b[:n]), nil
}

func generate(path, origin string) error {
	private, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return err
	}
	err = writeFile(path, []byte(private+"\n"), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was first: its key is the key
	}
	return err
}

// writeFile puts a whole file in place or none, durably, and never over an
// existing one.
func writeFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		defer dir.Close()
		_ = dir.Sync() // not every file system can; the file itself is synced
	}
	return nil
}
