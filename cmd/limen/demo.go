package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"limen/access"
	"limen/ees"
	"limen/house"
	"limen/law"
	"limen/sim"
	"limen/web"
)

type demoCmd struct {
	Data       string `default:"limen-demo" type:"path" help:"Directory for the store, keys and accounts.json."`
	Listen     string `default:"127.0.0.1:8443" help:"Address to listen on."`
	Carriers   string `name:"carriers-listen" default:"127.0.0.1:8444" help:"Address that carriers and travellers ask at."`
	Travellers int    `default:"2000" help:"Invented travellers."`
	Seed       uint64 `default:"1" help:"Seed of the invention: the same seed invents the same people."`
}

// Help is the command's long help.
func (demoCmd) Help() string {
	return `Everything in it is invented. The accounts and their passwords are made at the first start and
written to accounts.json in the data directory, readable by you alone. Start it again with the
same directory to go on where you were; delete the directory to begin anew.`
}

// demoAccount is one entry of accounts.json.
type demoAccount struct {
	Role     access.Role `json:"role"`
	User     string      `json:"user"`
	Password string      `json:"password"`
	Token    string      `json:"token"`
	TOTP     string      `json:"totp_secret"`
}

// demoCast is who works in the demonstration.
var demoCast = []access.NewAccount{
	{User: "guard", Role: access.BorderGuard, Authority: access.Authority{State: "FRA", Name: "Police aux frontières, Paris"}},
	{User: "kiosk", Role: access.KioskMachine, Authority: access.Authority{State: "FRA", Name: "Police aux frontières, Paris"}},
	{User: "immigration", Role: access.ImmigrationOfficer, Authority: access.Authority{State: "D", Name: "Ausländerbehörde Berlin"}},
	{User: "visa", Role: access.VisaOfficer, Authority: access.Authority{State: "ESP", Name: "Consulado General, Rabat"}},
	{User: "facilitation", Role: access.FacilitationOfficer, Authority: access.Authority{State: "NLD", Name: "Koninklijke Marechaussee, Schiphol"}},
	{User: "unit", Role: access.UnitOfficer, Authority: access.Authority{State: "FRA", Name: "Brigade criminelle, Paris"}},
	{User: "access-point", Role: access.AccessPointOfficer, Authority: access.Authority{State: "FRA", Name: "Point d'accès central"}},
	{User: "statistics", Role: access.Statistician, Authority: access.Authority{State: "EUE", Name: "eu-LISA"}},
	{User: "supervisor", Role: access.SupervisorOfficer, Authority: access.Authority{State: "EUE", Name: "European Data Protection Supervisor"}},
	{User: "administrator", Role: access.AdministratorRole, Authority: access.Authority{State: "EUE", Name: "Central System"}},
}

// demoDesignated are the lines of article 29 by which the cast's unit may ask and
// its access point may answer.
var demoDesignated = []ees.Designation{
	{Kind: ees.DesignatedAuthority, State: "FRA", Name: "Police nationale", From: law.EESStart()},
	{Kind: ees.ListedUnit, State: "FRA", Name: "Brigade criminelle, Paris", Authority: "Police nationale", From: law.EESStart()},
	{Kind: ees.ListedAccessPoint, State: "FRA", Name: "Point d'accès central", From: law.EESStart()},
}

// demoPost is where the demonstration's guard works, and where its kiosk stands.
const demoPost = "FRCDG"

// Run serves the demonstration.
func (c *demoCmd) Run(ctx context.Context, s streams) error {
	log := logger(s.err)
	clock := sim.NewClock(time.Now)
	o := house.Options{Store: "sqlite:" + filepath.Join(c.Data, "limen.db"), Data: c.Data, Log: log, Demo: true, Clock: clock.Now}
	o.RPID, o.Origins = passkeyOrigin(c.Listen)
	h, err := house.Open(ctx, o)
	if err != nil {
		return err
	}
	defer h.Close()
	if err := c.populate(ctx, s, h, clock); err != nil {
		return err
	}
	clock.Run()
	accounts, err := c.accounts(ctx, h)
	if err != nil {
		return err
	}
	demo := &web.Demo{}
	for _, a := range accounts {
		demo.Accounts = append(demo.Accounts, web.DemoAccount{Role: strings.ReplaceAll(string(a.Role), "_", " "), User: a.User, Password: a.Password})
	}
	facing := house.Facing{Version: version(), Log: log, Demo: demo, MetricsFromLoopback: true, Rate: web.Rate{PerSecond: 5000, Burst: 10000}}
	m, err := h.Mux(facing)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	place := filepath.Join(c.Data, "carriers")
	counter := carriersServing{CarriersStore: "sqlite:" + filepath.Join(place, "carriers.db"), CarriersData: place, CarriersListen: c.Carriers}
	var carriersAddress string
	wait, err := counter.beside(ctx, h, house.Options{Log: log, Demo: true, Clock: clock.Now}, facing, c.carriers, func(address, _ string) { carriersAddress = address })
	if err != nil {
		return err
	}
	err = face(ctx, s, h, m, log, c.Listen, c.Data, nil, "", func(address, ca string) {
		fmt.Fprintf(s.out, "\nLimen's demonstration is at %s\n\n", address)
		w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ROLE\tUSER\tPASSWORD")
		for _, a := range accounts {
			fmt.Fprintf(w, "%s\t%s\t%s\n", a.Role, a.User, a.Password)
		}
		w.Flush()
		fmt.Fprintf(s.out, "\nAccounts and tokens: %s\nTravellers to try:   %s\n", filepath.Join(c.Data, "accounts.json"), filepath.Join(c.Data, "travellers.json"))
		fmt.Fprintf(s.out, "Carriers and travellers ask at %s; accounts and tokens: %s\n", carriersAddress, filepath.Join(place, "accounts.json"))
		fmt.Fprintf(s.out, "The browser will warn of the certificate, which this machine made itself; %s is what signed it.\n", ca)
		fmt.Fprintf(s.out, "\nSign in as guard, open Booth, and give it the zone of a traveller. Stop with Ctrl+C.\n")
	})
	stop()
	return errors.Join(err, wait())
}

