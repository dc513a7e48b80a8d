package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"limen/access"
	"limen/carrier"
	"limen/house"
	"limen/law"
)

// carriersPlace says where the carriers' service keeps its things: never where
// the register does.
type carriersPlace struct {
	Store string `default:"sqlite:limen-carriers/carriers.db" env:"LIMEN_CARRIERS_STORE" help:"Store of the carriers' copy: sqlite:PATH or postgres://…"`
	Data  string `default:"limen-carriers" env:"LIMEN_CARRIERS_DATA" type:"path" help:"Directory of its keys and certificates."`
}

func (p carriersPlace) open(ctx context.Context) (*house.CarrierHouse, error) {
	return house.OpenCarrier(ctx, house.Options{Store: p.Store, Data: p.Data, Log: logger(os.Stderr)})
}

type carriersCmd struct {
	List        carriersListCmd        `cmd:"" help:"List registrations of carriers."`
	Decide      carriersDecideCmd      `cmd:"" help:"Admit, turn down, suspend or deregister a carrier."`
	Account     carriersAccountCmd     `cmd:"" help:"Make an account: an administrator's, a supervisor's, or a carrier's agent's; the password is read from standard input."`
	Certificate carriersCertificateCmd `cmd:"" help:"Register a carrier's client certificate."`
	Feed        carriersFeedCmd        `cmd:"" help:"Bring the copy up to date from the register, once."`
	Job         carriersJobCmd         `cmd:"" help:"Carry out one duty of the carriers' service now."`
}

// console is whoever has the machine's own command line.
var console = access.Principal{Officer: "command_line", Channel: "local",
	Authority: access.Authority{Kind: access.Administrator, State: "EUE", Name: "Command line of the house"}}

type carriersListCmd struct {
	carriersPlace
	Status carrier.Status `help:"One status only: requested, admitted, turned_down, suspended, deregistered."`
}

// Run lists registrations.
func (c *carriersListCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATUS\tNAME\tSTATES\tREQUESTED\tUSED\tVERSION")
	for after := ""; ; {
		page, err := access.Run(ctx, h.Door, access.Request{Principal: console, Op: carrier.OpList},
			func(p access.Pass) ([]carrier.Registration, error) {
				return h.Copy.Registrations(p, c.Status, after, 200)
			})
		if err != nil {
			return err
		}
		for _, r := range page {
			used := "never"
			if r.UsedOn != nil {
				used = r.UsedOn.String()
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%v\t%s\t%s\t%d\n", r.ID, r.Status, r.Name, r.States, law.DateIn(r.RequestedAt, time.UTC), used, r.Version)
			after = r.ID
		}
		if len(page) < 200 {
			return w.Flush()
		}
	}
}

type carriersDecideCmd struct {
	carriersPlace
	ID      string         `arg:"" help:"Name of the registration."`
	Status  carrier.Status `arg:"" help:"admitted, turned_down, suspended or deregistered."`
	Reason  string         `required:"" help:"Why. The carrier is told."`
	Version int64          `required:"" help:"Version that was looked at, as the list shows it."`
}

// Run decides.
func (c *carriersDecideCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := access.Run(ctx, h.Door, access.Request{Principal: console, Op: carrier.OpDecide}, func(p access.Pass) (carrier.Registration, error) {
		return h.Copy.Decide(p, c.ID, carrier.Decision{Status: c.Status, Reason: c.Reason, Version: c.Version})
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s (%s) is %s now.\n", r.ID, r.Name, r.Status)
	return nil
}

type carriersAccountCmd struct {
	carriersPlace
	User    string      `arg:"" help:"Name to sign in with."`
	Role    access.Role `default:"administrator" help:"administrator, supervisor or carrier."`
	Carrier string      `help:"Name of the registration, for a carrier's agent."`
}

// Run makes an account of the carriers' service.
func (c *carriersAccountCmd) Run(ctx context.Context, s streams) error {
	authority := access.Authority{Kind: access.RoleKind(c.Role), State: "EUE", Name: "Central System"}
	switch {
	case c.Role == access.CarrierAgent && c.Carrier != "":
		r := carrier.Registration{ID: c.Carrier}
		authority = r.Authority()
	case c.Role != access.AdministratorRole && c.Role != access.SupervisorOfficer:
		return errors.New("an account here is an administrator's, a supervisor's, or with --carrier that of a carrier's agent")
	}
	fmt.Fprint(s.err, "Password (at least 12 characters), then Enter: ")
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && line == "" {
		return fmt.Errorf("no password was given: %w", err)
	}
	h, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	made, err := h.Identities.Prepare(ctx, access.NewAccount{User: c.User, Role: c.Role, Password: strings.TrimRight(line, "\r\n"), Authority: authority})
	if err != nil {
		return err
	}
	var account access.Account
	second, err := access.Run(ctx, h.Door, access.Request{Principal: console, Op: access.OpCreateAccount}, func(p access.Pass) (second access.TOTPEnrolment, err error) {
		if c.Role == access.CarrierAgent {
			if err := h.Copy.Registered(p, c.Carrier); err != nil {
				return second, err
			}
		}
		account, second, err = h.Identities.CreateAccount(p, made)
		return second, err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Account %s made, role %s. Add it to an authenticator app, now; it is not shown again:\n%s\n", account.User, account.Role, second.URL)
	return nil
}

type carriersCertificateCmd struct {
	carriersPlace
	ID     string `arg:"" help:"Name of the registration."`
	File   string `arg:"" type:"existingfile" help:"The certificate in PEM."`
	System string `required:"" help:"Name of the carrier's system, as the log gives it."`
}

// Run registers a certificate.
func (c *carriersCertificateCmd) Run(ctx context.Context, s streams) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return fmt.Errorf("%s holds no certificate in PEM", c.File)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return err
	}
	h, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	r := carrier.Registration{ID: c.ID}
	registered, err := access.Run(ctx, h.Door, access.Request{Principal: console, Op: access.OpAddCert}, func(p access.Pass) (access.Certificate, error) {
		if err := h.Copy.Registered(p, c.ID); err != nil {
			return access.Certificate{}, err
		}
		return h.Identities.RegisterCertificate(p, r.Authority(), access.Officer(c.System), certificate, nil)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Registered until %s: %s\n", registered.NotAfter.Format(time.DateOnly), registered.Fingerprint)
	return nil
}

type carriersFeedCmd struct {
	place
	CarriersStore string `default:"sqlite:limen-carriers/carriers.db" env:"LIMEN_CARRIERS_STORE" help:"Store of the carriers' copy."`
	CarriersData  string `default:"limen-carriers" env:"LIMEN_CARRIERS_DATA" type:"path" help:"Directory of its keys."`
}

// Run feeds the copy once.
func (c *carriersFeedCmd) Run(ctx context.Context, s streams) error {
	h, err := c.place.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	copied, err := carriersPlace{c.CarriersStore, c.CarriersData}.open(ctx)
	if err != nil {
		return err
	}
	defer copied.Close()
	tell := progress(s.err)
	start := time.Now()
	n, err := h.FeedCarriers(ctx, copied, func(done int) { tell("%d files", done) })
	tell("")
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d files in %s\n", n, time.Since(start).Round(time.Millisecond))
	return nil
}

type carriersJobCmd struct {
	carriersPlace
	Name string `arg:"" help:"Name of the duty: integrate, deregister, watch, logs, answers, sessions."`
}

// Run carries out one duty.
func (c *carriersJobCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	n, err := h.RunDuty(ctx, c.Name, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d done\n", n)
	return nil
}
