package access

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"limen/db"
	"limen/law"
)

// Certificate is a system that knocks by mutual TLS. Who it is stands in this
// registration, made by an administrator; what the certificate says about
// itself is not asked.
type Certificate struct {
	Fingerprint string // SHA-256 of the SubjectPublicKeyInfo, in hexadecimal
	Authority   Authority
	Officer     Officer // the system's name in the log
	Only        []Op    // nil does not narrow
	NotAfter    time.Time
	CreatedAt   time.Time
}

// Fingerprint returns what a certificate is registered by. It is of the public
// key, so a certificate renewed with the same key goes on working.
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// ByCertificate returns who knocks with a client certificate that the TLS
// layer has verified. The registration is at most a second old. Refusals,
// logged as far as refusals are (WithRemote): "certificate_unknown",
// "certificate_expired".
func (i *Identities) ByCertificate(ctx context.Context, cert *x509.Certificate) (Principal, error) {
	if cert == nil || len(cert.RawSubjectPublicKeyInfo) == 0 {
		return Principal{}, errors.New("access: no client certificate was handed in")
	}
	now := i.store.Now()
	print := Fingerprint(cert)
	c, held := i.certs.get(print, now)
	if !held {
		err := i.store.Read(ctx, func(tx *db.Tx) error {
			err := c.scan(tx.Row(`SELECT `+certificateColumns+` FROM access_certificate WHERE spki = $1`, print).Scan)
			if errors.Is(err, db.ErrNoRows) {
				c = Certificate{}
				return nil
			}
			return err
		})
		if err != nil {
			return Principal{}, fmt.Errorf("access: certificate: %w", err)
		}
		if c.Fingerprint != "" {
			i.certs.put(print, c, now)
		}
	}
	e := event{op: OpUseCert, account: print, remote: remoteOf(ctx), who: Principal{Channel: "mtls"}}
	if c.Fingerprint == "" {
		return Principal{}, i.refuse(ctx, law.Refuse(law.Unauthenticated, "certificate_unknown", staffCite,
			"This certificate is not registered to an authority. Ask the administrator to register it.", "fingerprint", print), e)
	}
	e.who = Principal{Officer: c.Officer, Authority: c.Authority, Channel: "mtls"}
	// The TLS layer has looked at the wall clock; this is the store's.
	if now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return Principal{}, i.refuse(ctx, law.Refuse(law.Unauthenticated, "certificate_expired", staffCite,
			"This certificate is not valid at this moment.", "not_after", cert.NotAfter.UTC().Format(time.RFC3339)), e)
	}
	p := e.who
	p.Only = slices.Clone(c.Only)
	return p, nil
}

const certificateColumns = `spki, kind, state, authority, officer, scope, not_after, created_at`

func (c *Certificate) scan(scan func(...any) error) error {
	var scope string
	var notAfter, created int64
	err := scan(&c.Fingerprint, &c.Authority.Kind, &c.Authority.State, &c.Authority.Name, &c.Officer, &scope, &notAfter, &created)
	if err != nil {
		return err
	}
	c.NotAfter, c.CreatedAt = moment(notAfter), moment(created)
	c.Only, err = decodeScope(scope)
	return err
}

// AddCertificate registers a certificate's key to an authority, for the house
// itself. Refusals name the field; "certificate_exists" when the key is
// registered already.
func (i *Identities) AddCertificate(ctx context.Context, authority Authority, officer Officer, cert *x509.Certificate, only []Op) (Certificate, error) {
	c, err := newCertificate(authority, officer, cert, only)
	if err != nil {
		return Certificate{}, err
	}
	defer i.certs.drop(c.Fingerprint)
	err = i.store.Write(ctx, func(tx *db.Tx) error {
		if err := c.insert(tx); err != nil {
			return err
		}
		return i.append(tx, event{op: OpAddCert, who: commandLine, account: c.Fingerprint})
	})
	if err != nil {
		return Certificate{}, err
	}
	return c, nil
}

// RegisterCertificate is AddCertificate for an administrator, by a pass for OpAddCert.
func (i *Identities) RegisterCertificate(p Pass, authority Authority, officer Officer, cert *x509.Certificate, only []Op) (Certificate, error) {
	c, err := newCertificate(authority, officer, cert, only)
	if err != nil {
		return Certificate{}, err
	}
	defer i.certs.drop(c.Fingerprint)
	err = i.changeBy(p, OpAddCert, c.Fingerprint, c.insert)
	if err != nil {
		return Certificate{}, err
	}
	return c, nil
}

