package ledger

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	entryDomain   = "limen/ledger/entry/v1"
	leafDomain    = "limen/ledger/leaf/v1"
	searchDomain  = "limen/ledger/search/v1"
	pendingDomain = "limen/ledger/pending/v1"
	erasureDomain = "limen/ledger/erasure/v1"

	saltSize = 16
	hashSize = tlog.HashSize
	idSize   = 26
)

// appendFrame appends x behind its length, so that no two lists of parts have
// the same bytes.
func appendFrame[T string | []byte](b []byte, x T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(x)))
	return append(b, x...)
}

// commit returns the commitment to a body under its salt.
func commit[T string | []byte](salt []byte, body T) [hashSize]byte {
	b := make([]byte, 0, len(entryDomain)+saltSize+len(body)+12)
	b = appendFrame(b, entryDomain)
	b = appendFrame(b, salt)
	b = appendFrame(b, body)
	return sha256.Sum256(b)
}

// leafHash returns the RFC 6962 leaf hash of an entry. It needs the commitment
// only, so it can be recomputed after the body is erased.
func leafHash(id string, commitment []byte) tlog.Hash {
	b := make([]byte, 1, 1+len(leafDomain)+idSize+hashSize+12)
	b = appendFrame(b, leafDomain)
	b = appendFrame(b, id)
	b = appendFrame(b, commitment)
	return sha256.Sum256(b)
}

// searchDigest returns what the log keeps of a value used to search.
func searchDigest(salt []byte, category, value string) [hashSize]byte {
	b := make([]byte, 0, 192)
	b = appendFrame(b, searchDomain)
	b = appendFrame(b, salt)
	b = appendFrame(b, category)
	b = appendFrame(b, value)
	return sha256.Sum256(b)
}

// pendingCode authenticates a pending row with a secret derived from the signing
// key (HMAC-SHA-256): somebody who can write to the database, and no more, cannot
// have entries of his own making sealed.
func pendingCode(k *Key, home, id string, commitment []byte) []byte {
	b := make([]byte, 0, 192)
	b = appendFrame(b, pendingDomain)
	b = appendFrame(b, home)
	b = appendFrame(b, id)
	b = appendFrame(b, commitment)
	m := k.macs.Get().(hash.Hash)
	defer k.macs.Put(m)
	m.Reset()
	m.Write(b)
	return m.Sum(b[:0])
}

// erasureText is what the log signs of an erasure that is still pending: for the
// moment until it is sealed, the bundle must show without the private key that
// the log itself made it. Its first bytes keep it apart from the text of a note.
func erasureText(leaf tlog.Hash) []byte {
	return appendFrame(appendFrame(nil, erasureDomain), leaf[:])
}

// idAlphabet is the extended hex alphabet of RFC 4648 in lower case: its order as
// text, under any collation, is its order as numbers.
const idAlphabet = "0123456789abcdefghijklmnopqrstuv"

// newID returns an entry identifier: 55 bits of microseconds since 1970 in 11
// letters, then 75 random bits in 15. It sorts by time.
func newID(at time.Time, random *[10]byte) string {
	var b [idSize]byte
	micros(b[:0], at)
	hi := binary.BigEndian.Uint64(random[:8])
	lo := binary.BigEndian.Uint16(random[8:])
	for i := 11; i < 23; i++ {
		b[i] = idAlphabet[hi>>59]
		hi <<= 5
	}
	lo = lo&0x0fff | uint16(hi>>60)<<12 // the four bits of hi that are left
	for i := 23; i < 26; i++ {
		b[i] = idAlphabet[lo>>11]
		lo <<= 5
	}
	return string(b[:])
}

func micros(b []byte, at time.Time) []byte {
	t := uint64(at.UnixMicro())
	for shift := 50; shift >= 0; shift -= 5 {
		b = append(b, idAlphabet[t>>shift&31])
	}
	return b
}

// idFloor is not greater than any identifier made at or after t, and greater
// than any made before.
func idFloor(t time.Time) string {
	if t.UnixMicro() < 0 {
		return ""
	}
	return string(micros(make([]byte, 0, 11), t))
}

// idTime returns the moment of an identifier; false when it is none.
func idTime(id string) (time.Time, bool) {
	if len(id) != idSize {
		return time.Time{}, false
	}
	var t int64
	for i := 0; i < idSize; i++ {
		v, ok := idDigit(id[i])
		if !ok {
			return time.Time{}, false
		}
		if i < 11 {
			t = t<<5 | int64(v)
		}
	}
	return time.UnixMicro(t).UTC(), true
}

func idDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'v':
		return c - 'a' + 10, true
	}
	return 0, false
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