// populate writes the history of the invented travellers, or goes on with it
// where an earlier start was stopped.
func (c *demoCmd) populate(ctx context.Context, s streams, h *house.House, clock *sim.Clock) error {
	tell := progress(s.err)
	begun := false
	report, err := sim.Populate(ctx, h, sim.Options{Seed: c.Seed, Travellers: c.Travellers, Until: time.Now(), Clock: clock,
		State: filepath.Join(c.Data, "history.json"),
		Progress: func(done, total int) {
			if !begun {
				begun = true
				fmt.Fprintln(s.err, "Inventing travellers and their journeys; this takes half a minute, once")
			}
			tell("%d of %d crossings", done, total)
		}})
	tell("")
	if err != nil {
		return err
	}
	if !report.Done {
		fmt.Fprintf(s.err, "%d travellers, %d crossings, %d refusals of entry, %d overstayers\n", report.Travellers, report.Crossings, report.Refusals, report.Overstayers)
	}
	for _, m := range report.Mismatches {
		fmt.Fprintln(s.err, "the register answered otherwise than expected:", m)
	}
	y, m, d := time.Now().Date()
	samples, err := sim.Samples(law.MakeDate(y, int(m), d))
	if err != nil {
		return err
	}
	path := filepath.Join(c.Data, "travellers.json")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return sim.WriteSamples(path, samples)
	}
	return nil
}

// accounts makes the cast at the first start and reads it later. If we stop
// before the file is written, the next start finds accounts without passwords:
// it gives each a new one and a new token.
func (c *demoCmd) accounts(ctx context.Context, h *house.House) ([]demoAccount, error) {
	accounts, err := readOrMake(filepath.Join(c.Data, "accounts.json"), func() (accounts []demoAccount, err error) {
		for _, n := range demoCast {
			a, err := makeAccount(ctx, h.Identities, h.Door, n)
			if err == nil && (n.Role == access.BorderGuard || n.Role == access.KioskMachine) {
				err = h.Identities.ChoosePost(ctx, n.User, demoPost)
			}
			if err != nil {
				return nil, fmt.Errorf("demonstration account %s: %w", n.User, err)
			}
			accounts = append(accounts, a)
		}
		return accounts, designate(ctx, h)
	})
	return accounts, err
}

// designate lists the offices of the cast, as their administrator would; listing
// them again changes nothing.
func designate(ctx context.Context, h *house.House) error {
	administrator, _, err := h.Identities.PrincipalOf(ctx, "administrator")
	if err != nil {
		return err
	}
	for _, d := range demoDesignated {
		_, err := access.Run(ctx, h.Door, access.Request{Principal: administrator, Op: ees.OpRegisterDesignated},
			func(p access.Pass) (ees.Designation, error) { return h.EES.RegisterDesignated(p, d) })
		if err != nil {
			return fmt.Errorf("designation of %s: %w", d.Name, err)
		}
	}
	return nil
}

// readOrMake reads accounts from a file, or makes them and writes it.
func readOrMake(path string, make func() ([]demoAccount, error)) ([]demoAccount, error) {
	var accounts []demoAccount
	b, err := os.ReadFile(path)
	if err == nil {
		return accounts, json.Unmarshal(b, &accounts)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if accounts, err = make(); err != nil {
		return nil, err
	}
	if b, err = json.MarshalIndent(accounts, "", "  "); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path+".new", append(b, '\n'), 0o600); err != nil {
		return nil, err
	}
	return accounts, os.Rename(path+".new", path)
}

// makeAccount makes an account with a new password and a token for all that its
// kind of authority may do, or gives one that is there new ones.
func makeAccount(ctx context.Context, ids *access.Identities, door *access.Door, n access.NewAccount) (demoAccount, error) {
	n.Password = newPassword()
	n.Authority.Kind = access.RoleKind(n.Role)
	a := demoAccount{Role: n.Role, User: n.User, Password: n.Password}
	if _, _, err := ids.PrincipalOf(ctx, n.User); err == nil {
		if err := ids.SetPassword(ctx, n.User, n.Password); err != nil {
			return a, err
		}
	} else {
		_, second, err := ids.Create(ctx, n)
		if err != nil {
			return a, err
		}
		a.TOTP = second.Secret
	}
	var only []access.Op
	for _, g := range door.Grants() {
		if g.Kind == n.Authority.Kind && !slices.Contains(only, g.Op) {
			only = append(only, g.Op)
		}
	}
	var err error
	a.Token, _, err = ids.NewToken(ctx, n.User, only, 366*24*time.Hour, "demonstration")
	return a, err
}

var passwordAlphabet = base32.NewEncoding("abcdefghjkmnpqrstuvwxyz023456789").WithPadding(base32.NoPadding)

// newPassword returns 100 random bits in groups that can be read aloud.
func newPassword() string {
	b := make([]byte, 13)
	rand.Read(b)
	text := passwordAlphabet.EncodeToString(b)
	return strings.Join([]string{text[0:5], text[5:10], text[10:15], text[15:20]}, "-")
}
