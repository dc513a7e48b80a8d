package sim

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"limen/access"
	"limen/ees"
	"limen/house"
	"limen/web"
)

// remote is a booth's end of the network interface.
type remote struct {
	client *http.Client
	base   string
	token  string
}

// serve opens the house's server on the loopback interface, with TLS and a
// bearer token, as a booth meets it. The limits of requests are off: they would
// measure themselves.
func (b *benchHouse) serve(ctx context.Context, clients int) (*remote, func(), error) {
	token, err := b.account(ctx)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := web.OwnCertificate(filepath.Join(b.dir, "tls"), nil, b.Store.Now())
	if err != nil {
		return nil, nil, err
	}
	log := slog.New(slog.DiscardHandler)
	mux, err := b.Mux(house.Facing{Version: "bench", Log: log, Rate: web.Rate{PerSecond: -1}})
	if err != nil {
		return nil, nil, err
	}
	server, err := web.Listen(web.Serving{Address: "127.0.0.1:0", Certificate: certificate.TLS, Handler: mux, Log: log})
	if err != nil {
		return nil, nil, err
	}
	authority, err := os.ReadFile(certificate.CA)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	stop := sealing(ctx, func(ctx context.Context) { server.Run(ctx) })
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}
	r := &remote{client: &http.Client{Transport: transport}, base: "https://" + server.Address(), token: token}
	return r, func() { transport.CloseIdleConnections(); stop() }, nil
}

// account makes a guard with a token for the two operations.
func (b *benchHouse) account(ctx context.Context) (token string, err error) {
	const user = "bench-guard"
	_, _, err = b.Identities.Create(ctx, access.NewAccount{User: user, Password: "correct horse measures battery", Role: access.BorderGuard, Authority: benchGuard.Authority})
	if err != nil {
		return "", err
	}
	token, _, err = b.Identities.NewToken(ctx, user, []access.Op{ees.OpCheck, ees.OpRecordCrossing}, time.Hour*24, "measurement")
	return token, err
}

// pair carries out a border transaction over HTTPS.
func (r *remote) pair(ctx context.Context, c *client, s *subject, _ bool) (check, crossing time.Duration, err error) {
	q := s.request(c.r)
	var answer ees.Check
	start := time.Now()
	if err := r.post(ctx, "/api/ees/v1/checks", q, &answer); err != nil {
		return 0, 0, err
	}
	middle := time.Now()
	var view ees.RecordView
	if err = r.post(ctx, "/api/ees/v1/crossings", decision(&answer), &view); err == nil {
		s.rooms.inside = !s.rooms.inside
	}
	return middle.Sub(start), time.Since(middle), err
}

func (r *remote) post(ctx context.Context, path string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("sim: %s answered %s: %.300s", path, resp.Status, text)
	}
	return json.Unmarshal(text, answer)
}
