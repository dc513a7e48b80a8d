package desk_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/carrier"
	"limen/db/dbtest"
	"limen/house"
	"limen/law"
	"limen/person"
	"limen/web"
)

// counter is the copy's house behind HTTPS, with an administrator's token.
type counter struct {
	*testing.T
	house  *house.CarrierHouse
	server *httptest.Server
	clock  *dbtest.Clock
	admin  string
	certs  *x509.CertPool
	issuer *x509.Certificate
	key    *ecdsa.PrivateKey
}

func open(t *testing.T) *counter { return openAs(t, false) }

// openAs opens the house, as a demonstration if it is to be: its sign-in then
// shows the one-time code.
func openAs(t *testing.T, demo bool) *counter {
	t.Helper()
	dir := t.TempDir()
	clock := dbtest.NewClock(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	quiet := slog.New(slog.DiscardHandler)
	h, err := house.OpenCarrier(t.Context(), house.Options{Store: "sqlite:" + filepath.Join(dir, "carriers.db"), Data: dir, Clock: clock.Now, Log: quiet, Demo: demo})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	c := &counter{T: t, house: h, clock: clock}
	c.admin = c.account("administrator", access.AdministratorRole, access.Authority{State: "EUE", Name: "Central System"},
		carrier.OpDecide, carrier.OpList, access.OpAddCert, access.OpCreateAccount)
	facing := house.Facing{Version: "test", Log: quiet}
	if demo {
		facing.Demo = &web.Demo{}
	}
	m, err := h.Mux(facing)
	if err != nil {
		t.Fatal(err)
	}
	c.authority()
	c.server = httptest.NewUnstartedServer(m)
	c.server.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: c.certs}
	c.server.StartTLS()
	t.Cleanup(c.server.Close)
	c.feed()
	return c
}

func (c *counter) account(user string, role access.Role, a access.Authority, ops ...access.Op) (token string) {
	c.Helper()
	a.Kind = access.RoleKind(role)
	if _, _, err := c.house.Identities.Create(c.Context(), access.NewAccount{User: user, Role: role, Password: "correct horse battery", Authority: a}); err != nil {
		c.Fatal(err)
	}
	token, _, err := c.house.Identities.NewToken(context.Background(), user, ops, 72*time.Hour, "test")
	if err != nil {
		c.Fatal(err)
	}
	return token
}

// feed fills the copy with three invented travellers.
func (c *counter) feed() {
	c.Helper()
	tokens, err := carrier.NewTokenKey(make([]byte, 32))
	if err != nil {
		c.Fatal(err)
	}
	f, err := c.house.Copy.Begin(c.Context(), c.house.Door, tokens, carrier.Position{})
	if err != nil {
		c.Fatal(err)
	}
	birth, err := person.ParsePartialDate("1979-10-30")
	if err != nil {
		c.Fatal(err)
	}
	_, err = f.Apply(c.Context(), []carrier.Extract{{Token: tokens.Token("1"), VisaRequired: true,
		Documents:  []person.Document{{Type: "P", Number: "U7788990", Issuer: "TUR", Expiry: law.MustDate("2033-01-01")}},
		Identities: []carrier.Identity{{Name: person.Name{Surname: "YILMAZ", FirstNames: "MEHMET"}, Birth: birth, Sex: "M", Nationalities: []person.State{"TUR"}}},
		Visas: []carrier.Visa{{Number: "FRA123456", Issuer: "FRA", Type: person.VisaC, ValidFrom: law.MustDate("2026-10-15"), ValidTo: law.MustDate("2026-12-15"),
			Entries: 1, Days: 30, Status: carrier.VisaValid}}},
		// Known and without a stay; and withheld, with a visa and a stay that nobody is told of.
		{Token: tokens.Token("2"), Documents: []person.Document{{Type: "P", Number: "CA884411", Issuer: "CAN", Expiry: law.MustDate("2033-01-01")}},
			Identities: []carrier.Identity{{Name: person.Name{Surname: "PELLETIER"}, Birth: birth, Sex: "F", Nationalities: []person.State{"CAN"}}}},
		{Token: tokens.Token("3"), Withheld: true, VisaRequired: true, Documents: []person.Document{{Type: "P", Number: "U5550001", Issuer: "TUR", Expiry: law.MustDate("2033-01-01")}},
			Identities: []carrier.Identity{{Name: person.Name{Surname: "KAYA"}, Birth: birth, Sex: "F", Nationalities: []person.State{"TUR"}}},
			Visas:      []carrier.Visa{{Number: "FRA9", Issuer: "FRA", Type: person.VisaC, ValidFrom: law.MustDate("2026-10-15"), ValidTo: law.MustDate("2027-12-15"), Days: 90, Status: carrier.VisaValid}}},
	}, nil)
	if err != nil {
		c.Fatal(err)
	}
	if err := f.MarkFresh(c.Context(), c.clock.Now()); err != nil {
		c.Fatal(err)
	}
}

