package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Serving says how to serve. Zero durations and sizes take the values beside them.
type Serving struct {
	Address     string // "127.0.0.1:8443"; port 0 takes a free one, see Server.Address
	Certificate tls.Certificate
	ClientCAs   *x509.CertPool // when set, clients may present a certificate of these authorities
	Handler     http.Handler
	Log         *slog.Logger // nil: slog.Default()

	HeaderTimeout time.Duration // 5 s to send the request's header
	ReadTimeout   time.Duration // 30 s to send the whole request
	WriteTimeout  time.Duration // 60 s to take the answer
	IdleTimeout   time.Duration // 2 min between requests
	DrainTimeout  time.Duration // 15 s for requests under way when stopping
	MaxHeader     int           // 64 KiB
}

// Server listens on one address with TLS 1.3.
type Server struct {
	listener net.Listener
	http     *http.Server
	drain    time.Duration
	log      *slog.Logger
}

// Listen opens the address. Requests wait until Run.
func Listen(o Serving) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if len(o.Certificate.Certificate) == 0 {
		return nil, errors.New("web: no server certificate given")
	}
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	config := &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{o.Certificate},
	}
	if o.ClientCAs != nil {
		config.ClientAuth = tls.VerifyClientCertIfGiven
		config.ClientCAs = o.ClientCAs
	}
	s := &Server{
		listener: listener,
		drain:    or(o.DrainTimeout, 15*time.Second),
		log:      o.Log,
		http: &http.Server{
			Handler:           o.Handler,
			TLSConfig:         config,
			ReadHeaderTimeout: or(o.HeaderTimeout, 5*time.Second),
			ReadTimeout:       or(o.ReadTimeout, 30*time.Second),
			WriteTimeout:      or(o.WriteTimeout, 60*time.Second),
			IdleTimeout:       or(o.IdleTimeout, 2*time.Minute),
			MaxHeaderBytes:    or(o.MaxHeader, 64<<10),
			// Broken handshakes name an address: for whoever debugs, not for every log.
			ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		},
	}
	return s, nil
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Address returns the host and port that the server listens on.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Run serves until ctx ends, then stops taking connections, lets the requests
// under way finish and returns nil. Requests that take longer than the drain
// timeout are cut off, and Run says so.
func (s *Server) Run(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.ServeTLS(s.listener, "", "") }()
	select {
	case err := <-failed:
		return fmt.Errorf("web: %w", err)
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	if err := s.http.Shutdown(deadline); err != nil {
		s.http.Close()
		return fmt.Errorf("web: requests still under way after %s were cut off: %w", s.drain, err)
	}
	return nil
}
