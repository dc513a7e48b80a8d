package bms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Seal makes images and templates unreadable to whoever has the store and not the
// key (2017/2226 art 43(2), 2019/817 art 42(3)). Each is encrypted with AES-256 in
// Galois counter mode under a key of its own, derived by HKDF (RFC 5869) from the
// seal's secret and an identifier: as many as a union takes can be sealed under
// one secret, and no two share a nonce.
type Seal struct{ secret []byte }

// NewSeal returns a seal. The secret has 32 bytes.
func NewSeal(secret []byte) (*Seal, error) {
	if len(secret) != 32 {
		return nil, fmt.Errorf("bms: the secret of the seal has %d bytes instead of 32", len(secret))
	}
	return &Seal{secret}, nil
}

// ErrSealed tells that an image or a template cannot be opened: it was sealed with
// another secret, or is not what was sealed.
var ErrSealed = errors.New("bms: a sample cannot be opened with the secret of this house")

func (s *Seal) aead(id string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, s.secret, nil, "limen sample "+id, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Close seals what is kept under an identifier, which is random and names one
// thing for ever: its key is used once, so the nonce may be zero.
func (s *Seal) Close(id string, image []byte) ([]byte, error) {
	a, err := s.aead(id)
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, make([]byte, a.NonceSize()), image, nil), nil
}

// Open gives back what was sealed, or ErrSealed.
func (s *Seal) Open(id string, sealed []byte) ([]byte, error) {
	a, err := s.aead(id)
	if err != nil {
		return nil, err
	}
	image, err := a.Open(nil, make([]byte, a.NonceSize()), sealed, nil)
	if err != nil {
		return nil, ErrSealed
	}
	return image, nil
}
