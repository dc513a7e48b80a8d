package house_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"limen/db"
	"limen/law"
	"limen/nui"
)

// boothAt is a booth of Lisbon that speaks to its interface alone.
func boothAt(t *testing.T, n *nui.Interface) func(officer, method, path, key string, body any) (int, http.Header, map[string]any) {
	t.Helper()
	server := httptest.NewServer(n.Handler("secret"))
	t.Cleanup(server.Close)
	return func(officer, method, path, key string, body any) (int, http.Header, map[string]any) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if raw, ok := body.([]byte); ok {
			text = raw
		}
		req, err := http.NewRequest(method, server.URL+path, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer secret")
		for name, value := range map[string]string{"Limen-Officer": officer, "Idempotency-Key": key} {
			if value != "" {
				req.Header.Set(name, value)
			}
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		answer := map[string]any{}
		_ = json.Unmarshal(raw, &answer)
		return res.StatusCode, res.Header, answer
	}
}

// checkOf is the check of a traveller of crossing(n).
func checkOf(n int, direction string) map[string]any {
	var all map[string]any
	_ = json.Unmarshal(crossing(n, direction, "2026-07-01T10:00:00Z"), &all)
	return map[string]any{"direction": direction, "crossing_point": "PTLIS", "document": all["document"], "identity": all["identity"]}
}

// While the line is up a check goes through to the Central System, with its steps
// and the decision on it, and is recorded as what it is: online. The state notes
// who asked.
func TestArt23_ChecksPassThroughTheInterface(t *testing.T) {
	c := openCentral(t, lisbonNight())
	dir := t.TempDir()
	n := c.national(dir, nil, db.Options{})
	booth := boothAt(t, n)
	if status, _, answer := booth("", "POST", "/api/nui/v1/checks", "", checkOf(1, "entry")); status != 422 || answer["code"] != "officer_missing" {
		t.Fatalf("nobody asked: %d %v", status, answer)
	}
	status, _, answer := booth("guard 7", "POST", "/api/nui/v1/checks", "", checkOf(1, "entry"))
	check, _ := answer["check"].(map[string]any)
	if status != 201 || check["proposal"] != "admit" || answer["line"].(map[string]any)["up"] != true {
		t.Fatalf("%d %v", status, answer)
	}
	decide := map[string]any{"check_id": "forged", "biometrics": map[string]any{"face": "captured", "fingerprints": "captured"}}
	path := "/api/nui/v1/checks/" + check["check_id"].(string)
	status, _, first := booth("guard 7", "POST", path+"/crossing", "k1", decide)
	if status != 201 {
		t.Fatalf("%d %v", status, first)
	}
	if _, _, again := booth("guard 7", "POST", path+"/crossing", "k1", decide); again["record_id"] != first["record_id"] {
		t.Fatalf("told again: %v, then %v", first, again)
	}
	if got := c.count(`SELECT COUNT(*) FROM ees_record WHERE origin = 'ONLINE'`); got != 1 {
		t.Errorf("%d records made online", got)
	}
	// The conversation goes on, and what the Central System refuses is handed on.
	c.clock.Advance(3 * time.Hour)
	_, _, answer = booth("guard 8", "POST", "/api/nui/v1/checks", "", checkOf(1, "exit"))
	path = "/api/nui/v1/checks/" + answer["check"].(map[string]any)["check_id"].(string)
	status, header, step := booth("guard 8", "POST", path+"/steps", "", map[string]any{"step": "verify_face", "outcome": "face_match"})
	if status != 200 || step["state"] != "verified" || header.Get("ETag") != `"1"` {
		t.Fatalf("%d %v %v", status, header, step)
	}
	if status, _, answer = booth("guard 8", "GET", path, "", nil); status != 200 || answer["progress"].(map[string]any)["state"] != "verified" {
		t.Fatalf("%d %v", status, answer)
	}
	if status, _, answer = booth("guard 8", "POST", path+"/steps", "", map[string]any{"step": "verify_face", "outcome": "face_match"}); status != 409 || answer["code"] != "other_step" {
		t.Fatalf("%d %v", status, answer)
	}
	european := checkOf(2, "entry")
	european["identity"].(map[string]any)["nationalities"] = []string{"ITA"}
	if status, _, answer = booth("guard 8", "POST", "/api/nui/v1/checks", "", european); status < 400 || answer["code"] != "not_a_third_country_national" {
		t.Fatalf("%d %v", status, answer)
	}
	var notes, named int
	store := storeOf(t, c, dir)
	if err := store.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row(`SELECT COUNT(*), SUM(CASE WHEN officer = 'guard 8' THEN 1 ELSE 0 END) FROM nui_access`).Scan(&notes, &named)
	}); err != nil || notes != 8 || named != 5 {
		t.Errorf("%d notes, %d of guard 8, %v", notes, named, err)
	}
}

