package house_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/house"
	"limen/law"
	"limen/nui"
)

// central is a Central System behind HTTPS whose line can be cut: before it hears
// anything, or after it has done what it was asked and before it answers.
type central struct {
	*testing.T
	house  *house.House
	server *httptest.Server
	clock  *dbtest.Clock
	token  string
	cut    atomic.Bool // nothing gets through
	mute   atomic.Bool // everything gets through, and no answer comes back
	heard  atomic.Int64
}

func openCentral(t *testing.T, clock *dbtest.Clock) *central {
	t.Helper()
	dir := t.TempDir()
	o := house.Options{Store: "sqlite:" + filepath.Join(dir, "limen.db"), Data: dir, Log: slog.New(slog.DiscardHandler)}
	if clock != nil {
		o.Clock = clock.Now
	}
	h, err := house.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	c := &central{T: t, house: h, clock: clock}
	if _, _, err := h.Identities.Create(t.Context(), access.NewAccount{User: "nui-prt", Role: access.BorderGuard, Password: "correct horse battery",
		Authority: access.Authority{Kind: access.Border, State: "PRT", Name: "Interface of Portugal"}}); err != nil {
		t.Fatal(err)
	}
	if c.token, _, err = h.Identities.NewToken(context.Background(), "nui-prt", []access.Op{ees.OpBackfill, ees.OpKeptUntil, ees.OpCheck, ees.OpReadCheck, ees.OpTakeStep,
		ees.OpIdentify, ees.OpRecordCrossing, ees.OpRecordRefusal}, 72*time.Hour, "test"); err != nil {
		t.Fatal(err)
	}
	m, err := h.Mux(house.Facing{Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	c.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		c.heard.Add(1)
		if c.mute.Load() {
			m.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		m.ServeHTTP(w, r)
	}))
	c.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	c.server.StartTLS()
	t.Cleanup(c.server.Close)
	return c
}

// national opens an interface over a store in dir.
func (c *central) national(dir string, change func(*nui.Options), options db.Options) *nui.Interface {
	c.Helper()
	n, err := c.tryNational(dir, change, options)
	if err != nil {
		c.Fatal(err)
	}
	return n
}

func (c *central) tryNational(dir string, change func(*nui.Options), options db.Options) (*nui.Interface, error) {
	c.Helper()
	if c.clock != nil {
		options.Clock = c.clock.Now
	}
	store, err := db.Open(c.Context(), "sqlite:"+filepath.Join(dir, "nui.db"), options)
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { store.Close() })
	key, err := nui.KeyFile(filepath.Join(dir, "nui.key"))
	if err != nil {
		c.Fatal(err)
	}
	o := nui.Options{Store: store, Key: key, Name: "lisbon", State: "PRT", Origin: nui.NUIBuffer, Central: c.server.URL, Client: c.server.Client(), Token: c.token, Copies: true}
	if change != nil {
		change(&o)
	}
	return nui.Open(c.Context(), o)
}

// crossing is an event as a booth sends it; n makes it another traveller.
func crossing(n int, direction, moment string) []byte {
	letters := []byte{'A' + byte(n%26), 'A' + byte(n/26%26), 'A' + byte(n/676%26), 'O', 'V', 'A'}
	b, err := json.Marshal(map[string]any{"direction": direction, "crossing_point": "PTLIS", "at": moment, "decision": "crossed", "officer": "guard 7",
		"document":   map[string]any{"type": "P", "number": fmt.Sprintf("CA%06d", n), "issuer": "CAN", "expiry": "2035-01-01"},
		"identity":   map[string]any{"surname": string(letters), "first_names": "NINA", "birth_date": fmt.Sprintf("%d-%02d-%02d", 1950+n%50, 1+n%12, 1+n%28), "sex": "F", "nationalities": []string{"CAN"}},
		"biometrics": map[string]any{"face": "captured", "fingerprints": "captured"}})
	if err != nil {
		panic(err)
	}
	return b
}

