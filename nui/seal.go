package nui

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// sealer encrypts what is kept: a buffer at a crossing point is a box that can be
// carried away (2017/2226 art 43(2)). AES-256 in Galois counter mode under a key
// derived for it; the event's own key is bound in, so that rows cannot be
// exchanged.
type sealer struct {
	aead   cipher.AEAD
	digest []byte // key of the digests that tell two events under one key apart
}

func newSealer(key []byte) (*sealer, error) {
	block, err := aes.NewCipher(derive(key, "limen nui seal"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &sealer{aead, derive(key, "limen nui digest")}, err
}

func derive(key []byte, purpose string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose))
	return h.Sum(nil)
}

// close returns a random nonce with the sealed text behind it.
func (s *sealer) close(text []byte, bound string) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(nonce, nonce, text, []byte(bound)), nil
}

var errSealed = errors.New("nui: what was kept cannot be opened")

func (s *sealer) open(sealed []byte, bound string) ([]byte, error) {
	size := s.aead.NonceSize()
	if len(sealed) < size {
		return nil, errSealed
	}
	text, err := s.aead.Open(nil, sealed[:size], sealed[size:], []byte(bound))
	if err != nil {
		return nil, errSealed
	}
	return text, nil
}

// same is a digest that says nothing to whoever lacks the key.
func (s *sealer) same(text []byte) string {
	h := hmac.New(sha256.New, s.digest)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// KeyFile reads the 32 bytes of the key, and makes them at the first start. The
// file appears whole or not at all: if we stop before the rename, the next start
// makes another, and nothing was sealed with the first.
func KeyFile(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		fresh := path + ".new"
		f, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(key); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return nil, err
		}
		return key, os.Rename(fresh, path)
	}
	if err == nil && len(key) != 32 {
		return nil, fmt.Errorf("%s: %d bytes instead of 32; restore it from the backup", path, len(key))
	}
	return key, err
}
