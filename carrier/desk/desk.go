// Package desk is where carriers and travellers meet the copy: JSON for all of
// it, XML and EDIFACT for questions of carriers. It speaks HTTP; the room carrier
// answers. It has the copy's own door and no way to the register.
package desk

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"limen/access"
	"limen/carrier"
	"limen/law"
	"limen/web"
)

// Desk serves the copy.
type Desk struct {
	Door       *access.Door
	Identities *access.Identities
	Copy       *carrier.Copy
	Now        func() time.Time // the copy's clock

	addresses, documents, applicants limit
	views                            carrierViews
}

// from is where a request comes from, for limits: the address, IPv6 by its
// 64-bit prefix. No forwarding header is read: any client can write one.
type from struct{ address string }

// Resolve implements huma.Resolver.
func (f *from) Resolve(ctx huma.Context) []error {
	f.address = place(ctx.RemoteAddr())
	return nil
}

func place(remote string) string {
	a, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	ip := a.Addr().Unmap().WithZone("")
	if ip.Is6() {
		p, _ := ip.Prefix(64)
		return p.String()
	}
	return ip.String()
}

// perMinute and perHour read the dated limit that is in force.
func (d *Desk) perMinute(p *law.Param[int]) (int, time.Duration, error) {
	n, err := p.On(law.DateIn(d.Now(), time.UTC))
	return n, time.Minute, err
}

func (d *Desk) perHour(p *law.Param[int]) (int, time.Duration, error) {
	n, err := p.On(law.DateIn(d.Now(), time.UTC))
	return n, time.Hour, err
}

// Stay answers a traveller who asks from an address. Both counts are taken
// before anything is looked up, so a held back question tells nothing (art 13(1),
// EES-046).
func (d *Desk) Stay(ctx context.Context, g web.Ground, address string, s carrier.Stay) (carrier.StayAnswer, error) {
	var none carrier.StayAnswer
	n, per, err := d.perMinute(&carrier.TravellerAddressRate)
	if err != nil {
		return none, err
	}
	if err := d.addresses.take(address, n, per, d.Now()); err != nil {
		return none, err
	}
	probe, err := d.Copy.Probe(s.Document)
	if err != nil {
		return none, err
	}
	if n, per, err = d.perHour(&carrier.TravellerDocumentRate); err != nil {
		return none, err
	}
	if err := d.documents.take(probe, n, per, d.Now()); err != nil {
		return none, err
	}
	req, err := g.Request(ctx, carrier.OpAskStay)
	if err != nil {
		return none, err
	}
	req.Principal = carrier.Visitor()
	return access.Run(ctx, d.Door, req, func(p access.Pass) (carrier.StayAnswer, error) { return d.Copy.AskStay(p, s) })
}

// Flight answers a carrier about its passengers.
func (d *Desk) Flight(ctx context.Context, g web.Ground, f carrier.Flight) (carrier.FlightAnswer, error) {
	req, err := g.Request(ctx, carrier.OpAsk)
	if err != nil {
		return carrier.FlightAnswer{}, err
	}
	return d.Copy.Ask(ctx, d.Door, req, f)
}

// Register takes a request for registration: of a carrier that is known, for
// itself; of anybody else, as a new one.
func (d *Desk) Register(ctx context.Context, g web.Ground, address string, in carrier.RegistrationRequest) (carrier.Registration, error) {
	n, per, err := d.perHour(&carrier.RegistrationRate)
	if err != nil {
		return carrier.Registration{}, err
	}
	if err := d.applicants.take(address, n, per, d.Now()); err != nil {
		return carrier.Registration{}, err
	}
	req, err := g.Request(ctx, carrier.OpRequest)
	if err != nil {
		return carrier.Registration{}, err
	}
	if req.Principal.Authority.Kind != access.Carrier {
		req.Principal = carrier.Applicant()
	}
	return access.Run(ctx, d.Door, req, func(p access.Pass) (carrier.Registration, error) { return d.Copy.Request(p, in) })
}

// Decide carries out an administrator's decision on a registration.
func (d *Desk) Decide(ctx context.Context, g web.Ground, id string, decision carrier.Decision) (carrier.Registration, error) {
	return through(ctx, d, g, carrier.OpDecide, func(p access.Pass) (carrier.Registration, error) { return d.Copy.Decide(p, id, decision) })
}

// Registrations lists registrations for an administrator.
func (d *Desk) Registrations(ctx context.Context, g web.Ground, status carrier.Status, after string, limit int) ([]carrier.Registration, error) {
	return through(ctx, d, g, carrier.OpList, func(p access.Pass) ([]carrier.Registration, error) {
		return d.Copy.Registrations(p, status, after, limit)
	})
}

// AddCertificate registers a carrier's client certificate, in PEM, for an
// administrator; the carrier's systems then authenticate by mutual TLS.
func (d *Desk) AddCertificate(ctx context.Context, g web.Ground, id, system, text string) (access.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	var certificate *x509.Certificate
	var err error
	if block != nil && block.Type == "CERTIFICATE" {
		certificate, err = x509.ParseCertificate(block.Bytes)
	}
	if err != nil || certificate == nil {
		return access.Certificate{}, law.BadField("certificate", "certificate_unreadable", "2017/2226 art 43(2)", "Give one certificate in PEM.")
	}
	return through(ctx, d, g, access.OpAddCert, func(p access.Pass) (access.Certificate, error) {
		if err := d.Copy.Registered(p, id); err != nil {
			return access.Certificate{}, err
		}
		return d.Identities.RegisterCertificate(p, authority(id), access.Officer(system), certificate, nil)
	})
}

// AddAccount makes an account of a carrier's agent, for an administrator. The
// address that enrols an authenticator app is shown this once.
func (d *Desk) AddAccount(ctx context.Context, g web.Ground, id, user, password string) (enrol string, err error) {
	account, err := d.Identities.Prepare(ctx, access.NewAccount{User: user, Role: access.CarrierAgent, Password: password, Authority: authority(id)})
	if err != nil {
		return "", err
	}
	return through(ctx, d, g, access.OpCreateAccount, func(p access.Pass) (string, error) {
		if err := d.Copy.Registered(p, id); err != nil {
			return "", err
		}
		_, second, err := d.Identities.CreateAccount(p, account)
		return second.URL, err
	})
}

// authority is the authority of a carrier's accounts and certificates.
func authority(id string) access.Authority {
	r := carrier.Registration{ID: id}
	return r.Authority()
}

// through knocks at the door for an operation.
func through[T any](ctx context.Context, d *Desk, g web.Ground, op access.Op, fn func(access.Pass) (T, error)) (T, error) {
	req, err := g.Request(ctx, op)
	if err != nil {
		var none T
		return none, err
	}
	return access.Run(ctx, d.Door, req, fn)
}

// Keys registers the well-known address of the public keys of receipts: whoever
// holds a receipt finds them without signing in, and without the API.
func (d *Desk) Keys(m *web.Mux) {
	m.OpenPage("GET /.well-known/limen-receipt-keys", func(w http.ResponseWriter, r *http.Request) error {
		b, err := json.Marshal(carrier.PublicKeyList{Keys: d.Copy.Receipts().Public()})
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		_, err = w.Write(append(b, '\n'))
		return err
	})
}
