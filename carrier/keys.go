package carrier

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"

	"limen/person"
)

// Token names a file in the copy. It is a keyed digest of the file's reference,
// made where the reference is known; the copy has neither the reference nor the
// key.
type Token string

// TokenKey makes tokens. It stays with the register: whoever has the copy alone
// cannot tell whether a token is that of a reference.
type TokenKey struct{ macs *sync.Pool }

// NewTokenKey takes 32 secret bytes. The same bytes give the same tokens, which
// is how the feed finds what it wrote before.
func NewTokenKey(secret []byte) (TokenKey, error) {
	if len(secret) != 32 {
		return TokenKey{}, fmt.Errorf("carrier: the secret of the tokens has %d bytes instead of 32", len(secret))
	}
	return TokenKey{macs: pool(sha256.New, secret)}, nil
}

var tokenAlphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

// Token names the file with this reference.
func (k TokenKey) Token(ref string) Token {
	sum := mac(k.macs, "limen/carrier/token/v1", ref)
	return Token(tokenAlphabet.EncodeToString(sum[:15]))
}

// keys are what the copy digests and seals with.
type keys struct {
	documents *sync.Pool // HMAC-SHA-512: one half finds the row, the other opens it
}

func newKeys(secret []byte) (keys, error) {
	if len(secret) != 32 {
		return keys{}, fmt.Errorf("carrier: the copy's secret has %d bytes instead of 32", len(secret))
	}
	documents, err := hkdf.Key(sha256.New, secret, nil, "limen carrier documents 1", 64)
	if err != nil {
		return keys{}, wrong("the copy's secret", err)
	}
	return keys{documents: pool(sha512.New, documents)}, nil
}

// opener is what a document gives: where its row stands and how it opens.
type opener struct {
	doc  []byte // 32 bytes, the key of carrier_document
	seal [32]byte
}

// number tells apart the keys that the rows were made with, without telling
// anything of them.
func (k keys) number(tokens TokenKey) int64 {
	return int64(binary.BigEndian.Uint64(mac(k.documents, "limen/carrier/number/v1", string(tokens.Token("number")))) >> 1)
}

// of derives the opener of a document. Kind, issuer and number name it; type and
// expiry are compared afterwards.
func (k keys) of(d person.Document) opener { return k.named(d.Key()) }

func (k keys) named(document string) opener {
	sum := mac(k.documents, "limen/carrier/document/v1", document)
	o := opener{doc: sum[:32:32]}
	copy(o.seal[:], sum[32:64])
	return o
}

// tagger digests the parts of an identity under the document's own key: equal
// parts of two rows have different tags, so nothing can be counted or matched.
type tagger struct{ h hash.Hash }

func (o *opener) tagger() tagger { return tagger{hmac.New(sha256.New, o.seal[:])} }

func (t tagger) tag(part, value string) string {
	t.h.Reset()
	frame(t.h, "limen/carrier/identity/v1", part, value)
	var sum [sha256.Size]byte
	return base64.RawStdEncoding.EncodeToString(t.h.Sum(sum[:0])[:12])
}

// padTo is the granularity of the length of sealed data.
const padTo = 512

// close seals data, padded, under the document's key.
func (o *opener) close(data []byte) ([]byte, error) {
	gcm, err := o.gcm()
	if err != nil {
		return nil, err
	}
	size := (4 + len(data) + padTo - 1) / padTo * padTo
	padded := make([]byte, size)
	binary.BigEndian.PutUint32(padded, uint32(len(data)))
	copy(padded[4:], data)
	out := make([]byte, gcm.NonceSize(), gcm.NonceSize()+size+gcm.Overhead())
	rand.Read(out)
	return gcm.Seal(out, out, padded, o.doc), nil
}

// errSealed says that a row does not open: it was changed, or another secret
// sealed it.
var errSealed = errors.New("carrier: a row of the copy does not open with the copy's secret: feed the copy anew")

// open returns what close sealed.
func (o *opener) open(sealed []byte) ([]byte, error) {
	gcm, err := o.gcm()
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize() {
		return nil, errSealed
	}
	padded, err := gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], o.doc)
	if err != nil || len(padded) < 4 {
		return nil, errSealed
	}
	n := binary.BigEndian.Uint32(padded)
	if int64(n) > int64(len(padded)-4) {
		return nil, errSealed
	}
	return padded[4 : 4+n], nil
}

func (o *opener) gcm() (cipher.AEAD, error) {
	block, err := aes.NewCipher(o.seal[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// pool keeps HMACs under one key: setting one up costs as much as using it.
func pool(h func() hash.Hash, key []byte) *sync.Pool {
	return &sync.Pool{New: func() any { return hmac.New(h, key) }}
}

func mac(p *sync.Pool, parts ...string) []byte {
	h := p.Get().(hash.Hash)
	defer p.Put(h)
	h.Reset()
	frame(h, parts...)
	return h.Sum(nil)
}

// frame writes each part after its length, so that no two lists of parts are
// written alike.
func frame(h hash.Hash, parts ...string) {
	var n [4]byte
	for _, p := range parts {
		binary.BigEndian.PutUint32(n[:], uint32(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
}