func (c *central) keep(n *nui.Interface, key string, body []byte) nui.Kept {
	c.Helper()
	k, err := n.Keep(c.Context(), key, body, false)
	if err != nil {
		c.Fatal(err)
	}
	return k
}

func (c *central) state(n *nui.Interface) nui.State {
	c.Helper()
	s, err := n.State(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	return s
}

// count asks the Central System's store.
func (c *central) count(query string, args ...any) (n int) {
	c.Helper()
	if err := c.house.Store.Read(c.Context(), func(tx *db.Tx) error { return tx.Row(query, args...).Scan(&n) }); err != nil {
		c.Fatal(err)
	}
	return n
}

func lisbonNight() *dbtest.Clock {
	return dbtest.NewClock(time.Date(2026, 7, 2, 8, 0, 0, 0, time.UTC))
}

// EES-041: while the line is down events wait, sealed, the oldest known; when it
// is back they are told in the order of time, once, marked with where they were
// kept, and with the civil day of Lisbon: half past eleven in the evening UTC is
// the next day there in summer.
func TestArt21_1_InterfaceKeepsAndTells(t *testing.T) {
	c := openCentral(t, lisbonNight())
	dir := t.TempDir()
	n := c.national(dir, nil, db.Options{})
	c.cut.Store(true)
	c.keep(n, "b", crossing(1, "exit", "2026-07-01T10:00:00Z"))
	k := c.keep(n, "a", crossing(1, "entry", "2026-06-30T23:30:00Z"))
	if k.State != "waiting" || k.Local.Scope != nui.InScope || k.Local.Visa != "exempt" || k.Local.Stay != "not_available" {
		t.Fatalf("%+v", k)
	}
	if _, err := n.Replay(t.Context()); err == nil {
		t.Fatal("told over a line that is cut")
	}
	s := c.state(n)
	if s.Line.Up || s.Buffered != 2 || s.Oldest == nil || s.Oldest.Format(time.RFC3339) != "2026-06-30T23:30:00Z" || s.Line.Error == "" {
		t.Fatalf("%+v", s)
	}
	for _, file := range []string{"nui.db", "nui.db-wal"} {
		if raw, _ := os.ReadFile(filepath.Join(dir, file)); bytes.Contains(raw, []byte("NINA")) || bytes.Contains(raw, []byte("CA000001")) {
			t.Errorf("%s shows what was kept", file)
		}
	}
	c.cut.Store(false)
	if done, err := n.Replay(t.Context()); done != 2 || err != nil {
		t.Fatalf("%d told, %v", done, err)
	}
	if s := c.state(n); !s.Line.Up || s.Buffered != 0 || s.Oldest != nil || s.Copies != 2 {
		t.Fatalf("%+v", s)
	}
	var entryOn, exitOn law.Date
	var origin, authority string
	if err := c.house.Store.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row(`SELECT entry_on, exit_on, origin, entry_authority FROM ees_record`).Scan(&entryOn, &exitOn, &origin, &authority)
	}); err != nil {
		t.Fatal(err)
	}
	if entryOn != law.MustDate("2026-07-01") || exitOn != law.MustDate("2026-07-01") || origin != "NUI_BUFFER" || authority != "Interface of Portugal" {
		t.Errorf("%s to %s, %s, %s", entryOn, exitOn, origin, authority)
	}
	if again := c.keep(n, "a", crossing(1, "entry", "2026-06-30T23:30:00Z")); again.State != "recorded" {
		t.Errorf("sent again: %+v", again)
	}
	if _, err := n.Keep(t.Context(), "a", crossing(2, "entry", "2026-06-30T23:30:00Z"), false); err == nil || !strings.Contains(err.Error(), "idempotency_key_reused") {
		t.Errorf("another event under the same key: %v", err)
	}
}

