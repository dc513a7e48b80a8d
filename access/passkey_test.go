package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// authenticator is a passkey in software: ES256, attestation "none".
type authenticator struct {
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32
	domain  string
	origin  string
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 24)
	rand.Read(id)
	return &authenticator{key: key, id: id, domain: "limen.example", origin: "https://limen.example"}
}

// The few forms of CBOR (RFC 8949) that an authenticator writes.
func cborHead(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 256:
		return []byte{major<<5 | 24, byte(n)}
	}
	return []byte{major<<5 | 25, byte(n >> 8), byte(n)}
}
func cborInt(n int) []byte {
	if n < 0 {
		return cborHead(1, -1-n)
	}
	return cborHead(0, n)
}
func cborBytes(b []byte) []byte    { return append(cborHead(2, len(b)), b...) }
func cborText(s string) []byte     { return append(cborHead(3, len(s)), s...) }
func cborMap(kv ...[]byte) []byte  { return append(cborHead(5, len(kv)/2), slices.Concat(kv...)...) }
func base64url(b []byte) string    { return base64.RawURLEncoding.EncodeToString(b) }
func clientHash(b []byte) [32]byte { return sha256.Sum256(b) }

// data is the authenticator data of a ceremony: user present and verified.
func (a *authenticator) data(flags byte, attested []byte) []byte {
	domain := sha256.Sum256([]byte(a.domain))
	b := append(domain[:], flags|0x01|0x04)
	b = binary.BigEndian.AppendUint32(b, a.counter)
	return append(b, attested...)
}

func (a *authenticator) client(kind, challenge string) []byte {
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	return b
}

// create answers navigator.credentials.create.
func (a *authenticator) create(t *testing.T, options []byte) []byte {
	t.Helper()
	var o struct {
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
			RP        struct{ ID string }
		}
	}
	if err := json.Unmarshal(options, &o); err != nil {
		t.Fatal(err)
	}
	var err error
	if a.handle, err = base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID); err != nil {
		t.Fatal(err)
	}
	point, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	cose := cborMap(cborInt(1), cborInt(2), cborInt(3), cborInt(-7), cborInt(-1), cborInt(1),
		cborInt(-2), cborBytes(point[1:33]), cborInt(-3), cborBytes(point[33:]))
	attested := slices.Concat(make([]byte, 16), []byte{0, byte(len(a.id))}, a.id, cose)
	object := cborMap(cborText("fmt"), cborText("none"), cborText("attStmt"), cborMap(), cborText("authData"), cborBytes(a.data(0x40, attested)))
	return a.answer(map[string]any{
		"clientDataJSON":    base64url(a.client("webauthn.create", o.PublicKey.Challenge)),
		"attestationObject": base64url(object),
		"transports":        []string{"internal"},
	})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(t *testing.T, options []byte) []byte {
	t.Helper()
	var o struct{ PublicKey struct{ Challenge string } }
	if err := json.Unmarshal(options, &o); err != nil {
		t.Fatal(err)
	}
	a.counter++
	data, client := a.data(0, nil), a.client("webauthn.get", o.PublicKey.Challenge)
	hash := clientHash(client)
	signed := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": base64url(client), "authenticatorData": base64url(data),
		"signature": base64url(signature), "userHandle": base64url(a.handle),
	})
}

func (a *authenticator) answer(response map[string]any) []byte {
	b, _ := json.Marshal(map[string]any{"id": base64url(a.id), "rawId": base64url(a.id), "type": "public-key",
		"response": response, "clientExtensionResults": map[string]any{}})
	return b
}

// register gives user's account a passkey.
func (g *gate) register(user string) *authenticator {
	g.t.Helper()
	a := newAuthenticator(g.t)
	options, err := g.ids.BeginPasskeyRegistration(g.ctx, user)
	g.must(err)
	g.must(g.ids.FinishPasskeyRegistration(g.ctx, user, a.create(g.t, options)))
	return a
}

