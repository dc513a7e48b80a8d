package web

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"limen/access"
)

// A first start makes an authority and a certificate; the second one uses
// them; the keys are nobody else's; other names and old age renew.
func TestOwnCertificate(t *testing.T) {
	dir, now := filepath.Join(t.TempDir(), "tls"), time.Now()
	first, err := OwnCertificate(dir, []string{"limen.test", "192.0.2.10"}, now)
	must(t, err)
	if !first.Made {
		t.Error("the first start did not make a certificate")
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "limen.test", "192.0.2.10"} {
		if err := first.TLS.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	ca, err := os.ReadFile(first.CA)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	if _, err := first.TLS.Leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: now, DNSName: "limen.test"}); err != nil {
		t.Errorf("the certificate is not of its authority: %v", err)
	}
	for _, key := range []string{"ca-key.pem", "server-key.pem"} {
		if info, err := os.Stat(filepath.Join(dir, key)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", key, info.Mode(), err)
		}
	}
	second, err := OwnCertificate(dir, []string{"limen.test", "192.0.2.10"}, now)
	must(t, err)
	if second.Made || !second.TLS.Leaf.Equal(first.TLS.Leaf) {
		t.Error("the second start made another certificate")
	}
	renewed, err := OwnCertificate(dir, []string{"limen.test", "192.0.2.10"}, now.Add(serverLifetime-renewBefore+time.Hour))
	must(t, err)
	if after, _ := os.ReadFile(first.CA); !renewed.Made || string(after) != string(ca) {
		t.Error("a certificate near its end is renewed under the same authority")
	}
	other, err := OwnCertificate(dir, []string{"other.test"}, now)
	must(t, err)
	if after, _ := os.ReadFile(first.CA); !other.Made || string(after) == string(ca) {
		t.Error("another name needs another authority")
	}
	must(t, os.WriteFile(filepath.Join(dir, "server.pem"), []byte("half of a fi"), 0o644))
	if again, err := OwnCertificate(dir, []string{"other.test"}, now); err != nil || !again.Made {
		t.Errorf("after a broken file: %v", err)
	}
}

// The authority that people are asked to trust cannot sign other names.
func TestOwnAuthoritySignsItsNamesOnly(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	c, err := OwnCertificate(dir, nil, now)
	must(t, err)
	pair, err := tls.LoadX509KeyPair(c.CA, filepath.Join(dir, "ca-key.pem"))
	must(t, err)
	if !pair.Leaf.PermittedDNSDomainsCritical || !pair.Leaf.MaxPathLenZero {
		t.Error("software that does not know name constraints would pass over them")
	}
	pool := x509.NewCertPool()
	pool.AddCert(pair.Leaf)
	for _, name := range []string{"bank.example", "192.0.2.1"} {
		leaf := issue(t, pair, func(template *x509.Certificate) {
			template.DNSNames, template.IPAddresses = splitNames([]string{name})
		})
		if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name}); err == nil {
			t.Errorf("the authority may sign %s", name)
		}
	}
}

// issue makes a certificate under the authority.
func issue(t *testing.T, authority tls.Certificate, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	change(template)
	parent, parentKey := authority.Leaf, authority.PrivateKey
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// TLS 1.3 and HTTP/2 are spoken, older TLS is not.
func TestTLSVersions(t *testing.T) {
	h := newHouse(t, setup{})
	if a := h.do(h.client(), "GET", "/healthz", ""); a.ProtoMajor != 2 || a.TLS.Version != tls.VersionTLS13 {
		t.Errorf("%s over TLS %x", a.Proto, a.TLS.Version)
	}
	old := h.tls()
	old.MaxVersion = tls.VersionTLS12
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: old}}
	if _, err := c.Get(h.base + "/healthz"); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.2: %v", err)
	}
}