// storeOf opens the interface's store a second time, to look.
func storeOf(t *testing.T, c *central, dir string) *db.Store {
	t.Helper()
	s, err := db.Open(t.Context(), "sqlite:"+dir+"/nui.db", db.Options{Clock: c.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// EES-041: when the line is gone a check says what the document says and no stay,
// a decision says to keep the event, and the event is recorded once although the
// decision got through before its answer was lost. A line that is down is not
// waited for anew by every traveller, and is found again.
func TestArt21_1_ChecksWithoutTheLine(t *testing.T) {
	c := openCentral(t, lisbonNight())
	n := c.national(t.TempDir(), nil, db.Options{})
	booth := boothAt(t, n)
	_, _, answer := booth("guard 7", "POST", "/api/nui/v1/checks", "", checkOf(1, "entry"))
	path := "/api/nui/v1/checks/" + answer["check"].(map[string]any)["check_id"].(string)

	c.mute.Store(true)
	decide := map[string]any{"biometrics": map[string]any{"face": "captured", "fingerprints": "captured"}}
	if status, _, answer := booth("guard 7", "POST", path+"/crossing", "k1", decide); status != 503 || answer["code"] != "line_down" || answer["article"] != "2017/2226 art 21(1)" {
		t.Fatalf("%d %v", status, answer)
	}
	c.mute.Store(false)
	c.cut.Store(true)
	moment := c.clock.Now().UTC().Format(time.RFC3339)
	if status, _, answer := booth("guard 7", "POST", "/api/nui/v1/crossings", "k1", crossing(1, "entry", moment)); status != 202 || answer["state"] != "waiting" {
		t.Fatalf("%d %v", status, answer)
	}
	status, _, answer := booth("guard 7", "POST", "/api/nui/v1/checks", "", checkOf(2, "entry"))
	local, _ := answer["local"].(map[string]any)
	if status != 200 || local["stay"] != "not_available" || local["scope"] != nui.InScope || !strings.Contains(mustJSON(local), string(law.Code("stay_not_available"))) {
		t.Fatalf("%d %v", status, answer)
	}
	// The line comes back: those who wait are not the ones who find out, for some
	// seconds; then one is.
	c.cut.Store(false)
	heard := c.heard.Load()
	if _, _, answer := booth("guard 7", "POST", "/api/nui/v1/checks", "", checkOf(2, "entry")); answer["local"] == nil || c.heard.Load() != heard {
		t.Fatalf("the line was asked at once: %v", answer)
	}
	c.clock.Advance(6 * time.Second)
	if _, _, answer := booth("guard 7", "POST", "/api/nui/v1/checks", "", checkOf(2, "entry")); answer["check"] == nil {
		t.Fatalf("the line is back: %v", answer)
	}
	if _, err := n.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.count(`SELECT COUNT(*) FROM ees_record`); got != 1 {
		t.Errorf("%d records of one entry", got)
	}
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
