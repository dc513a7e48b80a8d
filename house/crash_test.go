package house_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/house"
	"limen/law"
	"limen/ledger"
)

// crashGuard records the crossings of these tests.
var crashGuard = access.Principal{Officer: "guard", Channel: "session",
	Authority: access.Authority{Kind: access.Border, State: "FRA", Name: "Police aux frontières"}}

// admit checks somebody new and records the entry. It returns the record and
// the log entry's identifier, once both are acknowledged.
func admit(ctx context.Context, h *house.House, n uint64) (ees.RecordView, string, error) {
	letters := make([]byte, 8)
	for i := range letters {
		letters[i] = 'A' + byte(n>>(4*i)&15)
	}
	req := ees.CheckRequest{Direction: ees.Entry, CrossingPoint: "FRCDG",
		Document: &ees.DocumentInput{Number: fmt.Sprintf("N%d", n), Issuer: "CAN", Expiry: law.MustDate("2039-01-01")},
		Identity: &ees.IdentityInput{Surname: string(letters), FirstNames: "TEST", BirthDate: fmt.Sprintf("%d-%02d-%02d", 1940+n%70, 1+n%12, 1+n%28), Sex: "F", Nationalities: []string{"CAN"}}}
	check, err := access.Run(ctx, h.Door, access.Request{Principal: crashGuard, Op: ees.OpCheck},
		func(p access.Pass) (ees.Check, error) { return h.EES.Check(p, req) })
	if err != nil {
		return ees.RecordView{}, "", err
	}
	crossing := ees.CrossingRequest{CheckID: check.CheckID}
	if len(check.Candidates) > 0 {
		crossing.File = "new"
	}
	var receipt ledger.Receipt
	r, err := access.Run(ctx, h.Door, access.Request{Principal: crashGuard, Op: ees.OpRecordCrossing, Receipt: &receipt},
		func(p access.Pass) (ees.RecordView, error) { return h.EES.RecordCrossing(p, crossing) })
	return r, receipt.ID, err
}

// TestCrashChild is the process that the next test kills. By itself it does nothing.
func TestCrashChild(t *testing.T) {
	store, data := os.Getenv("LIMEN_CRASH_STORE"), os.Getenv("LIMEN_CRASH_DATA")
	if store == "" {
		return
	}
	h, err := house.Open(t.Context(), house.Options{Store: store, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	go h.RunDuties(t.Context())
	var out sync.Mutex
	for range 8 {
		go func() {
			for {
				r, entry, err := admit(t.Context(), h, rand.Uint64())
				if err != nil {
					continue
				}
				out.Lock()
				fmt.Printf("ACK %s %s %s\n", r.File, r.RecordID, entry)
				out.Unlock()
			}
		}()
	}
	time.Sleep(time.Minute) // the parent kills long before
}

// 2017/2226 art 46, EES-007: kill -9 at any moment of a run under load. Every
// acknowledged record and its log entry is there after the restart, none twice,
// and the tree verifies.
func TestKilledUnderLoad(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			data := t.TempDir()
			store := "sqlite:" + filepath.Join(data, "limen.db")
			if engine == db.Postgres {
				store = dbtest.Postgres(t)
			}
			var acknowledged [][]string
			for round := range 3 {
				acknowledged = append(acknowledged, killed(t, store, data, 40+round*60)...)
			}
			h, err := house.Open(t.Context(), house.Options{Store: store, Data: data})
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			if _, err := h.RunDuty(t.Context(), house.IntegrateDuty, nil); err != nil {
				t.Fatal(err)
			}
			err = h.Store.Read(t.Context(), func(tx *db.Tx) error {
				for _, ack := range acknowledged {
					var n int
					if err := tx.Row(`SELECT COUNT(*) FROM ees_record WHERE ref = $1`, ack[0]).Scan(&n); err != nil {
						return err
					}
					if n != 1 {
						t.Errorf("file %s has %d records, want 1", ack[0], n)
					}
					if _, err := h.Log.Entry(tx, ack[2]); err != nil {
						t.Errorf("log entry %s of record %s: %v", ack[2], ack[1], err)
					}
				}
				var files, records, outcomes int
				if err := tx.Row(`SELECT (SELECT COUNT(*) FROM ees_file), (SELECT COUNT(*) FROM ees_record), (SELECT COUNT(*) FROM ees_outcome)`).Scan(&files, &records, &outcomes); err != nil {
					return err
				}
				if files != records || records != outcomes || records < len(acknowledged) {
					t.Errorf("%d files, %d records, %d outcomes, %d acknowledged", files, records, outcomes, len(acknowledged))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			verifies(t, h)
		})
	}
}

// verifies exports the log and verifies it with the public key alone.
func verifies(t *testing.T, h *house.House) {
	t.Helper()
	var bundle bytes.Buffer
	if err := h.Log.Export(t.Context(), &bundle, ledger.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	report, err := ledger.VerifyBundle(&bundle, h.Log.Public(), ledger.VerifyOptions{})
	if err != nil {
		t.Fatalf("%v\n%+v", err, report.Findings)
	}
}

// killed runs the child until it has acknowledged so many crossings, kills it,
// and returns everything acknowledged.
func killed(t *testing.T, store, data string, enough int) (acks [][]string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), "LIMEN_CRASH_STORE="+store, "LIMEN_CRASH_DATA="+data)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(40*time.Second, func() { child.Process.Kill() })
	defer stop.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) == 4 && words[0] == "ACK" {
			if acks = append(acks, words[1:]); len(acks) == enough {
				child.Process.Kill()
			}
		}
	}
	child.Wait()
	if len(acks) < enough {
		t.Fatalf("the child acknowledged %d crossings, want %d", len(acks), enough)
	}
	return acks
}

// A full store refuses writes clearly, nothing half-written, while logged reads
// go on out of the reserve.
func TestFullStore(t *testing.T) {
	data := t.TempDir()
	h, err := house.Open(t.Context(), house.Options{Store: "sqlite:" + filepath.Join(data, "limen.db"), Data: data, Limit: 2 << 20, Reserve: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var last ees.RecordView
	n := uint64(0)
	for ; n < 5000; n++ {
		r, _, refused := admit(t.Context(), h, n*2654435761)
		if err = refused; err != nil {
			break
		}
		last = r
	}
	if err == nil || !strings.Contains(err.Error(), db.ErrFull.Error()) {
		t.Fatalf("after %d crossings: %v", n, err)
	}
	f, err := access.Run(t.Context(), h.Door, access.Request{Principal: crashGuard, Op: ees.OpReadFile, Purpose: access.BorderCheck},
		func(p access.Pass) (ees.FileView, error) { return h.EES.ReadFile(p, last.File) })
	if err != nil || len(f.Records) != 1 {
		t.Fatalf("a logged read of a full store: %d records, %v", len(f.Records), err)
	}
	var files, records int
	if err := h.Store.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row(`SELECT (SELECT COUNT(*) FROM ees_file), (SELECT COUNT(*) FROM ees_record)`).Scan(&files, &records)
	}); err != nil {
		t.Fatal(err)
	}
	if files != records || uint64(records) != n {
		t.Fatalf("%d files and %d records after %d crossings", files, records, n)
	}
}