// A system is known by its registered client certificate, over TLS only
// (2017/2226 art 43(2)); without registration it is nobody.
func TestArt43_2_ClientCertificates(t *testing.T) {
	authority := issue(t, tls.Certificate{}, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
	})
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	h := newHouse(t, setup{serving: func(s *Serving) { s.ClientCAs = pool }})
	known, unknown := issue(t, authority, func(*x509.Certificate) {}), issue(t, authority, func(*x509.Certificate) {})
	_, err := h.ids.AddCertificate(context.Background(), access.Authority{Kind: access.Border, State: "D", Name: "Bundespolizei"}, "nui-d", known.Leaf, nil)
	must(t, err)

	with := func(cert *tls.Certificate) answer {
		config := h.tls()
		if cert != nil {
			config.Certificates = []tls.Certificate{*cert}
		}
		transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		return h.do(&http.Client{Transport: transport}, "GET", "/api/test/v1/who", "")
	}
	if a := with(&known); a.StatusCode != 200 || !strings.Contains(a.text, `"Officer":"nui-d"`) || !strings.Contains(a.text, `"Channel":"mtls"`) {
		t.Errorf("registered: %d %s", a.StatusCode, a.text)
	}
	if p := with(&unknown).problem(t); p.Status != 401 || p.Code != "certificate_unknown" {
		t.Errorf("not registered: %+v", p)
	}
	if p := with(nil).problem(t); p.Status != 401 || p.Code != "not_signed_in" {
		t.Errorf("without a certificate: %+v", p)
	}
	stranger := issue(t, tls.Certificate{}, func(*x509.Certificate) {})
	config := h.tls()
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &stranger, nil }
	if r, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: config}}).Get(h.base + "/healthz"); err == nil {
		r.Body.Close()
		t.Error("a certificate of another authority gets through")
	}
}

// Whoever sends a header drop by drop is cut off (slowloris), and so is who
// sends one without end.
func TestSlowAndEndlessHeaders(t *testing.T) {
	h := newHouse(t, setup{serving: func(s *Serving) { s.HeaderTimeout, s.MaxHeader = 300*time.Millisecond, 8<<10 }})
	dial := func() *tls.Conn {
		c, err := tls.Dial("tcp", strings.TrimPrefix(h.base, "https://"), h.tls())
		must(t, err)
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(5 * time.Second))
		return c
	}
	slow := dial()
	start := time.Now()
	io.WriteString(slow, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
	for i := 0; i < 100; i++ {
		time.Sleep(20 * time.Millisecond)
		if _, err := io.WriteString(slow, "X"); err != nil {
			break
		}
	}
	if _, err := io.ReadAll(slow); err != nil && !isReset(err) {
		t.Errorf("the connection stays open: %v", err)
	}
	if taken := time.Since(start); taken > 4*time.Second {
		t.Errorf("cut off after %s only", taken)
	}

	endless := dial()
	fmt.Fprintf(endless, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: %s\r\n\r\n", strings.Repeat("x", 20<<10))
	r, err := http.ReadResponse(bufio.NewReader(endless), nil)
	if err != nil || r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("endless header: %v, %v", r, err)
	}
}

func isReset(err error) bool {
	op, ok := err.(*net.OpError)
	return ok && !op.Timeout()
}

// Stopping lets the request under way finish and takes no new ones.
func TestStopFinishesRequestsUnderWay(t *testing.T) {
	h := newHouse(t, setup{})
	got := make(chan answer, 1)
	go func() { got <- h.do(h.client(), "GET", "/api/test/v1/slow", "") }()
	<-h.slowIn
	h.stop()
	for {
		c, err := net.Dial("tcp", strings.TrimPrefix(h.base, "https://"))
		if err != nil {
			break
		}
		c.Close()
		time.Sleep(5 * time.Millisecond)
	}
	select {
	case a := <-got:
		t.Fatalf("answered before it could be: %d", a.StatusCode)
	case <-time.After(50 * time.Millisecond):
	}
	close(h.slow)
	if a := <-got; a.StatusCode != http.StatusNoContent {
		t.Errorf("the request under way got %d %s", a.StatusCode, a.text)
	}
	if err := h.ended(); err != nil {
		t.Error(err)
	}
}

// What does not finish in time is cut off, and Run says so.
func TestStopHasADeadline(t *testing.T) {
	h := newHouse(t, setup{serving: func(s *Serving) { s.DrainTimeout = 100 * time.Millisecond }})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r, err := h.client().Get(h.base + "/api/test/v1/slow")
		if err == nil {
			r.Body.Close()
			t.Errorf("got %d", r.StatusCode)
		}
	}()
	<-h.slowIn
	h.stop()
	if err := h.ended(); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("Run: %v", err)
	}
	<-ended
	close(h.slow)
}