// authority makes the authority of the carriers' certificates.
func (c *counter) authority() {
	c.Helper()
	c.key, c.issuer = c.certificate(nil, nil, true)
	c.certs = x509.NewCertPool()
	c.certs.AddCert(c.issuer)
}

func (c *counter) certificate(parent *x509.Certificate, by *ecdsa.PrivateKey, ca bool) (*ecdsa.PrivateKey, *x509.Certificate) {
	c.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "invented"}, NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if ca {
		template.KeyUsage |= x509.KeyUsageCertSign
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		c.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		c.Fatal(err)
	}
	return key, cert
}

// send sends a request; headers come as name, value.
func (c *counter) send(client *http.Client, method, path, body string, headers ...string) (*http.Response, []byte) {
	c.Helper()
	req, err := http.NewRequest(method, c.server.URL+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	return res, b
}

// call sends JSON and reads the answer.
func (c *counter) call(want int, token, method, path string, in, out any) *http.Response {
	c.Helper()
	text := ""
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			c.Fatal(err)
		}
		text = string(b)
	}
	headers := []string{"Content-Type", "application/json"}
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	res, b := c.send(c.server.Client(), method, path, text, headers...)
	if res.StatusCode != want {
		c.Fatalf("%s %s answered %d, want %d: %.400s", method, path, res.StatusCode, want, b)
	}
	if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			c.Fatalf("%s: %.300s", err, b)
		}
	}
	return res
}

