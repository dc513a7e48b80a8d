package cir

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Seal makes images unreadable to whoever has the store and not the key
// (2017/2226 art 43(2), 2019/817 art 42(3)). Each image is encrypted with AES-256
// in Galois counter mode under a key of its own, derived by HKDF (RFC 5869) from
// the seal's secret and the image's identifier: as many images as a union takes
// can be sealed under one secret, and no two share a nonce.
type Seal struct{ secret []byte }

// NewSeal returns a seal. The secret has 32 bytes.
func NewSeal(secret []byte) (*Seal, error) {
	if len(secret) != 32 {
		return nil, fmt.Errorf("cir: the secret of the seal has %d bytes instead of 32", len(secret))
	}
	return &Seal{secret}, nil
}

// ErrSealed tells that an image cannot be opened: it was sealed with another
// secret, or is not what was sealed.
var ErrSealed = errors.New("cir: an image cannot be opened with the secret of this house")

func (s *Seal) aead(id string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, s.secret, nil, "limen cir image "+id, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// close seals an image. The nonce is zero because the key is used once: an
// identifier is random and names one image for ever.
func (s *Seal) close(id string, image []byte) ([]byte, error) {
	a, err := s.aead(id)
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, make([]byte, a.NonceSize()), image, nil), nil
}

func (s *Seal) open(id string, sealed []byte) ([]byte, error) {
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
