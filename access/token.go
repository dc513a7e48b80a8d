package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"limen/db"
	"limen/law"
)

// A token reads limen_IDENTIFIER_SECRET: the prefix tells scanners of leaked
// secrets what they found, the identifier (80 bits) finds the row, and the
// secret (256 bits) proves that it was handed out. Only the SHA-256 of the
// secret is stored; it needs no slow hash, because nobody can guess it.
const (
	tokenPrefix      = "limen_"
	tokenIDChars     = 16
	tokenSecretChars = 52
	tokenLongestTTL  = 366 * 24 * time.Hour
	tokensOfAccount  = 50
	tokenNote        = time.Minute // how often the last use is written
)

var tokenEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Token describes a token. Its secret is shown when it is made and never again.
type Token struct {
	ID        string
	User      string
	Name      string // what it is for, in its maker's words
	Only      []Op   // what it may be used for
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero when it was not
	UsedAt    time.Time // to the minute; zero when never
}

// NewSecret is a token just made. It has no JSON form of its secret, so that an
// answer kept under an idempotency key does not keep it either.
type NewSecret struct {
	ID     string
	Secret string `json:"-"`
}

// String hides the secret from logs.
func (s NewSecret) String() string { return "token " + s.ID }

// GoString hides the secret from logs.
func (s NewSecret) GoString() string { return s.String() }

// tokenRow is a token with its hash and its holder.
type tokenRow struct {
	Token
	hash   []byte
	holder Account
}

// parseToken takes a bearer token apart.
func parseToken(bearer string) (id string, sum [32]byte, ok bool) {
	rest, ok := strings.CutPrefix(bearer, tokenPrefix)
	if !ok || len(rest) != tokenIDChars+1+tokenSecretChars || rest[tokenIDChars] != '_' {
		return "", sum, false
	}
	id = rest[:tokenIDChars]
	secret, err := tokenEncoding.DecodeString(rest[tokenIDChars+1:])
	if err != nil || len(secret) != 32 {
		return "", sum, false
	}
	return id, sha256.Sum256(secret), true
}

// ByToken returns who holds a bearer token, narrowed to the token's
// operations. It asks the store at most once a second for each token, so a
// revoked token is refused within a second, at once by the process that
// revoked it. Refusals, logged as far as refusals are (WithRemote):
// "token_unknown", "token_expired", "token_revoked".
func (i *Identities) ByToken(ctx context.Context, bearer string) (Principal, error) {
	unknown := law.Refuse(law.Unauthenticated, "token_unknown", staffCite, "This token is not known here. Check that all of it was sent.")
	id, sum, ok := parseToken(bearer)
	if !ok {
		return Principal{}, i.refuse(ctx, unknown, event{op: OpUseToken, remote: remoteOf(ctx), who: Principal{Channel: "token"}})
	}
	now := i.store.Now()
	t, held := i.tokens.get(id, now)
	if !held {
		found, err := i.loadToken(ctx, id, &t)
		if err != nil {
			return Principal{}, err
		}
		if !found {
			return Principal{}, i.refuse(ctx, unknown, event{op: OpUseToken, remote: remoteOf(ctx), who: Principal{Channel: "token"}})
		}
		i.tokens.put(id, t, now)
	}
	if subtle.ConstantTimeCompare(sum[:], t.hash) != 1 {
		return Principal{}, i.refuse(ctx, unknown, event{op: OpUseToken, account: id, remote: remoteOf(ctx), who: Principal{Channel: "token"}})
	}
	// From here on the caller has proven to hold the token, and may know what became of it.
	var refusal *law.Refusal
	switch {
	case !t.RevokedAt.IsZero() || t.holder.Disabled:
		refusal = law.Refuse(law.Unauthenticated, "token_revoked", staffCite, "This token was revoked. Ask its holder for another one.")
	case !now.Before(t.ExpiresAt):
		refusal = law.Refuse(law.Unauthenticated, "token_expired", staffCite, "This token has expired. Make a new one.",
			"expired_at", t.ExpiresAt.Format(time.RFC3339))
	}
	if refusal != nil {
		return Principal{}, i.refuse(ctx, refusal, event{op: OpUseToken, who: t.holder.Principal("token"), account: id, remote: remoteOf(ctx)})
	}
	if !held && now.Sub(t.UsedAt) >= tokenNote {
		i.noteUse(ctx, id)
	}
	p := t.holder.Principal("token")
	p.Only = slices.Clone(t.Only)
	return p, nil
}