func sample(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A carrier's whole way: it asks for registration, is admitted, gets a certificate
// and an account, asks about a flight in each form, and keeps receipts that
// verify by the published keys. EES-047, EES-048.
func TestArt13_3_ACarriersWay(t *testing.T) {
	c := open(t)
	var r carrier.Registration
	c.call(http.StatusCreated, "", "POST", "/api/carrier/v1/registrations", carrier.RegistrationRequest{Name: "Invented Air", LegalForm: "Ltd", Address: "Somewhere",
		Contact: "Ops", Email: "ops@invented.example", Phone: "1", States: []string{"FRA"}}, &r)
	c.call(http.StatusForbidden, c.account("agent", access.CarrierAgent, r.Authority(), carrier.OpAsk), "POST", "/api/carrier/v1/flights", flight(t), nil)
	var list struct{ Registrations []carrier.Registration }
	c.call(http.StatusOK, c.admin, "GET", "/api/carrier/v1/registrations?status=requested", nil, &list)
	if len(list.Registrations) != 1 || list.Registrations[0].ID != r.ID {
		t.Fatalf("%+v", list)
	}
	c.call(http.StatusOK, c.admin, "POST", "/api/carrier/v1/registrations/"+r.ID+"/decision", carrier.Decision{Status: carrier.Admitted, Reason: "Known.", Version: r.Version}, &r)
	if r.Status != carrier.Admitted {
		t.Fatalf("%+v", r)
	}
	var enrol struct{ Enrol string }
	c.call(http.StatusCreated, c.admin, "POST", "/api/carrier/v1/registrations/"+r.ID+"/accounts", map[string]string{"user": "desk-7", "password": "correct horse battery"}, &enrol)
	if !strings.HasPrefix(enrol.Enrol, "otpauth://") {
		t.Errorf("%+v", enrol)
	}
	// Mutual TLS: the certificate is refused until the administrator registers it.
	key, cert := c.certificate(c.issuer, c.key, false)
	client := c.server.Client()
	client.Transport = client.Transport.(*http.Transport).Clone()
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}
	ask := func(form, body, accept string) (*http.Response, []byte) {
		return c.send(client, "POST", "/api/carrier/v1/messages", body, "Content-Type", form, "Accept", accept)
	}
	if res, b := ask("application/xml", sample(t, "flight.xml"), ""); res.StatusCode != http.StatusUnauthorized {
		t.Fatalf("%d %s", res.StatusCode, b)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	c.call(http.StatusCreated, c.admin, "POST", "/api/carrier/v1/registrations/"+r.ID+"/certificates", map[string]string{"system": "dcs-1", "certificate": string(text)}, nil)

	var keys carrier.PublicKeyList
	c.call(http.StatusOK, "", "GET", "/.well-known/limen-receipt-keys", nil, &keys)
	var same carrier.PublicKeyList
	c.call(http.StatusOK, "", "GET", "/api/carrier/v1/receipt-keys", nil, &same)
	if len(keys.Keys) != 1 || same.Keys[0].Public != keys.Keys[0].Public {
		t.Fatalf("%+v %+v", keys, same)
	}
	check := func(what string, out carrier.FlightAnswer) {
		t.Helper()
		if len(out.Answers) != 2 || out.Answers[0].Answer != carrier.OK || out.Answers[1].Answer != carrier.NotApplicable || out.Answers[1].Reference != "2" {
			t.Errorf("%s: %+v", what, out.Answers)
		}
		if s, err := out.Receipt.Verify(keys.Keys); err != nil || s.Carrier != r.ID {
			t.Errorf("%s: the receipt: %+v %v", what, s, err)
		}
	}
	for _, form := range []string{"application/xml", "text/xml; charset=utf-8", "application/edifact", "application/json"} {
		body := sample(t, map[string]string{"application/edifact": "flight.edi", "application/json": "flight.json"}[form]+map[bool]string{true: "flight.xml"}[strings.Contains(form, "xml")])
		for _, accept := range []string{"", "*/*", "application/json", "application/xml;q=0.5, text/html", "text/html, application/json;q=0.1"} {
			res, b := ask(form, body, accept)
			if res.StatusCode != http.StatusOK || res.Header.Get("Log-Entry") == "" {
				t.Fatalf("%s, %q: %d %s", form, accept, res.StatusCode, b)
			}
			var out carrier.FlightAnswer
			var err error
			switch got := res.Header.Get("Content-Type"); {
			case got == "application/xml":
				out, err = carrier.ReadXMLAnswer(b)
			case got == "application/edifact" && form == "application/edifact":
				out, err = carrier.ReadCUSRES(b)
			default:
				err = json.Unmarshal(b, &out)
			}
			if err != nil {
				t.Fatalf("%s, %q: %v\n%s", form, accept, err, b)
			}
			check(form+" as "+res.Header.Get("Content-Type"), out)
		}
	}
	if res, _ := ask("application/xml", sample(t, "flight.xml"), "application/edifact"); res.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("XML as EDIFACT: %d", res.StatusCode)
	}
	if res, _ := ask("text/csv", "a,b", ""); res.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("CSV: %d", res.StatusCode)
	}
	res, b := ask("application/edifact", "UNB+UNOC:4'", "")
	if res.StatusCode != http.StatusUnprocessableEntity || res.Header.Get("Content-Type") != "application/problem+json" || !bytes.Contains(b, []byte(`"code":"edifact_unreadable"`)) {
		t.Errorf("broken EDIFACT: %d %s", res.StatusCode, b)
	}
	var out carrier.FlightAnswer
	res, b = c.send(client, "POST", "/api/carrier/v1/flights", sample(t, "flight.json"), "Content-Type", "application/json")
	if err := json.Unmarshal(b, &out); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, b)
	}
	check("JSON", out)
	early := strings.Replace(strings.Replace(sample(t, "flight.json"), "2026-11-02T15", "2026-11-03T15", 1), `"arrival": "2026-11-02"`, `"arrival": "2026-11-03"`, 1)
	res, b = c.send(client, "POST", "/api/carrier/v1/flights", early, "Content-Type", "application/json")
	if res.StatusCode != http.StatusUnprocessableEntity || !bytes.Contains(b, []byte("query_too_early")) || !bytes.Contains(b, []byte("2022/1409 art 3(4)")) {
		t.Errorf("too early: %d %s", res.StatusCode, b)
	}
}

