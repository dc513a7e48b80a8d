package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"limen/house"
	"limen/web"
)

type serveCmd struct {
	place
	Listen    string   `default:"127.0.0.1:8443" env:"LIMEN_LISTEN" help:"Address to listen on."`
	Names     []string `env:"LIMEN_NAMES" help:"Further names and addresses for the server's own certificate."`
	ClientCA  string   `name:"client-ca" type:"existingfile" env:"LIMEN_CLIENT_CA" help:"Certification authority of the client certificates that systems present."`
	Limit     int64    `help:"Bytes that the embedded store may grow to; 0 leaves it to the disk."`
	Reserve   int64    `default:"67108864" help:"Bytes of free room that only log entries may use: below it, writes are refused and logged reads go on."`
	Loopback  bool     `name:"metrics-from-loopback" help:"Answer /metrics to this machine without a token. Not behind a proxy."`
	PerSecond float64  `default:"500" help:"Requests a second allowed to one officer or system."`
	carriersServing
}

// Run serves until it is told to stop, then lets requests under way finish.
func (c *serveCmd) Run(ctx context.Context, s streams) error {
	log := logger(s.err)
	h, err := c.found(ctx, func(o *house.Options) {
		o.Log, o.Limit, o.Reserve = log, c.Limit, c.Reserve
		o.RPID, o.Origins = passkeyOrigin(c.Listen)
	})
	if err != nil {
		return err
	}
	defer h.Close()
	accounts, err := h.Identities.Accounts(ctx)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		fmt.Fprintf(s.err, "There is no account yet. Make an administrator's first:\n  limen account create NAME --role administrator --store %s --data %s\n", c.Store, c.Data)
	}
	facing := house.Facing{Version: version(), Log: log, MetricsFromLoopback: c.Loopback,
		Rate: web.Rate{PerSecond: c.PerSecond, Burst: int(2 * c.PerSecond)}}
	m, err := h.Mux(facing)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wait, err := c.beside(ctx, h, house.Options{Log: log, Limit: c.Limit, Reserve: c.Reserve}, facing, nil, func(address, ca string) {
		fmt.Fprintf(s.out, "Carriers and travellers ask at %s\nIts certificate is signed by %s.\n", address, ca)
	})
	if err != nil {
		return err
	}
	err = face(ctx, s, h, m, log, c.Listen, c.Data, c.Names, c.ClientCA, nil)
	stop()
	return errors.Join(err, wait())
}

// face listens, tells where, and runs the house's duties beside the requests.
func face(ctx context.Context, s streams, h *house.House, m *web.Mux, log *slog.Logger, listen, data string, names []string, clientCA string, ready func(address, ca string)) error {
	certificate, err := web.OwnCertificate(data, names, time.Now())
	if err != nil {
		return err
	}
	serving := web.Serving{Address: listen, Certificate: certificate.TLS, Handler: m, Log: log}
	if clientCA != "" {
		if serving.ClientCAs, err = readPool(clientCA); err != nil {
			return err
		}
	}
	server, err := web.Listen(serving)
	if err != nil {
		return err
	}
	address := "https://" + server.Address()
	if ready != nil {
		ready(address, certificate.CA)
	} else {
		fmt.Fprintf(s.out, "Limen serves at %s\nIts certificate is signed by %s: give it to browsers and to curl --cacert.\n", address, certificate.CA)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	galleries := h.Match(ctx)
	duties := make(chan struct{})
	go func() { defer close(duties); h.RunDuties(ctx) }()
	err = server.Run(ctx)
	stop()
	<-duties
	<-galleries
	// What was done last belongs under a checkpoint as well.
	_, sealed := h.RunDuty(context.WithoutCancel(ctx), house.IntegrateDuty, nil)
	return errors.Join(err, sealed)
}

func readPool(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return pool, nil
}

// passkeyOrigin is the domain that passkeys are bound to. Browsers take a name,
// never an address, so a server on the loopback address offers localhost.
func passkeyOrigin(listen string) (domain string, origins []string) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return "", nil
	}
	if ip := net.ParseIP(host); host == "" || ip != nil {
		host = "localhost"
	}
	return host, []string{"https://" + strings.Join([]string{host, port}, ":")}
}
