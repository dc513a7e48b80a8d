package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"limen/access"
	"limen/person"
)

type accountCmd struct {
	Create accountCreateCmd `cmd:"" help:"Make an account; the password is read from standard input."`
	List   accountListCmd   `cmd:"" help:"List the accounts."`
	Token  accountTokenCmd  `cmd:"" help:"Make a token for a script of an account."`
}

type accountCreateCmd struct {
	place
	User      string      `arg:"" help:"Name to sign in with."`
	Role      access.Role `required:"" help:"border_guard, kiosk, immigration_officer, visa_officer, facilitation_officer, supervisor, administrator, …"`
	State     string      `default:"EUE" help:"State of the authority, code as in the machine readable zone."`
	Authority string      `default:"Central System" help:"Name of the authority."`
	Post      string      `help:"Crossing point where the account works; a kiosk needs one, a guard may choose another."`
}

// Run makes an account and prints what enrols an authenticator app.
func (c *accountCreateCmd) Run(ctx context.Context, s streams) error {
	if !slices.Contains(access.Roles, c.Role) {
		return fmt.Errorf("there is no role %q; the roles are %v", c.Role, access.Roles)
	}
	if _, err := person.ParseState(c.State); err != nil {
		return err
	}
	if c.State == "EUE" && (c.Role == access.BorderGuard || c.Role == access.KioskMachine || c.Role == access.ImmigrationOfficer || c.Role == access.VisaOfficer) {
		return fmt.Errorf("a %s works for a state: name it with --state, as FRA or D", c.Role)
	}
	if c.Role == access.KioskMachine || c.Post != "" {
		point, err := person.ParseCrossingPoint(c.Post)
		if err != nil {
			return err
		}
		if string(point.State) != c.State {
			return fmt.Errorf("%s is a crossing point of %s: name one of --state", point.Code, point.State.Name())
		}
	}
	fmt.Fprint(s.err, "Password (at least 12 characters), then Enter: ")
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && line == "" {
		return fmt.Errorf("no password was given: %w", err)
	}
	h, err := c.found(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	account, second, err := h.Identities.Create(ctx, access.NewAccount{User: c.User, Role: c.Role, Password: strings.TrimRight(line, "\r\n"),
		Authority: access.Authority{Kind: access.RoleKind(c.Role), State: c.State, Name: c.Authority}})
	if err != nil {
		return err
	}
	if c.Post != "" {
		if err := h.Identities.ChoosePost(ctx, account.User, c.Post); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "Account %s made, role %s. Add it to an authenticator app, now; it is not shown again:\n%s\n", account.User, account.Role, second.URL)
	return nil
}

type accountListCmd struct{ place }

// Run lists the accounts.
func (c *accountListCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	list, err := h.Identities.Accounts(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "USER\tROLE\tSTATE\tAUTHORITY\tDISABLED")
	for _, a := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%t\n", a.User, a.Role, a.Authority.State, a.Authority.Name, a.Disabled)
	}
	return w.Flush()
}

type accountTokenCmd struct {
	place
	User string        `arg:"" help:"Account that the token acts for."`
	Only []access.Op   `required:"" help:"Operations that the token is for, as ees.check,ees.record_crossing."`
	TTL  time.Duration `name:"ttl" default:"720h" help:"How long the token runs, at most 366 days."`
	Name string        `default:"script" help:"What the token is for."`
}

// Run makes a token and prints its secret once.
func (c *accountTokenCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	for _, op := range c.Only {
		if !slices.ContainsFunc(h.Door.Operations(), func(o access.Operation) bool { return o.Op == op }) {
			return fmt.Errorf("there is no operation %q; 'limen law all' lists them", op)
		}
	}
	secret, id, err := h.Identities.NewToken(ctx, c.User, c.Only, c.TTL, c.Name)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "Token %s made. It is not shown again:\n", id)
	fmt.Fprintln(s.out, secret)
	return nil
}