// passkeySignIn passes the password and answers with what answer makes of the options.
func (g *gate) passkeySignIn(user string, answer func([]byte) []byte) (Account, error) {
	g.t.Helper()
	p, err := g.ids.CheckPassword(g.ctx, user, gatePassword, desk)
	g.must(err)
	options, err := g.ids.BeginPasskeySignIn(g.ctx, p)
	g.must(err)
	return g.ids.FinishPasskeySignIn(g.ctx, p, answer(options))
}

// TestArt43_2_PasskeysSignIn: registered once, a passkey is the second factor
// of its account, and of no other.
func TestArt43_2_PasskeysSignIn(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		g.account("ola", BorderGuard)
		p, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.must(err)
		_, err = g.ids.BeginPasskeySignIn(g.ctx, p)
		g.refused(err, "no_passkey")

		key := g.register("anna")
		if _, passkeys, err := g.ids.SecondFactors(g.ctx, p); passkeys != 1 || err != nil {
			t.Errorf("%d passkeys, %v", passkeys, err)
		}
		for range 2 {
			a, err := g.passkeySignIn("anna", func(o []byte) []byte { return key.get(t, o) })
			g.must(err)
			if a.User != "anna" || a.Passkeys != 1 {
				t.Errorf("signed in as %+v", a)
			}
		}
		list, err := g.ids.Passkeys(g.ctx, "anna")
		g.must(err)
		if len(list) != 1 || list[0].ID != base64url(key.id) || !list[0].UsedAt.Equal(g.clock.Now()) {
			t.Errorf("passkeys %+v", list)
		}

		olas := g.register("ola")
		_, err = g.passkeySignIn("anna", func(o []byte) []byte { return olas.get(t, o) })
		g.refused(err, "second_factor_refused")

		g.must(g.ids.RemovePasskey(g.ctx, "anna", list[0].ID))
		g.refused(g.ids.RemovePasskey(g.ctx, "anna", list[0].ID), "passkey_not_found")
		if n := len(g.entries(OpAddPasskey)) + len(g.entries(OpRemovePasskey)); n != 3 {
			t.Errorf("%d entries of two passkeys and a removal", n)
		}
	})
}

// TestArt43_2_PasskeyAnswersServeOnce: a replayed answer, a copied
// authenticator, a wrong domain, origin or signature are refused and logged.
func TestArt43_2_PasskeyAnswersServeOnce(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		key := g.register("anna")
		refuse := func(name string, answer func([]byte) []byte) {
			t.Helper()
			_, err := g.passkeySignIn("anna", answer)
			if err == nil {
				t.Fatalf("%s signs in", name)
			}
			g.refused(err, "second_factor_refused")
			g.signIn("anna") // keeps the account from being held back
			g.clock.Advance(3 * totpPeriod * time.Second)
		}
		var kept []byte
		_, err := g.passkeySignIn("anna", func(o []byte) []byte { kept = key.get(t, o); return kept })
		g.must(err)
		refuse("a replayed answer", func([]byte) []byte { return kept })
		refuse("a copied authenticator", func(o []byte) []byte {
			twin := *key
			twin.counter -= 1
			return twin.get(t, o)
		})
		refuse("another domain", func(o []byte) []byte { twin := *key; twin.domain = "evil.example"; return twin.get(t, o) })
		refuse("another origin", func(o []byte) []byte { twin := *key; twin.origin = "https://evil.example"; return twin.get(t, o) })
		refuse("another key", func(o []byte) []byte {
			twin := *newAuthenticator(t)
			twin.id, twin.handle, twin.counter = key.id, key.handle, key.counter
			return twin.get(t, o)
		})
		refuse("a registration", func(o []byte) []byte {
			return key.create(t, []byte(`{"publicKey":{"challenge":"eA","user":{"id":""}}}`))
		})
		refuse("nothing", func([]byte) []byte { return nil })
		refuse("a large body", func([]byte) []byte { return make([]byte, passkeyBody+1) })

		// One ceremony, two answers: the second needs a new beginning.
		p, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.must(err)
		options, err := g.ids.BeginPasskeySignIn(g.ctx, p)
		g.must(err)
		_, err = g.ids.FinishPasskeySignIn(g.ctx, p, []byte("{}"))
		g.refused(err, "second_factor_refused")
		key.counter += 10
		_, err = g.ids.FinishPasskeySignIn(g.ctx, p, key.get(t, options))
		g.refused(err, "second_factor_refused")
		options, err = g.ids.BeginPasskeySignIn(g.ctx, p)
		g.must(err)
		_, err = g.ids.FinishPasskeySignIn(g.ctx, p, key.get(t, options))
		g.must(err)
		_, err = g.ids.BeginPasskeySignIn(g.ctx, p)
		g.refused(err, "sign_in_expired")
	})
}

