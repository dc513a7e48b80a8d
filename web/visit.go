package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"hash"
	"io"
	"net/http"
	"strings"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/ledger"
)

// visit is what the toolkit knows about one request while it is answered.
type visit struct {
	mux       *Mux
	id        string
	route     route
	known     bool
	principal access.Principal
	account   access.Account // of a person with a session
	receipt   ledger.Receipt // of the log entry, when the request passed the door
	key       string         // idempotency key
	digest    hash.Hash      // over method, path, query and body as read so far
	body      io.Reader
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// PrincipalFrom returns who sent the request, after authentication.
func PrincipalFrom(ctx context.Context) (access.Principal, bool) {
	if v := visitOf(ctx); v != nil && v.known {
		return v.principal, true
	}
	return access.Principal{}, false
}

// AccountFrom returns the account of the person signed in. Systems with a
// token or a certificate have none.
func AccountFrom(ctx context.Context) (access.Account, bool) {
	if v := visitOf(ctx); v != nil && v.known && v.account.User != "" {
		return v.account, true
	}
	return access.Account{}, false
}

// PostFrom returns the code of the crossing point that the person signed in
// works at, "" when none was chosen.
func PostFrom(ctx context.Context) string {
	if v := visitOf(ctx); v != nil {
		return v.account.Post
	}
	return ""
}

// RequestID returns the identifier that the log and every error answer carry.
func RequestID(ctx context.Context) string {
	if v := visitOf(ctx); v != nil {
		return v.id
	}
	return ""
}

// Ground is why a request is made. API inputs embed it, pages fill it.
type Ground struct {
	Purpose access.Purpose `header:"Limen-Purpose" doc:"Why data are processed. May be left out when the authority has this operation for one purpose only." example:"border_check"`
	Case    string         `header:"Limen-Case" maxLength:"200" doc:"Reference of the case, where the law asks for one."`
}

// Request turns the ground into a knock at the door by whoever sent the
// request. It carries the idempotency key, if one came and the operation or
// form takes one, and takes the log entry's receipt, which the answer then
// names.
func (g Ground) Request(ctx context.Context, op access.Op) (access.Request, error) {
	v := visitOf(ctx)
	if v == nil {
		return access.Request{Op: op, Purpose: g.Purpose, Case: g.Case}, nil
	}
	req := access.Request{Principal: v.principal, Op: op, Purpose: g.Purpose, Case: g.Case, Receipt: &v.receipt}
	if v.key == "" {
		return req, nil
	}
	// What the handler left unread belongs to the request as well.
	if _, err := io.Copy(io.Discard, v.body); err != nil {
		return req, err
	}
	once, err := Once(v.principal, op, v.key, [32]byte(v.digest.Sum(nil)))
	req.Once = once
	return req, err
}

// Once names an operation that is carried out at most once, however often it is
// sent. The key is the client's and holds within one operation of one officer
// of one authority; the digest is over the request, so that the key cannot be
// used for another one. It is 1 to 128 visible ASCII characters.
func Once(p access.Principal, op access.Op, key string, digest [32]byte) (*db.Once, error) {
	ok := len(key) >= 1 && len(key) <= 128
	for i := 0; ok && i < len(key); i++ {
		ok = key[i] > ' ' && key[i] < 0x7f
	}
	if !ok {
		return nil, law.BadField("Idempotency-Key", "idempotency_key_invalid", "",
			"An idempotency key has 1 to 128 visible ASCII characters and no spaces.")
	}
	holder := strings.Join([]string{string(p.Authority.Kind), p.Authority.State, string(p.Officer), string(op)}, "/")
	return &db.Once{Holder: holder, Key: key, Digest: digest}, nil
}

// OnceKey returns a new idempotency key, for a form's hidden field "once".
func OnceKey() string { return newID() }

// follow lets the digest see the body as the handler reads it.
func (v *visit) follow(r *http.Request, key string) {
	v.key = key
	v.digest = sha256.New()
	io.WriteString(v.digest, r.Method+" "+r.URL.Path+"?"+r.URL.RawQuery+"\n")
	v.body = io.TeeReader(r.Body, v.digest)
	r.Body = struct {
		io.Reader
		io.Closer
	}{v.body, r.Body}
}

var idAlphabet = base32.NewEncoding("abcdefghjkmnpqrstuvwxyz023456789").WithPadding(base32.NoPadding)

// newID returns 80 random bits in 16 characters that are not mistaken for one another.
func newID() string {
	var b [10]byte
	rand.Read(b[:])
	return idAlphabet.EncodeToString(b[:])
}