func newCertificate(authority Authority, officer Officer, cert *x509.Certificate, only []Op) (Certificate, error) {
	if err := checkAuthority(authority); err != nil {
		return Certificate{}, err
	}
	bad := func(field string, code law.Code, message string) (Certificate, error) {
		return Certificate{}, law.BadField(field, code, staffCite, message)
	}
	switch {
	case !shortText(string(officer), 100):
		return bad("officer", "officer_invalid", "Give the system a name of 1 to 100 characters.")
	case cert == nil || len(cert.RawSubjectPublicKeyInfo) == 0:
		return bad("certificate", "certificate_missing", "Give the certificate to register.")
	case cert.IsCA:
		return bad("certificate", "certificate_of_an_issuer", "Register the system's own certificate, not its issuer's.")
	}
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < 2048 {
		return bad("certificate", "certificate_key_weak", "An RSA key has at least 2048 bits.")
	}
	if _, err := encodeScope(only); err != nil {
		return Certificate{}, err
	}
	return Certificate{Fingerprint: Fingerprint(cert), Authority: authority, Officer: officer, Only: only,
		NotAfter: cert.NotAfter.UTC()}, nil
}

func (c *Certificate) insert(tx *db.Tx) error {
	scope, err := encodeScope(c.Only)
	if err != nil {
		return err
	}
	c.CreatedAt = tx.Now()
	rows, err := tx.Exec(`INSERT INTO access_certificate (`+certificateColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (spki) DO NOTHING`, c.Fingerprint, string(c.Authority.Kind), c.Authority.State, c.Authority.Name,
		string(c.Officer), scope, c.NotAfter.UnixMicro(), c.CreatedAt.UnixMicro())
	if err == nil && rows == 0 {
		err = law.Refuse(law.Conflict, "certificate_exists", staffCite, "This key is registered already. Remove it first.")
	}
	return err
}

// RemoveCertificate ends a registration, for the house itself. Refusal:
// "certificate_not_found".
func (i *Identities) RemoveCertificate(ctx context.Context, fingerprint string) error {
	defer i.certs.drop(fingerprint)
	return i.change(ctx, OpRemoveCert, fingerprint, func(tx *db.Tx) error { return deleteCertificate(tx, fingerprint) })
}

// DeregisterCertificate is RemoveCertificate for an administrator, by a pass for OpRemoveCert.
func (i *Identities) DeregisterCertificate(p Pass, fingerprint string) error {
	defer i.certs.drop(fingerprint)
	return i.changeBy(p, OpRemoveCert, fingerprint, func(tx *db.Tx) error { return deleteCertificate(tx, fingerprint) })
}

func deleteCertificate(tx *db.Tx, fingerprint string) error {
	rows, err := tx.Exec(`DELETE FROM access_certificate WHERE spki = $1`, fingerprint)
	if err == nil && rows == 0 {
		err = law.Refuse(law.NotFound, "certificate_not_found", staffCite, "No certificate is registered by this fingerprint.")
	}
	return err
}

// Certificates lists the registrations by authority and officer, for the house itself.
func (i *Identities) Certificates(ctx context.Context) (list []Certificate, err error) {
	err = i.store.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = certificatesOf(tx)
		return err
	})
	return list, err
}

// ListCertificates is Certificates for an administrator, by a pass for OpListCerts.
func (i *Identities) ListCertificates(p Pass) ([]Certificate, error) {
	tx, err := p.through(OpListCerts, "")
	if err != nil {
		return nil, err
	}
	return certificatesOf(tx)
}

// CertificatesOf lists the certificates of one authority: by any pass of that
// authority itself, or by one for OpListCerts.
func (i *Identities) CertificatesOf(p Pass, a Authority) ([]Certificate, error) {
	tx, err := p.ofAuthority(OpListCerts, a)
	if err != nil {
		return nil, err
	}
	return certificatesOf(tx, a)
}

// certificatesOf reads the certificates, all of them or those of one authority.
func certificatesOf(tx *db.Tx, only ...Authority) ([]Certificate, error) {
	query, args := `SELECT `+certificateColumns+` FROM access_certificate`, []any{}
	if len(only) > 0 {
		query, args = query+` WHERE kind = $1 AND state = $2 AND authority = $3`, []any{string(only[0].Kind), only[0].State, only[0].Name}
	}
	rows, err := tx.Query(query+` ORDER BY kind, state, authority, officer, spki`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Certificate{}
	for rows.Next() {
		var c Certificate
		if err := c.scan(rows.Scan); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}