// TestArt43_2_PasskeyRegistrationsAreChecked: a registration ends, serves once
// and takes what the browser made for this house.
func TestArt43_2_PasskeyRegistrationsAreChecked(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		begin := func() []byte {
			t.Helper()
			o, err := g.ids.BeginPasskeyRegistration(g.ctx, "anna")
			g.must(err)
			return o
		}
		finish := func(body []byte) error { return g.ids.FinishPasskeyRegistration(g.ctx, "anna", body) }
		key := newAuthenticator(t)
		options := begin()
		g.clock.Advance(ceremonyFor)
		g.refused(finish(key.create(t, options)), "passkey_ceremony_expired")

		evil := newAuthenticator(t)
		evil.origin = "https://evil.example"
		options = begin()
		g.refused(finish(evil.create(t, options)), "passkey_invalid")
		g.refused(finish(key.create(t, options)), "passkey_ceremony_expired") // spent

		for _, body := range [][]byte{nil, []byte("{}"), []byte("null"), make([]byte, passkeyBody+1)} {
			g.refused(finish(body), "passkey_invalid")
		}
		g.must(finish(key.create(t, begin())))
		g.refused(finish(key.create(t, begin())), "passkey_exists")
		g.account("ola", BorderGuard)
		o, err := g.ids.BeginPasskeyRegistration(g.ctx, "ola")
		g.must(err)
		g.refused(g.ids.FinishPasskeyRegistration(g.ctx, "ola", key.create(t, o)), "passkey_exists")

		for range passkeysOfAccount - 1 {
			g.register("anna")
		}
		_, err = g.ids.BeginPasskeyRegistration(g.ctx, "anna")
		g.refused(err, "too_many_passkeys")
		_, err = g.ids.BeginPasskeyRegistration(g.ctx, "nobody")
		g.refused(err, "account_unknown")

		off := g.open(IdentityOptions{Secret: gateSecret})
		_, err = off.BeginPasskeyRegistration(g.ctx, "anna")
		g.refused(err, "passkeys_off")
		g.refused(off.FinishPasskeyRegistration(g.ctx, "anna", nil), "passkeys_off")
		_, err = off.BeginPasskeySignIn(g.ctx, "x")
		g.refused(err, "passkeys_off")
		_, err = off.FinishPasskeySignIn(g.ctx, "x", nil)
		g.refused(err, "passkeys_off")
	})
}

// FuzzPasskeyBody: whatever a browser sends is read or refused, without a panic.
func FuzzPasskeyBody(f *testing.F) {
	t := &testing.T{}
	key := newAuthenticator(t)
	f.Add(key.create(t, []byte(`{"publicKey":{"challenge":"AAAAAAAAAAAAAAAAAAAAAA","user":{"id":"AAAA"}}}`)))
	f.Add(key.get(t, []byte(`{"publicKey":{"challenge":"AAAAAAAAAAAAAAAAAAAAAA"}}`)))
	f.Add([]byte(`{"id":"","rawId":"","type":"public-key","response":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if answer, err := parseCreation(body); (answer == nil) == (err == nil) {
			t.Errorf("creation %v, %v", answer, err)
		}
		parseAssertion(body)
	})
}