func flight(t *testing.T) carrier.Flight {
	t.Helper()
	f, err := carrier.ReadJSON([]byte(sample(t, "flight.json")))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Nobody who is not known asks about passengers, and travellers and carriers do
// not decide.
func TestArt13_3_OnlyWhoIsKnownAsks(t *testing.T) {
	c := open(t)
	c.call(http.StatusUnauthorized, "", "POST", "/api/carrier/v1/flights", flight(t), nil)
	c.call(http.StatusForbidden, c.admin, "POST", "/api/carrier/v1/flights", flight(t), nil)
	c.call(http.StatusUnauthorized, "", "GET", "/api/carrier/v1/registrations", nil, nil)
	c.call(http.StatusUnprocessableEntity, c.admin, "POST", "/api/carrier/v1/registrations/C1/certificates", map[string]string{"system": "x", "certificate": "nothing"}, nil)
	c.call(http.StatusNotFound, c.admin, "POST", "/api/carrier/v1/registrations/C1/decision", carrier.Decision{Status: carrier.Admitted, Reason: "x", Version: 1}, nil)
}

// A traveller asks without signing in, and gets the same bytes for a document that
// is known and has no stay as for one that is not. EES-046.
func TestArt13_1_ATravellerAsks(t *testing.T) {
	c := open(t)
	ask := func(number, issuer string) string {
		res, b := c.send(c.server.Client(), "POST", "/api/traveller/v1/stay",
			`{"document":{"type":"P","number":"`+number+`","issuer":"`+issuer+`"},"destination":"ESP","entry":"2026-11-10","exit":"2026-11-20"}`, "Content-Type", "application/json")
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", res.StatusCode, b)
		}
		return string(b)
	}
	if a := ask("U7788990", "TUR"); !strings.HasPrefix(a, `{"answer":"OK","days":30,"from":"2026-11-10"`) {
		t.Error(a)
	}
	if a, b := ask("X1", "CAN"), ask("x-2", "CAN"); a != b || !strings.Contains(a, `"days":90`) {
		t.Errorf("%s %s", a, b)
	}
	if a := ask("X1", "TUR"); !strings.HasPrefix(a, `{"answer":"NOT OK","days":0,`) {
		t.Error(a)
	}
	// Known without a stay as unknown; withheld as unknown: the same bytes and, but
	// for the numbers of the request and of its log entry, the same headers.
	told := func(number, issuer string) string {
		res, b := c.send(c.server.Client(), "POST", "/api/traveller/v1/stay",
			`{"document":{"type":"P","number":"`+number+`","issuer":"`+issuer+`"},"destination":"ESP","entry":"2026-11-10","exit":"2026-11-20"}`, "Content-Type", "application/json")
		for _, name := range []string{"Request-Id", "Log-Entry", "Date"} {
			if res.Header.Get(name) == "" {
				t.Errorf("%s has no %s", number, name)
			}
			res.Header.Set(name, strconv.Itoa(len(res.Header.Get(name))))
		}
		var head strings.Builder
		if err := res.Header.Write(&head); err != nil {
			t.Fatal(err)
		}
		return head.String() + string(b)
	}
	if a, b := told("CA884411", "CAN"), told("CA884412", "CAN"); a != b {
		t.Errorf("known without a stay:\n%s\nunknown:\n%s", a, b)
	}
	if a, b := told("U5550001", "TUR"), told("U5550002", "TUR"); a != b {
		t.Errorf("withheld:\n%s\nunknown:\n%s", a, b)
	}
	c.call(http.StatusUnprocessableEntity, "", "POST", "/api/traveller/v1/stay", map[string]any{"document": map[string]string{"type": "P", "number": "1", "issuer": "CAN"},
		"destination": "ESP", "surname": "DOE"}, nil)
}

// Questions about stays are limited by document, however the number is written and
// whether it is known or not, and by address; the answer says when to come back.
func TestArt13_1_QuestionsAreLimited(t *testing.T) {
	c := open(t)
	ask := func(number string) (*http.Response, string) {
		res, b := c.send(c.server.Client(), "POST", "/api/traveller/v1/stay",
			`{"document":{"type":"P","number":"`+number+`","issuer":"TUR"},"destination":"ESP"}`, "Content-Type", "application/json")
		return res, string(b)
	}
	held := func(number string, spellings ...string) string {
		t.Helper()
		for i := range 20 {
			if res, b := ask(spellings[i%len(spellings)]); res.StatusCode != http.StatusOK {
				t.Fatalf("question %d: %d %s", i, res.StatusCode, b)
			}
			c.clock.Advance(4 * time.Second) // the address may go on
		}
		res, b := ask(number)
		after, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if res.StatusCode != http.StatusTooManyRequests || err != nil || after < 1 || after > 180 {
			t.Fatalf("%d, Retry-After %q: %s", res.StatusCode, res.Header.Get("Retry-After"), b)
		}
		if other, _ := ask("Z999"); other.StatusCode != http.StatusOK {
			t.Errorf("another document: %d", other.StatusCode)
		}
		c.clock.Advance(time.Duration(after) * time.Second)
		if again, b := ask(number); again.StatusCode != http.StatusOK {
			t.Errorf("after the time given: %d %s", again.StatusCode, b)
		}
		var p struct {
			Code, Detail, Kind string
			Status             int
		}
		if err := json.Unmarshal([]byte(b), &p); err != nil {
			t.Fatal(err)
		}
		return p.Code + p.Detail + p.Kind + strconv.Itoa(p.Status)
	}
	known := held("U7788990", "U7788990", "u-778 8990")
	c.clock.Advance(time.Hour)
	if unknown := held("B0000001", "B0000001"); unknown != known {
		t.Errorf("held back otherwise: %s and %s", known, unknown)
	}
	c.clock.Advance(time.Hour)
	last := 0
	for i := range 30 {
		res, _ := ask("N" + strconv.Itoa(i))
		last = res.StatusCode
		if last != http.StatusOK {
			if i < 20 {
				t.Errorf("held back at question %d of one address", i)
			}
			break
		}
	}
	if last != http.StatusTooManyRequests {
		t.Error("an address may go through a list of numbers")
	}
}
