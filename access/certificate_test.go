package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"testing"
	"time"

	"limen/law"
)

// certificate makes one that names itself as it likes.
func (g *gate) certificate(key any, public any, spot func(*x509.Certificate)) *x509.Certificate {
	g.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "Administrator", Organization: []string{"eu-LISA"}},
		NotBefore:    g.clock.Now().Add(-time.Hour),
		NotAfter:     g.clock.Now().Add(24 * time.Hour),
	}
	if spot != nil {
		spot(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	g.must(err)
	cert, err := x509.ParseCertificate(der)
	g.must(err)
	return cert
}

// TestArt43_2_CertificatesAreWhatTheyAreRegisteredAs: the identity is the
// registration's, whatever the certificate says; without one there is none.
func TestArt43_2_CertificatesAreWhatTheyAreRegisteredAs(t *testing.T) {
	eachGate(t, func(g *gate) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		g.must(err)
		cert := g.certificate(key, &key.PublicKey, nil)
		_, err = g.ids.ByCertificate(g.ctx, cert)
		r := g.refused(err, "certificate_unknown")
		if len(r.Facts) != 1 || r.Facts[0].Value != Fingerprint(cert) {
			t.Errorf("refusal %+v", r)
		}
		border := Authority{Border, "POL", "Straż Graniczna"}
		only := []Op{"ees.record_crossing"}
		made, err := g.ids.AddCertificate(g.ctx, border, "NUI Poland", cert, only)
		g.must(err)
		if made.Fingerprint != Fingerprint(cert) || !made.NotAfter.Equal(cert.NotAfter) {
			t.Errorf("registered %+v", made)
		}
		p, err := g.ids.ByCertificate(g.ctx, cert)
		g.must(err)
		if p.Authority != border || p.Officer != "NUI Poland" || p.Channel != "mtls" || !slices.Equal(p.Only, only) {
			t.Errorf("principal %+v", p)
		}
		_, err = g.ids.AddCertificate(g.ctx, border, "NUI Poland", cert, nil)
		g.refused(err, "certificate_exists")

		// Renewed with the same key it is the same system; with another it is none.
		renewed := g.certificate(key, &key.PublicKey, func(c *x509.Certificate) { c.SerialNumber = big.NewInt(2) })
		if p, err := g.ids.ByCertificate(g.ctx, renewed); err != nil || p.Officer != "NUI Poland" {
			t.Errorf("renewed: %+v %v", p, err)
		}
		stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		g.must(err)
		_, err = g.ids.ByCertificate(g.ctx, g.certificate(stranger, &stranger.PublicKey, nil))
		g.refused(err, "certificate_unknown")

		g.clock.Advance(25 * time.Hour)
		_, err = g.ids.ByCertificate(g.ctx, cert)
		g.refused(err, "certificate_expired")
		early := g.certificate(key, &key.PublicKey, func(c *x509.Certificate) { c.NotBefore = g.clock.Now().Add(time.Hour) })
		_, err = g.ids.ByCertificate(g.ctx, early)
		g.refused(err, "certificate_expired")

		list, err := g.ids.Certificates(g.ctx)
		g.must(err)
		if len(list) != 1 || list[0].Officer != "NUI Poland" || !slices.Equal(list[0].Only, only) {
			t.Errorf("certificates %+v", list)
		}
		fresh := g.certificate(key, &key.PublicKey, nil)
		_, err = g.ids.ByCertificate(g.ctx, fresh)
		g.must(err)
		g.must(g.ids.RemoveCertificate(g.ctx, made.Fingerprint))
		_, err = g.ids.ByCertificate(g.ctx, fresh)
		g.refused(err, "certificate_unknown")
		g.refused(g.ids.RemoveCertificate(g.ctx, made.Fingerprint), "certificate_not_found")
		if _, err := g.ids.ByCertificate(g.ctx, nil); err == nil {
			t.Error("no certificate is a principal")
		}

		got := map[string]int{}
		for _, r := range g.entries(OpUseCert) {
			got[string(r.Entry.Refusal)+" "+r.Entry.Officer]++
			if r.Entry.Refusal == "certificate_expired" && !r.Proves("account", made.Fingerprint) {
				t.Error("the entry does not prove which certificate")
			}
		}
		if got["certificate_unknown unknown"] != 3 || got["certificate_expired NUI Poland"] != 2 {
			t.Errorf("refusals logged: %v", got)
		}
	})
}

// TestArt43_2_RegistrationsAreChecked: a registration names an authority and a
// system, and takes neither an issuer's certificate nor a weak key.
func TestArt43_2_RegistrationsAreChecked(t *testing.T) {
	eachGate(t, func(g *gate) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		g.must(err)
		cert := g.certificate(key, &key.PublicKey, nil)
		issuer := g.certificate(key, &key.PublicKey, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true })
		weak := &x509.Certificate{RawSubjectPublicKeyInfo: []byte{1}, PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}}
		border := Authority{Border, "POL", "Straż Graniczna"}
		for _, c := range []struct {
			code      string
			authority Authority
			officer   Officer
			cert      *x509.Certificate
			only      []Op
		}{
			{"authority_kind_unknown", Authority{Duty, "EUE", "x"}, "x", cert, nil},
			{"authority_kind_unknown", Authority{"emperor", "EUE", "x"}, "x", cert, nil},
			{"state_invalid", Authority{Border, "", "x"}, "x", cert, nil},
			{"officer_invalid", border, "", cert, nil},
			{"certificate_missing", border, "x", nil, nil},
			{"certificate_of_an_issuer", border, "x", issuer, nil},
			{"certificate_key_weak", border, "x", weak, nil},
			{"scope_invalid", border, "x", cert, []Op{}},
			{"operation_invalid", border, "x", cert, []Op{"all"}},
		} {
			_, err := g.ids.AddCertificate(g.ctx, c.authority, c.officer, c.cert, c.only)
			g.refused(err, law.Code(c.code))
		}

		d, err := NewDoor(g.store, g.log, Operations(), Grants())
		g.must(err)
		admin := g.account("ada", AdministratorRole).Principal("session")
		made, err := Run(g.ctx, d, Request{Principal: admin, Op: OpAddCert}, func(p Pass) (Certificate, error) {
			return g.ids.RegisterCertificate(p, border, "NUI Poland", cert, nil)
		})
		g.must(err)
		if p, err := g.ids.ByCertificate(g.ctx, cert); err != nil || p.Only != nil || p.Authority != border {
			t.Errorf("principal %+v %v", p, err)
		}
		list, err := Run(g.ctx, d, Request{Principal: admin, Op: OpListCerts}, g.ids.ListCertificates)
		g.must(err)
		if len(list) != 1 || list[0].Fingerprint != made.Fingerprint {
			t.Errorf("certificates %+v", list)
		}
		_, err = Run(g.ctx, d, Request{Principal: admin, Op: OpRemoveCert}, func(p Pass) (int, error) {
			return 0, g.ids.DeregisterCertificate(p, made.Fingerprint)
		})
		g.must(err)
		_, err = g.ids.ByCertificate(g.ctx, cert)
		g.refused(err, "certificate_unknown")
	})
}
