package carrier

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// PublicKey verifies receipts.
type PublicKey struct {
	ID     string     `json:"id" doc:"Name of the key, as receipts give it."`
	Kind   string     `json:"algorithm" doc:"Ed25519."`
	Public string     `json:"public_key" doc:"The key, base64."`
	From   time.Time  `json:"from" doc:"Moment from which it signs."`
	Until  *time.Time `json:"until,omitempty" doc:"Moment at which the next key took over; absent while it signs."`
}

func (k *PublicKey) verifies(message, signature []byte) bool {
	public, err := base64.StdEncoding.DecodeString(k.Public)
	return err == nil && k.Kind == "Ed25519" && len(public) == ed25519.PublicKeySize && keyID(public) == k.ID &&
		ed25519.Verify(public, message, signature)
}

// ReadPublicKeys reads what the service publishes, a list of keys as JSON, or
// one key as base64.
func ReadPublicKeys(text string) ([]PublicKey, error) {
	text = strings.TrimSpace(text)
	if public, err := base64.StdEncoding.DecodeString(text); err == nil && len(public) == ed25519.PublicKeySize {
		return []PublicKey{{ID: keyID(public), Kind: "Ed25519", Public: text}}, nil
	}
	var list PublicKeyList
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list.Keys) == 0 {
		return nil, errors.New("carrier: no public key: give the 44 characters of one, or the list that the service publishes")
	}
	return list.Keys, nil
}

// PublicKeyList is the list as the service publishes it.
type PublicKeyList struct {
	Keys []PublicKey `json:"keys" nullable:"false" doc:"Keys that receipts may be signed with, the present one last."`
}

// ReceiptKeys signs receipts. The last key signs; the former ones stay, so that
// whoever asks for the public keys can verify what they signed.
type ReceiptKeys struct{ keys []receiptKey }

type receiptKey struct {
	id      string
	private ed25519.PrivateKey
	from    time.Time
}

func keyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// keyFile is the private file.
type keyFile struct {
	Keys []keyEntry `json:"keys"`
}

type keyEntry struct {
	ID   string    `json:"id"`
	Seed []byte    `json:"seed"`
	From time.Time `json:"from"`
}

// OpenReceiptKeys reads the private file at path, made at the first start with
// mode 0600. Stolen: whoever has it can sign receipts that were never given.
// Lost: a new one is made, and the public keys published before must be kept by
// those who hold receipts.
func OpenReceiptKeys(path string, now time.Time) (*ReceiptKeys, error) {
	r, err := readReceiptKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		r = new(ReceiptKeys)
		return r, r.add(path, now)
	}
	return r, err
}

// RotateReceiptKeys adds a new key, which signs from the next start on.
func RotateReceiptKeys(path string, now time.Time) (PublicKey, error) {
	r, err := readReceiptKeys(path)
	if err != nil {
		return PublicKey{}, err
	}
	if err := r.add(path, now); err != nil {
		return PublicKey{}, err
	}
	all := r.Public()
	return all[len(all)-1], nil
}

// NewReceiptKeys makes keys without a file, for tests and simulations.
func NewReceiptKeys(now time.Time) (*ReceiptKeys, error) {
	r := new(ReceiptKeys)
	return r, r.generate(now)
}

func (r *ReceiptKeys) generate(now time.Time) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	r.keys = append(r.keys, receiptKey{keyID(public), private, now.UTC().Truncate(time.Microsecond)})
	return nil
}

func readReceiptKeys(path string) (*ReceiptKeys, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	// Windows has no such mode bits; its access lists are not looked at.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("carrier: %s can be read by others: chmod 600 it, and rotate the key if it was", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f keyFile
	if err := json.Unmarshal(b, &f); err != nil || len(f.Keys) == 0 {
		return nil, fmt.Errorf("carrier: %s holds no keys of receipts; restore it from the backup", path)
	}
	r := new(ReceiptKeys)
	for _, e := range f.Keys {
		if len(e.Seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("carrier: %s: key %s is broken; restore it from the backup", path, e.ID)
		}
		private := ed25519.NewKeyFromSeed(e.Seed)
		if keyID(private.Public().(ed25519.PublicKey)) != e.ID {
			return nil, fmt.Errorf("carrier: %s: key %s is not the one it is called; restore it from the backup", path, e.ID)
		}
		r.keys = append(r.keys, receiptKey{e.ID, private, e.From})
	}
	return r, nil
}

// add makes a key and writes the file, whole or not at all: if we stop before
// the rename, the next start finds the file as it was.
func (r *ReceiptKeys) add(path string, now time.Time) error {
	if err := r.generate(now); err != nil {
		return err
	}
	var f keyFile
	for _, k := range r.keys {
		f.Keys = append(f.Keys, keyEntry{k.id, k.private.Seed(), k.from})
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), ".receipt-*") // mode 0600
	if err != nil {
		return wrong("keys of receipts", err)
	}
	defer os.Remove(fresh.Name())
	_, err = fresh.Write(append(b, '\n'))
	if err := errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return wrong("keys of receipts", err)
	}
	return os.Rename(fresh.Name(), path)
}

func (r *ReceiptKeys) current() *receiptKey { return &r.keys[len(r.keys)-1] }

// Public lists the public keys, the present one last.
func (r *ReceiptKeys) Public() []PublicKey {
	list := make([]PublicKey, len(r.keys))
	for i, k := range slices.Clone(r.keys) {
		list[i] = PublicKey{ID: k.id, Kind: "Ed25519", Public: base64.StdEncoding.EncodeToString(k.private.Public().(ed25519.PublicKey)), From: k.from}
		if i+1 < len(r.keys) {
			until := r.keys[i+1].from
			list[i].Until = &until
		}
	}
	return list
}
