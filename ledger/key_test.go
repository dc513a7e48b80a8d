package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"limen/db"
	"limen/db/dbtest"
)

func TestKeyFileIsMadeOnceAndReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.key")
	var wg sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys {
		wg.Go(func() {
			k, err := OpenKey(path, origin)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = k.Public()
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Fatal("two first starts made two keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	public, err := os.ReadFile(path + ".pub")
	if err != nil || strings.TrimSpace(string(public)) != keys[0] {
		t.Fatalf("%q, %v", public, err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*"))
	if len(left) > 0 {
		t.Fatalf("left behind: %v", left)
	}
	if err := os.Remove(path + ".pub"); err != nil {
		t.Fatal(err)
	}
	if k, err := OpenKey(path, origin); err != nil || k.Public() != keys[0] {
		t.Fatalf("without the public file: %v", err)
	}
	if _, err := os.Stat(path + ".pub"); err != nil {
		t.Fatal(err)
	}
}

func TestKeyFilesThatAreRefused(t *testing.T) {
	fresh := func() string {
		path := filepath.Join(t.TempDir(), "ledger.key")
		if _, err := OpenKey(path, origin); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOOS != "windows" {
		for _, mode := range []os.FileMode{0o640, 0o604, 0o660, 0o610} {
			path := fresh()
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenKey(path, origin); !errors.Is(err, ErrKeyExposed) {
				t.Errorf("mode %o: %v", mode, err)
			}
		}
	}
	if _, err := OpenKey(fresh(), "ledger.test/vis"); !errors.Is(err, ErrKeyOrigin) {
		t.Errorf("another log's: %v", err)
	}
	path := fresh()
	write(path+".pub", testKey(t, origin).Public())
	if _, err := OpenKey(path, origin); !errors.Is(err, ErrKeyPair) {
		t.Errorf("another pair's: %v", err)
	}
	path = fresh()
	good, _ := os.ReadFile(path)
	for _, text := range []string{"", "x", "PRIVATE+KEY+", string(good[:len(good)-6]), strings.Replace(string(good), "KEY", "KEX", 1)} {
		write(path, text)
		if _, err := OpenKey(path, origin); !errors.Is(err, ErrKeyBroken) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", strings.Repeat("x", 300), "a\x00b"} {
		if _, err := OpenKey(filepath.Join(t.TempDir(), "k"), name); !errors.Is(err, ErrOrigin) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A lost key is replaced by a new one over the same tree, and a strange key is not
// accepted in its place.
func TestReplacedKeyGoesOnWithTheSameTree(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		old := open(t, s, Options{})
		fill(t, old, 10)
		integrateAll(t, old)
		key := testKey(t, origin)
		if _, err := Open(ctx, s, key, Options{}); !errors.Is(err, ErrWrongKey) {
			t.Fatalf("a strange key: %v", err)
		}
		l, err := Open(ctx, s, key, Options{Former: []string{old.Public()}})
		if err != nil {
			t.Fatal(err)
		}
		fill(t, l, 10)
		integrateAll(t, l)
		bundle := export(t, l, ExportOptions{})
		if r := mustVerify(t, bundle, l, VerifyOptions{}); r.Checkpoints != 2 {
			t.Fatalf("%+v", r)
		}
		if _, err := l.Proof(ctx, ""); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	})
}

// A checkpoint is a C2SP signed note that other tools read.
func TestCheckpointIsASignedNote(t *testing.T) {
	k := testKey(t, origin)
	text, err := signCheckpoint(k, 42, (&edge{}).root())
	if err != nil {
		t.Fatal(err)
	}
	known, err := ParseVerifiers(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open([]byte(text), known)
	if err != nil || n.Text != origin+"\n42\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n" {
		t.Fatalf("%v\n%s", err, text)
	}
	c, err := OpenCheckpoint(text, known)
	if err != nil || c.Size != 42 || c.Origin != origin || c.Note != text {
		t.Fatalf("%+v, %v", c, err)
	}
	// A witness's signature besides is let stand; alone it is not enough.
	witness, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs}, testKey(t, "witness.test").signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(string(witness), known); err != nil {
		t.Fatal(err)
	}
	other := testKey(t, "witness.test")
	alone, _ := note.Sign(&note.Note{Text: n.Text}, other.signer)
	both, _ := ParseVerifiers(k.Public() + "\n" + other.Public())
	if _, err := OpenCheckpoint(string(alone), both); !errors.Is(err, ErrWrongKey) {
		t.Fatalf("a witness alone: %v", err)
	}
	for _, bad := range []string{"", "x+y", k.Public() + "x", "PRIVATE+KEY+a+b+c"} {
		if _, err := ParseVerifiers(bad); !errors.Is(err, ErrVerifier) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzOpenCheckpoint(f *testing.F) {
	k := testKey(f, origin)
	good, _ := signCheckpoint(k, 7, [32]byte{1})
	f.Add(good)
	f.Add("a\n0\nb\n\n— a AAAA\n")
	f.Add(strings.Replace(good, "\n7\n", "\n-7\n", 1))
	known, _ := ParseVerifiers(k.Public())
	f.Fuzz(func(t *testing.T, text string) {
		c, err := OpenCheckpoint(text, known)
		if err == nil && (c.Size != 7 || c.Origin != origin || c.Root != [32]byte{1}) {
			t.Fatalf("a checkpoint was made up: %q", text)
		}
		if c.Size < 0 {
			t.Fatalf("size %d", c.Size)
		}
	})
}
