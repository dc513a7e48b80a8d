package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"limen/law"
)

// Length of a password, in characters after normalisation and in bytes.
const (
	passwordShortest = 12
	passwordLongest  = 256
)

// commonParts are what too common passwords are made of, compared without case
// and with the usual digits read as letters.
var commonParts = []string{"password", "passwort", "passw", "motdepasse", "contrasena", "qwerty", "qwertz", "azerty",
	"asdfgh", "letmein", "welcome", "changeme", "iloveyou", "administrator", "limen", "schengen"}

// checkPassword refuses a password that is too short or too easily guessed
// (NIST SP 800-63B 5.1.1.2: length and a list, no composition rules). The
// refusal never repeats the password.
func checkPassword(user, password string) error {
	bad := func(code law.Code, message string) error { return law.BadField("password", code, staffCite, message) }
	password = norm.NFKC.String(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return bad("password_unreadable", "Use characters that a keyboard can type.")
	case utf8.RuneCountInString(password) < passwordShortest:
		return bad("password_too_short", "Use at least 12 characters; several words are easy to remember.")
	case len(password) > passwordLongest:
		return bad("password_too_long", "Use at most 256 bytes.")
	}
	plain := strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s").
		Replace(strings.ToLower(password))
	for _, part := range commonParts {
		// A long password may contain a common word; one that is little else may not.
		if strings.Contains(plain, part) && utf8.RuneCountInString(plain)-len(part) < 10 {
			return bad("password_too_common", "This password is built around a common word. Choose other words.")
		}
	}
	if len(user) >= 3 && strings.Contains(strings.ToLower(password), user) {
		return bad("password_contains_user", "Leave your user name out of the password.")
	}
	distinct := map[rune]bool{}
	runs, last := 0, rune(-2)
	for _, r := range password {
		distinct[r] = true
		if r-last == 1 || r == last || last-r == 1 {
			runs++
		}
		last = r
	}
	if len(distinct) < 6 || runs*2 > utf8.RuneCountInString(password) {
		return bad("password_too_simple", "This password repeats or counts too much. Choose other words.")
	}
	return nil
}

// cost is what one hash takes: argon2id at the least that OWASP's password
// storage guidance names (19 MiB, two passes, one lane). A border post's
// server also carries the crossings, so it is not more; each stored hash names
// its own cost, and one made with another cost is replaced at the next sign-in.
type cost struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

var presentCost = cost{memory: 19 * 1024, passes: 2, lanes: 1}

const (
	saltBytes = 16
	hashBytes = 32
)

// hasher makes and compares password hashes, half as many at once as there are
// processors, so that a rush of sign-ins leaves the rest of the house its share.
type hasher struct {
	cost    cost
	slots   chan struct{}
	waiting chan struct{} // callers that may stand in the queue
	dummy   string        // the hash of no password, for accounts that do not exist
}

func newHasher(c cost) *hasher {
	h := &hasher{
		cost:    c,
		slots:   make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		waiting: make(chan struct{}, 64),
	}
	var nobody [32]byte
	rand.Read(nobody[:])
	h.dummy = c.hash(base64.RawStdEncoding.EncodeToString(nobody[:]))
	return h
}

// slot waits for a turn. It refuses with "sign_in_busy" when the queue is full.
func (h *hasher) slot(ctx context.Context) (release func(), err error) {
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, law.Refuse(law.Unavailable, "sign_in_busy", "", "Too many people are signing in at this moment. Try again in a few seconds.",
			"retry_after_seconds", "5")
	}
	defer func() { <-h.waiting }()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash waits for a turn and hashes a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return h.cost.hash(password), nil
}

// verify waits for a turn and compares a password with a stored hash. stored
// is "" when there is no account: the work is the same, the answer is no.
// stale says that the hash was made with another cost than the present one.
func (h *hasher) verify(ctx context.Context, password, stored string) (ok, stale bool, err error) {
	release, err := h.slot(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	nobody := stored == ""
	if nobody {
		stored = h.dummy
	}
	c, salt, want, err := parseHash(stored)
	if err != nil {
		return false, false, err
	}
	got := argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.passes, c.memory, c.lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && !nobody, c != h.cost, nil
}

// hash returns a password's hash with its cost and salt, in the usual
// notation: $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
func (c cost) hash(password string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	sum := argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.passes, c.memory, c.lanes, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// parseHash takes a stored hash apart. It fails on another algorithm and on a
// cost beyond 1 GiB or 16 passes, which no program of ours has written.
func parseHash(stored string) (c cost, salt, sum []byte, err error) {
	bad := func(why string) (cost, []byte, []byte, error) {
		return cost{}, nil, nil, fmt.Errorf("access: stored password hash: %s", why)
	}
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return bad("not argon2id version 19")
	}
	numbers := strings.Split(parts[3], ",")
	if len(numbers) != 3 {
		return bad("cost is not m, t, p")
	}
	var values [3]uint64
	for n, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(numbers[n], name)
		v, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil {
			return bad("cost is not m, t, p")
		}
		values[n] = v
	}
	if values[0] < 8 || values[0] > 1<<20 || values[1] < 1 || values[1] > 16 || values[2] < 1 || values[2] > 16 {
		return bad("cost out of range")
	}
	c = cost{uint32(values[0]), uint32(values[1]), uint8(values[2])}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(salt) < 8 || len(salt) > 64 {
		return bad("salt")
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(sum) < 16 || len(sum) > 64 {
		return bad("hash")
	}
	return c, salt, sum, nil
}
