package access

import (
	"context"
	"strings"
	"testing"

	"limen/law"
)

// TestPasswordRules: length and a list, no rules of composition.
func TestPasswordRules(t *testing.T) {
	for _, good := range []string{gatePassword, "tree-lamp-42-sky", "Zażółć gęślą jaźń", "моя граница тиха", "korrekt pferd batterie password"} {
		if err := checkPassword("anna", good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for bad, code := range map[string]law.Code{
		"":                        "password_too_short",
		"elevenchars":             "password_too_short",
		strings.Repeat("x", 300):  "password_too_long",
		"Password1234":            "password_too_common",
		"p4ssw0rd!!!!x":           "password_too_common",
		"Qwertyuiop12":            "password_too_common",
		"limenlimen77":            "password_too_common",
		"administrator":           "password_too_common",
		"aaaaaaaaaaaaa":           "password_too_simple",
		"abcdefghijklmnop":        "password_too_simple",
		"123456789012":            "password_too_simple",
		"ababababababab":          "password_too_simple",
		"I am anna of the border": "password_contains_user",
		"tab\tseparated\tx":       "password_unreadable",
		"not utf-8 at all \xff":   "password_unreadable",
	} {
		r := refusedWith(t, checkPassword("anna", bad), code)
		if r.Field != "password" || bad != "" && strings.Contains(r.Error(), bad) {
			t.Errorf("refusal %v", r)
		}
	}
}

// TestPasswordsCompareInOneForm: the same characters typed on another keyboard
// are the same password.
func TestPasswordsCompareInOneForm(t *testing.T) {
	h := newHasher(presentCost)
	ctx := context.Background()
	stored, err := h.hash(ctx, "caf\u00e9 at the gate")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored as %s", stored)
	}
	if ok, stale, err := h.verify(ctx, "cafe\u0301 at the gate", stored); !ok || stale || err != nil {
		t.Errorf("composed and decomposed differ: %v %v %v", ok, stale, err)
	}
	if ok, _, _ := h.verify(ctx, "cafe at the gate", stored); ok {
		t.Error("another password passes")
	}
	if ok, _, err := h.verify(ctx, "anything", ""); ok || err != nil {
		t.Errorf("no account: %v %v", ok, err)
	}
	if again, _ := h.hash(ctx, "caf\u00e9 at the gate"); again == stored {
		t.Error("two hashes have one salt")
	}
}

// TestHashingIsLimited: callers beyond the queue are sent away, and one who
// gives up leaves it.
func TestHashingIsLimited(t *testing.T) {
	h := newHasher(cost{memory: 64, passes: 1, lanes: 1})
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.hash(ctx, "x"); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if len(h.waiting) != 0 {
		t.Error("who gave up still stands in the queue")
	}
	for range cap(h.waiting) {
		h.waiting <- struct{}{}
	}
	_, err := h.hash(context.Background(), "x")
	if r := refusedWith(t, err, "sign_in_busy"); r.Kind != law.Unavailable {
		t.Errorf("refusal %+v", r)
	}
}

// FuzzStoredHash: a stored hash that was tampered with is an error, never a
// panic or a cost without bound.
func FuzzStoredHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$2a$10$abc")
	f.Fuzz(func(t *testing.T, stored string) {
		c, salt, sum, err := parseHash(stored)
		if err != nil {
			return
		}
		if c.memory > 1<<20 || c.memory < 8 || c.passes == 0 || c.passes > 16 || c.lanes == 0 || len(salt) < 8 || len(sum) < 16 {
			t.Errorf("%q is read as %+v", stored, c)
		}
	})
}

func BenchmarkPassword(b *testing.B) {
	for b.Loop() {
		presentCost.hash(gatePassword)
	}
}