// EES-041: the answer is lost after the Central System has recorded. The events
// are told again, and each is in the register once.
func TestArt21_1_LostAnswerRecordsNothingTwice(t *testing.T) {
	c := openCentral(t, lisbonNight())
	n := c.national(t.TempDir(), nil, db.Options{})
	for i := range 5 {
		c.keep(n, fmt.Sprint(i), crossing(i, "entry", "2026-07-01T10:00:00Z"))
	}
	c.mute.Store(true)
	if done, err := n.Replay(t.Context()); done != 0 || err == nil {
		t.Fatalf("%d told, %v", done, err)
	}
	if got := c.count(`SELECT COUNT(*) FROM ees_record`); got != 5 {
		t.Fatalf("the Central System has %d", got)
	}
	c.mute.Store(false)
	if done, err := n.Replay(t.Context()); done != 5 || err != nil {
		t.Fatalf("%d told, %v", done, err)
	}
	if got := c.count(`SELECT COUNT(*) FROM ees_record`); got != 5 {
		t.Fatalf("the Central System has %d", got)
	}
}

// One event that nobody can read holds back no other, and is not lost; an event
// that cannot be opened any more neither.
func TestArt21_1_OneBadEventHoldsBackNoOther(t *testing.T) {
	c := openCentral(t, lisbonNight())
	dir := t.TempDir()
	n := c.national(dir, nil, db.Options{})
	var bad map[string]any
	if err := json.Unmarshal(crossing(1, "entry", "2026-07-01T09:00:00Z"), &bad); err != nil {
		t.Fatal(err)
	}
	bad["intended_days"] = "many" // no field of this form: the whole batch cannot be read
	unread, _ := json.Marshal(bad)
	c.keep(n, "bad", unread)
	c.keep(n, "damaged", crossing(2, "entry", "2026-07-01T09:30:00Z"))
	c.keep(n, "good", crossing(3, "entry", "2026-07-01T10:00:00Z"))
	other, err := db.Open(t.Context(), "sqlite:"+filepath.Join(dir, "nui.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE nui_event SET body = (SELECT body FROM nui_event WHERE key = 'lisbon:good') WHERE key = 'lisbon:damaged'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	other.Close()
	if _, err := n.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := c.state(n); s.Buffered != 0 || s.Refused != 1 || s.Damaged != 1 || c.count(`SELECT COUNT(*) FROM ees_record`) != 1 {
		t.Fatalf("%+v", s)
	}
}

// The store cannot be opened with another key.
func TestArt43_InterfaceNeedsItsKey(t *testing.T) {
	c := openCentral(t, lisbonNight())
	dir := t.TempDir()
	c.keep(c.national(dir, nil, db.Options{}), "a", crossing(1, "entry", "2026-07-01T10:00:00Z"))
	if _, err := c.tryNational(dir, func(o *nui.Options) { o.Key = bytes.Repeat([]byte{1}, 32) }, db.Options{}); err == nil || !strings.Contains(err.Error(), "key file") {
		t.Fatalf("opened with another key: %v", err)
	}
}

// Art 21(2): a full store and a full buffer say so, keep nothing by half, and go
// on telling, which makes room.
func TestArt21_2_FullBufferSaysWriteByHand(t *testing.T) {
	c := openCentral(t, lisbonNight())
	n := c.national(t.TempDir(), func(o *nui.Options) { o.Copies = false }, db.Options{MaxBytes: 512 << 10, ReserveBytes: 128 << 10})
	kept := 0
	var err error
	for ; kept < 3000; kept++ {
		if _, err = n.Keep(t.Context(), fmt.Sprint(kept), crossing(kept, "entry", "2026-07-01T10:00:00Z"), false); err != nil {
			break
		}
	}
	var refusal *law.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "buffer_full" || kept < 20 {
		t.Fatalf("after %d: %v", kept, err)
	}
	if s := c.state(n); s.Buffered != int64(kept) {
		t.Fatalf("%d wait, %d were kept", s.Buffered, kept)
	}
	if done, err := n.Replay(t.Context()); done != kept || err != nil {
		t.Fatalf("%d of %d told, %v", done, kept, err)
	}
	if got := c.count(`SELECT COUNT(*) FROM ees_record`); got != kept {
		t.Fatalf("%d in the register", got)
	}
	c.keep(n, "after", crossing(4000, "entry", "2026-07-01T10:00:00Z"))
	small := c.national(t.TempDir(), func(o *nui.Options) { o.Limit = 2 }, db.Options{})
	for i := range 3 {
		_, err = small.Keep(t.Context(), fmt.Sprint(i), crossing(i, "entry", "2026-07-01T10:00:00Z"), false)
	}
	if !errors.As(err, &refusal) || refusal.Code != "buffer_full" || c.state(small).Buffered != 2 {
		t.Fatalf("the third of two: %v", err)
	}
}

// EES-064: a national copy has no biometrics, is kept on the last day on which the
// system keeps the record, and is gone on the next; the exit shortens it; an
// erasure before its time takes it with it; and what nobody could confirm goes.
func TestArt40_2_CopiesGoWithTheRecord(t *testing.T) {
	clock := dbtest.NewClock(time.Date(2026, 7, 2, 8, 0, 0, 0, time.UTC))
	c := openCentral(t, clock)
	copies := func(n *nui.Interface, want int64, what string) {
		t.Helper()
		if _, err := n.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := c.state(n); s.Copies != want {
			t.Fatalf("%s: %d copies, want %d", what, s.Copies, want)
		}
	}
	n := c.national(t.TempDir(), nil, db.Options{})
	c.keep(n, "e", crossing(1, "entry", "2026-07-01T10:00:00Z")) // 90 days: to 2026-09-28, kept to 2031-09-28
	c.keep(n, "x", crossing(1, "exit", "2026-07-01T18:00:00Z"))  // kept to 2029-07-01
	c.keep(n, "g", crossing(2, "entry", "2026-07-01T11:00:00Z"))
	if _, err := n.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	copies(n, 3, "at first")
	if err := c.house.Store.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM ees_record WHERE exit_at IS NULL`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(23 * time.Hour)
	copies(n, 3, "before the question is due")
	clock.Advance(2 * time.Hour)
	copies(n, 2, "after an erasure before its time")

	// The line goes down; what is not confirmed for seven days goes.
	c.cut.Store(true)
	clock.Advance(7*24*time.Hour - time.Minute)
	copies(n, 2, "within the time")
	clock.Advance(2 * time.Minute)
	copies(n, 0, "after it")

	// The last day itself, and the day after.
	c.cut.Store(false)
	late := dbtest.NewClock(time.Date(2029, 7, 1, 0, 0, 0, 0, time.UTC))
	d := openCentral(t, late)
	m := d.national(t.TempDir(), nil, db.Options{})
	d.keep(m, "e", crossing(1, "entry", "2026-07-01T10:00:00Z"))
	d.keep(m, "x", crossing(1, "exit", "2026-07-01T18:00:00Z"))
	if _, err := m.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.cut.Store(true)
	for _, at := range []struct {
		moment time.Time
		want   int64
	}{{time.Date(2029, 7, 1, 23, 59, 59, 0, time.UTC), 2}, {time.Date(2029, 7, 2, 0, 0, 0, 0, time.UTC), 0}} {
		late.Set(at.moment)
		if _, err := m.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := d.state(m); s.Copies != at.want {
			t.Errorf("%s: %d copies", at.moment, s.Copies)
		}
	}
}

// EES-042 and art 43(2): what booths may send, and who may.
func TestArt21_2_BoothsAndHandWrittenEntries(t *testing.T) {
	c := openCentral(t, lisbonNight())
	n := c.national(t.TempDir(), nil, db.Options{})
	booth := httptest.NewServer(n.Handler("secret-of-the-booths"))
	t.Cleanup(booth.Close)
	send := func(method, path, token, key string, body []byte) (int, map[string]any) {
		t.Helper()
		req, err := http.NewRequest(method, booth.URL+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Idempotency-Key", key)
		req.Header.Set("Limen-Officer", "guard 7")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		answer := map[string]any{}
		_ = json.Unmarshal(raw, &answer)
		if res.Header.Get("Content-Type") == "text/html; charset=utf-8" {
			answer["page"] = string(raw)
		}
		return res.StatusCode, answer
	}
	const token = "secret-of-the-booths"
	good := crossing(1, "entry", "2026-07-01T10:00:00Z")
	european := bytes.ReplaceAll(crossing(2, "entry", "2026-07-01T10:00:00Z"), []byte("CAN"), []byte("ITA"))
	abroad := bytes.ReplaceAll(good, []byte("PTLIS"), []byte("FRCDG"))
	for _, try := range []struct {
		method, path, token, key string
		body                     []byte
		status                   int
		code                     string
	}{
		{"POST", "/api/nui/v1/crossings", "wrong", "1", good, 401, "unknown_booth"},
		{"POST", "/api/nui/v1/crossings", "", "1", good, 401, "unknown_booth"},
		{"GET", "/api/nui/v1/state", "", "", nil, 401, "unknown_booth"},
		{"POST", "/api/nui/v1/crossings", token, "", good, 422, "idempotency_key_invalid"},
		{"POST", "/api/nui/v1/crossings", token, "1", []byte("[]"), 422, "not_json"},
		{"POST", "/api/nui/v1/crossings", token, "1", european, 403, "not_a_third_country_national"},
		{"POST", "/api/nui/v1/crossings", token, "1", abroad, 422, "foreign_crossing_point"},
		{"POST", "/api/nui/v1/crossings", token, "1", crossing(1, "entry", "2026-07-02T08:05:00Z"), 422, "date_in_the_future"},
		{"POST", "/api/nui/v1/manual", token, "", []byte(`{"entries":[]}`), 422, "batch_size"},
		{"POST", "/api/nui/v1/crossings", token, "1", good, 202, ""},
		{"POST", "/api/nui/v1/checks", token, "", []byte(`{"direction":"entry","crossing_point":"PTLIS","mrz":["P<TURYILMAZ<<AYSE<<<<<<<<<<<<<<<<<<<<<<<<<<<","U123456784TUR9004034F3105205<<<<<<<<<<<<<<<8"]}`), 201, ""},
	} {
		status, answer := send(try.method, try.path, try.token, try.key, try.body)
		if status != try.status || try.code != "" && answer["code"] != try.code {
			t.Errorf("%s %s: %d %v, want %d %s", try.method, try.path, status, answer, try.status, try.code)
		}
	}
	var bare map[string]any
	_ = json.Unmarshal(crossing(5, "entry", "2026-07-01T12:00:00Z"), &bare)
	bare["key"] = "page 1 line 1"
	spaced, _ := json.Marshal(bare)
	bare["key"] = "p1l2"
	withFace, _ := json.Marshal(bare)
	delete(bare, "biometrics")
	bare["key"] = "p1l3"
	byHand, _ := json.Marshal(bare)
	status, answer := send("POST", "/api/nui/v1/manual", token, "", []byte(`{"entries":[`+string(spaced)+`,`+string(withFace)+`,`+string(byHand)+`]}`))
	lines := fmt.Sprint(answer["entries"])
	if status != 202 || !strings.Contains(lines, "manual_without_biometrics") || !strings.Contains(lines, "idempotency_key_invalid") || c.state(n).Buffered != 2 {
		t.Fatalf("%d %s", status, lines)
	}
	if _, err := n.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.count(`SELECT COUNT(*) FROM ees_file f JOIN ees_record r ON r.ref = f.ref WHERE r.origin = 'MANUAL' AND f.without_biometrics AND f.fallback AND f.face = 'MISSING'`); got != 1 {
		t.Errorf("%d files by hand without biometrics", got)
	}
	status, answer = send("GET", "/", "", "", nil)
	if page, _ := answer["page"].(string); status != 200 || !strings.Contains(page, "Line to the Central System</dt><dd>up") || strings.Contains(page, "NINA") {
		t.Errorf("%d %s", status, page)
	}
}

// TestInterfaceCrashChild is the process that the next test kills.
func TestInterfaceCrashChild(t *testing.T) {
	dir := os.Getenv("LIMEN_NUI_CRASH")
	if dir == "" {
		return
	}
	ca, err := os.ReadFile(filepath.Join(dir, "central.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs = pool
	store, err := db.Open(t.Context(), "sqlite:"+filepath.Join(dir, "nui.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := nui.KeyFile(filepath.Join(dir, "nui.key"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := nui.Open(t.Context(), nui.Options{Store: store, Key: key, Name: "lisbon", State: "PRT", Origin: nui.NUIBuffer, Central: os.Getenv("LIMEN_NUI_CENTRAL"),
		Client: &http.Client{Transport: transport}, Token: os.Getenv("LIMEN_NUI_TOKEN"), Copies: true, FirstPause: time.Millisecond, LongestPause: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	go n.Run(t.Context())
	var from int
	fmt.Sscan(os.Getenv("LIMEN_NUI_FROM"), &from)
	moment := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	var out sync.Mutex
	var next atomic.Int64
	for range 4 {
		go func() {
			for {
				i := from + int(next.Add(1))
				if _, err := n.Keep(t.Context(), fmt.Sprint(i), crossing(i, "entry", moment), false); err != nil {
					continue
				}
				out.Lock()
				fmt.Printf("KEPT %d\n", i)
				out.Unlock()
			}
		}()
	}
	time.Sleep(time.Minute) // the parent kills long before
}

// EES-041: kill -9 of an interface while it keeps and while it tells, over a line
// that comes and goes. Everything that it acknowledged is in the register in the
// end, once.
func TestArt21_1_KilledInterfaceLosesNothing(t *testing.T) {
	c := openCentral(t, nil)
	dir := t.TempDir()
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.server.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(dir, "central.pem"), cert, 0o600); err != nil {
		t.Fatal(err)
	}
	var kept []int
	for round, line := range []struct{ cut, mute bool }{{true, false}, {false, false}, {false, true}, {false, false}} {
		c.cut.Store(line.cut)
		c.mute.Store(line.mute)
		kept = append(kept, c.killInterface(dir, (round+1)*2000, 40)...)
	}
	c.cut.Store(false)
	c.mute.Store(false)
	n := c.national(dir, nil, db.Options{})
	waiting := c.state(n).Buffered
	if _, err := n.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if waiting == 0 || c.heard.Load() == 0 || c.state(n).Buffered != 0 {
		t.Errorf("%d waited, the Central System heard %d requests", waiting, c.heard.Load())
	}
	events, records := c.count(`SELECT COUNT(*) FROM ees_backfill`), c.count(`SELECT COUNT(*) FROM ees_record`)
	open := c.count(`SELECT COUNT(*) FROM ees_backfill_open`)
	if events != records || events+open < len(kept) {
		t.Errorf("%d events, %d records and %d in second line of %d that were kept", events, records, open, len(kept))
	}
	for _, i := range kept {
		key := fmt.Sprintf("lisbon:%d", i)
		if c.count(`SELECT (SELECT COUNT(*) FROM ees_backfill WHERE event = $1) + (SELECT COUNT(*) FROM ees_backfill_open WHERE event = $1)`, key) != 1 {
			t.Errorf("event %s was lost", key)
		}
	}
}

// killInterface runs the child until it has kept so many events, and kills it.
func (c *central) killInterface(dir string, from, enough int) (kept []int) {
	c.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestInterfaceCrashChild$")
	child.Env = append(os.Environ(), "LIMEN_NUI_CRASH="+dir, "LIMEN_NUI_CENTRAL="+c.server.URL, "LIMEN_NUI_TOKEN="+c.token, fmt.Sprintf("LIMEN_NUI_FROM=%d", from))
	out, err := child.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := child.Start(); err != nil {
		c.Fatal(err)
	}
	stop := time.AfterFunc(40*time.Second, func() { child.Process.Kill() })
	defer stop.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var i int
		if _, err := fmt.Sscanf(lines.Text(), "KEPT %d", &i); err == nil {
			if kept = append(kept, i); len(kept) == enough {
				child.Process.Kill()
			}
		}
	}
	child.Wait()
	if len(kept) < enough {
		c.Fatalf("the child kept %d events, want %d", len(kept), enough)
	}
	return kept
}