func (i *Identities) loadToken(ctx context.Context, id string, t *tokenRow) (found bool, err error) {
	err = i.store.Read(ctx, func(tx *db.Tx) error {
		found = false
		err := t.scan(tx.Row(`SELECT `+tokenColumns+` FROM access_token WHERE id = $1`, id).Scan)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		var r accountRow
		r, found, err = accountOf(tx, t.User)
		t.holder = r.Account
		return err
	})
	if err != nil {
		return false, fmt.Errorf("access: token: %w", err)
	}
	return found, nil
}

// noteUse writes down that a token is in use. The request goes on when it
// cannot: a full disk does not stop reading.
func (i *Identities) noteUse(ctx context.Context, id string) {
	err := i.store.Write(ctx, func(tx *db.Tx) error {
		now := tx.Now()
		_, err := tx.Exec(`UPDATE access_token SET used_at = $1 WHERE id = $2 AND used_at <= $3`,
			now.UnixMicro(), id, now.Add(-tokenNote).UnixMicro())
		return err
	})
	if err != nil {
		slog.WarnContext(ctx, "access: use of a token could not be noted", "token", id, "err", err)
	}
}

const tokenColumns = `id, user_name, name, scope, hash, created_at, expires_at, revoked_at, used_at`

func (t *tokenRow) scan(scan func(...any) error) error {
	var scope string
	var created, expires, revoked, used int64
	if err := scan(&t.ID, &t.User, &t.Name, &scope, &t.hash, &created, &expires, &revoked, &used); err != nil {
		return err
	}
	t.CreatedAt, t.ExpiresAt, t.RevokedAt, t.UsedAt = moment(created), moment(expires), moment(revoked), moment(used)
	var err error
	t.Only, err = decodeScope(scope)
	return err
}

var opPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}\.[a-z][a-z0-9_]{0,63}$`)

// encodeScope writes operations as JSON; nil, which does not narrow, as "".
func encodeScope(only []Op) (string, error) {
	if only == nil {
		return "", nil
	}
	for _, op := range only {
		if !opPattern.MatchString(string(op)) {
			return "", law.BadField("only", "operation_invalid", staffCite, "An operation is written system.act, as in ees.search.")
		}
	}
	if len(only) == 0 || len(only) > 64 {
		return "", law.BadField("only", "scope_invalid", staffCite, "Name 1 to 64 operations.")
	}
	b, err := json.Marshal(only)
	return string(b), err
}

// decodeScope fails on a scope that cannot be read: it never widens.
func decodeScope(scope string) ([]Op, error) {
	if scope == "" {
		return nil, nil
	}
	only := []Op{}
	if err := json.Unmarshal([]byte(scope), &only); err != nil || only == nil {
		return nil, errors.New("access: stored scope cannot be read")
	}
	return only, nil
}

// NewToken makes a token for its holder, who is signed in, or for the house
// itself. only names what it may be used for, at least one operation; ttl is at
// most 366 days. Refusals name the field; "too_many_tokens" beyond 50.
func (i *Identities) NewToken(ctx context.Context, user string, only []Op, ttl time.Duration, name string) (secret, id string, err error) {
	var made NewSecret
	row, made, err := newToken(user, only, ttl, name)
	if err != nil {
		return "", "", err
	}
	err = i.store.Write(ctx, func(tx *db.Tx) error {
		r, err := insertToken(tx, row, ttl)
		if err != nil {
			return err
		}
		return i.append(tx, event{op: OpCreateToken, who: r.Principal("session"), account: made.ID})
	})
	if err != nil {
		return "", "", err
	}
	return made.Secret, made.ID, nil
}

// CreateToken is NewToken for an administrator, by a pass for OpCreateToken.
func (i *Identities) CreateToken(p Pass, user string, only []Op, ttl time.Duration, name string) (NewSecret, error) {
	row, made, err := newToken(user, only, ttl, name)
	if err != nil {
		return NewSecret{}, err
	}
	tx, err := p.through(OpCreateToken, made.ID)
	if err != nil {
		return NewSecret{}, err
	}
	if err := p.Search(ByAccount, user); err != nil {
		return NewSecret{}, err
	}
	if _, err := insertToken(tx, row, ttl); err != nil {
		return NewSecret{}, err
	}
	return made, nil
}

func newToken(user string, only []Op, ttl time.Duration, name string) (tokenRow, NewSecret, error) {
	bad := func(field string, code law.Code, message string) (tokenRow, NewSecret, error) {
		return tokenRow{}, NewSecret{}, law.BadField(field, code, staffCite, message)
	}
	switch {
	case len(only) == 0:
		return bad("only", "scope_invalid", "Name 1 to 64 operations.")
	case ttl <= 0 || ttl > tokenLongestTTL:
		return bad("ttl", "token_lifetime_invalid", "A token runs for at most 366 days.")
	case !shortText(name, 64):
		return bad("name", "token_name_invalid", "Say in 1 to 64 characters what the token is for.")
	}
	if _, err := encodeScope(only); err != nil {
		return tokenRow{}, NewSecret{}, err
	}
	var random [42]byte
	rand.Read(random[:])
	id := tokenEncoding.EncodeToString(random[:10])
	sum := sha256.Sum256(random[10:])
	row := tokenRow{Token: Token{ID: id, User: user, Name: name, Only: only}, hash: sum[:]}
	return row, NewSecret{ID: id, Secret: tokenPrefix + id + "_" + tokenEncoding.EncodeToString(random[10:])}, nil
}

func insertToken(tx *db.Tx, t tokenRow, ttl time.Duration) (accountRow, error) {
	r, err := existing(tx, t.User)
	if err != nil {
		return r, err
	}
	if r.Disabled {
		return r, law.Refuse(law.Conflict, "account_disabled", staffCite, "This account is disabled.")
	}
	var held int64
	now := tx.Now()
	err = tx.Row(`SELECT count(*) FROM access_token WHERE user_name = $1 AND revoked_at = 0 AND expires_at > $2`,
		t.User, now.UnixMicro()).Scan(&held)
	if err != nil {
		return r, err
	}
	if held >= tokensOfAccount {
		return r, law.Refuse(law.TooMuch, "too_many_tokens", staffCite, "This account has 50 tokens. Revoke one first.")
	}
	scope, err := encodeScope(t.Only)
	if err != nil {
		return r, err
	}
	_, err = tx.Exec(`INSERT INTO access_token (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0)`,
		t.ID, t.User, t.Name, scope, t.hash, now.UnixMicro(), now.Add(ttl).UnixMicro())
	return r, err
}

// RevokeToken ends a token of user's, for its holder or the house itself. A
// token that is revoked already stays so. Refusal: "token_not_found".
func (i *Identities) RevokeToken(ctx context.Context, user, id string) error {
	defer i.tokens.drop(id)
	return i.store.Write(ctx, func(tx *db.Tx) error {
		r, err := existing(tx, user)
		if err != nil {
			return err
		}
		if err := revokeToken(tx, user, id); err != nil {
			return err
		}
		return i.append(tx, event{op: OpRevokeToken, who: r.Principal("session"), account: id})
	})
}

// WithdrawToken is RevokeToken for an administrator, by a pass for OpRevokeToken.
func (i *Identities) WithdrawToken(p Pass, user, id string) error {
	defer i.tokens.drop(id)
	return i.changeBy(p, OpRevokeToken, id, func(tx *db.Tx) error { return revokeToken(tx, user, id) })
}

func revokeToken(tx *db.Tx, user, id string) error {
	rows, err := tx.Exec(`UPDATE access_token SET revoked_at = CASE WHEN revoked_at = 0 THEN $1 ELSE revoked_at END WHERE id = $2 AND user_name = $3`,
		tx.Now().UnixMicro(), id, user)
	if err == nil && rows == 0 {
		err = law.Refuse(law.NotFound, "token_not_found", staffCite, "This account has no such token.")
	}
	return err
}

// Tokens lists the tokens of user, newest first, for their holder or the house itself.
func (i *Identities) Tokens(ctx context.Context, user string) (list []Token, err error) {
	err = i.store.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = tokensOf(tx, user)
		return err
	})
	return list, err
}

// ListTokens is Tokens for an administrator, by a pass for OpListTokens.
func (i *Identities) ListTokens(p Pass, user string) ([]Token, error) {
	tx, err := p.through(OpListTokens, user)
	if err != nil {
		return nil, err
	}
	return tokensOf(tx, user)
}

func tokensOf(tx *db.Tx, user string) ([]Token, error) {
	rows, err := tx.Query(`SELECT `+tokenColumns+` FROM access_token WHERE user_name = $1 ORDER BY created_at DESC, id`, user)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Token{}
	for rows.Next() {
		var t tokenRow
		if err := t.scan(rows.Scan); err != nil {
			return nil, err
		}
		list = append(list, t.Token)
	}
	return list, rows.Err()
}
