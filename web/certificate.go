package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Lifetimes of the certificates that a first start makes. Browsers refuse
// server certificates that run for more than 398 days.
const (
	authorityLifetime = 10 * 365 * 24 * time.Hour
	serverLifetime    = 397 * 24 * time.Hour
	renewBefore       = 30 * 24 * time.Hour
)

// Certificate is the server's identity, made by OwnCertificate.
type Certificate struct {
	TLS   tls.Certificate
	CA    string // path of ca.pem, the file to trust: curl --cacert, or a browser's store
	Made  bool   // made or renewed by this call
	Names []string
}

// OwnCertificate returns the certificate kept in dir for localhost, the
// loopback addresses, the host's name and the extra names (DNS names or IP
// addresses), and makes it at the first start. It writes
//
//	ca.pem, ca-key.pem          a certification authority that can sign these names only
//	server.pem, server-key.pem  the server's certificate, ECDSA on P-256
//
// with the keys readable by their owner alone. A server certificate near its
// end is renewed under the same authority, so that what trusts ca.pem goes on
// trusting it; other names need a new authority, because the old one is not
// allowed to sign them.
func OwnCertificate(dir string, extra []string, now time.Time) (Certificate, error) {
	names := ownNames(extra)
	c := Certificate{CA: filepath.Join(dir, "ca.pem"), Names: names}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, fmt.Errorf("certificate: %w", err)
	}
	server, serverKey := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server-key.pem")

	pair, err := tls.LoadX509KeyPair(server, serverKey)
	if err == nil && covers(pair.Leaf, names, now) {
		if _, err := os.Stat(c.CA); err == nil {
			c.TLS = pair
			return c, nil
		}
	}

	authority, authorityKey, err := loadAuthority(dir, names, now)
	if err != nil {
		return c, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, fmt.Errorf("certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: "Limen server"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(serverLifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	template.DNSNames, template.IPAddresses = splitNames(names)
	der, err := x509.CreateCertificate(rand.Reader, template, authority, &key.PublicKey, authorityKey)
	if err != nil {
		return c, fmt.Errorf("certificate: %w", err)
	}
	// If we stop between the two files, the next start finds a pair that does
	// not match, and makes a new one.
	if err := errors.Join(writeKey(serverKey, key), writePEM(server, 0o644, "CERTIFICATE", der, authority.Raw)); err != nil {
		return c, err
	}
	c.TLS, err = tls.LoadX509KeyPair(server, serverKey)
	c.Made = true
	return c, err
}

// loadAuthority reads the authority of dir, or makes one that may sign names only.
func loadAuthority(dir string, names []string, now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certFile, keyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca-key.pem")
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil {
		key, isECDSA := pair.PrivateKey.(*ecdsa.PrivateKey)
		if isECDSA && pair.Leaf.NotAfter.After(now.Add(serverLifetime)) && maySign(pair.Leaf, names) {
			return pair.Leaf, key, nil
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate authority: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate authority: %w", err)
	}
	digest := sha256.Sum256(public)
	template := &x509.Certificate{
		SerialNumber:                serial(),
		Subject:                     pkix.Name{CommonName: fmt.Sprintf("Limen own authority %x", digest[:4])},
		NotBefore:                   now.Add(-time.Hour),
		NotAfter:                    now.Add(authorityLifetime),
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		PermittedDNSDomainsCritical: true,
	}
	var addresses []net.IP
	template.PermittedDNSDomains, addresses = splitNames(names)
	for _, a := range addresses {
		template.PermittedIPRanges = append(template.PermittedIPRanges, single(a))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate authority: %w", err)
	}
	if err := errors.Join(writeKey(keyFile, key), writePEM(certFile, 0o644, "CERTIFICATE", der)); err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

// ownNames lists what the server answers to, without repetition.
func ownNames(extra []string) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil && host != "" {
		names = append(names, host)
	}
	for _, n := range extra {
		if n != "" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func splitNames(names []string) (dns []string, addresses []net.IP) {
	for _, n := range names {
		if a := net.ParseIP(n); a != nil {
			addresses = append(addresses, a)
		} else {
			dns = append(dns, n)
		}
	}
	return dns, addresses
}

func covers(leaf *x509.Certificate, names []string, now time.Time) bool {
	for _, n := range names {
		if leaf.VerifyHostname(n) != nil {
			return false
		}
	}
	return now.Before(leaf.NotAfter.Add(-renewBefore)) && now.After(leaf.NotBefore)
}

func maySign(authority *x509.Certificate, names []string) bool {
	dns, addresses := splitNames(names)
	for _, n := range dns {
		if !slices.Contains(authority.PermittedDNSDomains, n) {
			return false
		}
	}
	for _, a := range addresses {
		if !slices.ContainsFunc(authority.PermittedIPRanges, func(r *net.IPNet) bool { return r.Contains(a) }) {
			return false
		}
	}
	return true
}

func single(a net.IP) *net.IPNet {
	if four := a.To4(); four != nil {
		return &net.IPNet{IP: four, Mask: net.CIDRMask(32, 32)}
	}
	return &net.IPNet{IP: a, Mask: net.CIDRMask(128, 128)}
}

func serial() *big.Int {
	b := make([]byte, 16)
	rand.Read(b)
	b[0] &= 0x7f // positive, at most 20 octets (RFC 5280 s 4.1.2.2)
	return new(big.Int).SetBytes(b)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("certificate key: %w", err)
	}
	return writePEM(path, 0o600, "PRIVATE KEY", der)
}

// writePEM replaces the file in one step, so that no reader finds half of it
// and no key is ever readable by others.
func writePEM(path string, mode fs.FileMode, block string, ders ...[]byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".pem-*")
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	defer os.Remove(f.Name())
	for _, der := range ders {
		if err := pem.Encode(f, &pem.Block{Type: block, Bytes: der}); err != nil {
			f.Close()
			return fmt.Errorf("certificate: %w", err)
		}
	}
	if err := errors.Join(f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	return nil
}
