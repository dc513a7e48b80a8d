package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"limen/db"
	"limen/nui"
	"limen/person"
	"limen/web"
)

// nuiCmd is a state's end of the line.
type nuiCmd struct {
	Serve nuiServeCmd `cmd:"" help:"Serve the booths of a state over HTTPS."`
}

type nuiServeCmd struct {
	Central      string   `required:"" env:"LIMEN_CENTRAL" help:"Address of the Central System: https://host:port."`
	CentralCA    string   `name:"central-ca" type:"existingfile" env:"LIMEN_CENTRAL_CA" help:"Certification authority of the Central System; left out, the machine's own list."`
	Certificate  string   `type:"existingfile" env:"LIMEN_NUI_CERTIFICATE" help:"Client certificate for the Central System."`
	Key          string   `type:"existingfile" env:"LIMEN_NUI_KEY" help:"Its key."`
	TokenFile    string   `name:"token-file" type:"existingfile" env:"LIMEN_NUI_TOKEN_FILE" help:"File with a token for the Central System, in place of a certificate. The token needs ees.backfill and ees.kept_until and, to pass checks through, ees.check, ees.read_check, ees.take_step, ees.identify, ees.record_crossing and ees.record_refusal."`
	Name         string   `required:"" env:"LIMEN_NUI_NAME" help:"Name of this interface, unique in the state."`
	State        string   `required:"" env:"LIMEN_NUI_STATE" help:"Code of the state, as in the machine readable zone."`
	AtPoint      bool     `name:"at-crossing-point" help:"This is the store of a crossing point, for when the state's interface is out too: events are marked LOCAL_BUFFER."`
	Data         string   `default:"limen-nui" env:"LIMEN_NUI_DATA" type:"path" help:"Directory of the store, its key and the certificates."`
	Listen       string   `default:"127.0.0.1:8444" env:"LIMEN_NUI_LISTEN" help:"Address to listen on."`
	Names        []string `help:"Further names and addresses for the server's own certificate."`
	BoothCA      string   `name:"booth-ca" type:"existingfile" env:"LIMEN_NUI_BOOTH_CA" help:"Certification authority of the booths' client certificates."`
	BoothToken   string   `name:"booth-token-file" type:"existingfile" env:"LIMEN_NUI_BOOTH_TOKEN_FILE" help:"File with the token that booths send, in place of a certificate."`
	Limit        int64    `default:"1000000" help:"Events that may wait."`
	MaxBytes     int64    `name:"max-bytes" help:"Bytes that the store may grow to; 0 leaves it to the disk."`
	Reserve      int64    `default:"16777216" help:"Bytes of free room that no event may use, so that what was told can be marked."`
	KeepCopies   bool     `name:"keep-copies" help:"Keep national copies of what the state entered, no longer than the Central System does."`
	LongestPause int      `name:"longest-pause" default:"60" help:"Seconds between attempts on a line that is down, at most."`
}

// Run serves until it is told to stop.
func (c *nuiServeCmd) Run(ctx context.Context, s streams) error {
	log := logger(s.err)
	if c.BoothCA == "" && c.BoothToken == "" {
		return errors.New("say how booths show who they are: --booth-ca or --booth-token-file")
	}
	if (c.Certificate == "") == (c.TokenFile == "") {
		return errors.New("say how this interface shows the Central System who it is: --certificate with --key, or --token-file")
	}
	state, err := person.ParseState(c.State)
	if err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	token, err := secretIn(c.TokenFile)
	if err != nil {
		return err
	}
	booths, err := secretIn(c.BoothToken)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	key, err := nui.KeyFile(filepath.Join(c.Data, "nui.key"))
	if err != nil {
		return err
	}
	store, err := db.Open(ctx, "sqlite:"+filepath.Join(c.Data, "nui.db"), db.Options{Log: log, MaxBytes: c.MaxBytes, ReserveBytes: c.Reserve})
	if err != nil {
		return err
	}
	defer store.Close()
	origin := nui.NUIBuffer
	if c.AtPoint {
		origin = nui.LocalBuffer
	}
	n, err := nui.Open(ctx, nui.Options{Store: store, Key: key, Name: c.Name, State: state, Origin: origin, Central: c.Central, Client: client, Token: token,
		Limit: c.Limit, Copies: c.KeepCopies, Log: log, LongestPause: time.Duration(c.LongestPause) * time.Second})
	if err != nil {
		return err
	}
	certificate, err := web.OwnCertificate(c.Data, c.Names, time.Now())
	if err != nil {
		return err
	}
	serving := web.Serving{Address: c.Listen, Certificate: certificate.TLS, Handler: n.Handler(booths), Log: log}
	if c.BoothCA != "" {
		if serving.ClientCAs, err = readPool(c.BoothCA); err != nil {
			return err
		}
	}
	server, err := web.Listen(serving)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The interface %s of %s serves at https://%s\nIts certificate is signed by %s.\n", c.Name, state.Name(), server.Address(), certificate.CA)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var replay sync.WaitGroup
	replay.Go(func() { n.Run(ctx) })
	err = server.Run(ctx)
	stop()
	replay.Wait()
	return err
}

// client is how the Central System is spoken to.
func (c *nuiServeCmd) client() (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS13}
	var err error
	if c.CentralCA != "" {
		if config.RootCAs, err = readPool(c.CentralCA); err != nil {
			return nil, err
		}
	}
	if c.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute}}, nil
}

// secretIn reads a secret from a file; "" for no file.
func secretIn(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	secret := strings.TrimSpace(string(b))
	if err == nil && secret == "" {
		err = fmt.Errorf("%s is empty", path)
	}
	return secret, err
}
