package main

import (
	"context"
	"path/filepath"
	"strings"

	"limen/access"
	"limen/carrier"
	"limen/house"
	"limen/web"
)

// carriers furnishes the carriers' service of the demonstration: a carrier that
// is admitted, an agent of it, an administrator and a supervisor.
func (c *demoCmd) carriers(h *house.CarrierHouse, f *house.Facing) error {
	ctx := context.Background()
	accounts, err := readOrMake(filepath.Join(c.Data, "carriers", "accounts.json"), func() ([]demoAccount, error) {
		r, err := inventedCarrier(ctx, h)
		if err != nil {
			return nil, err
		}
		system := access.Authority{State: "EUE", Name: "Central System"}
		var list []demoAccount
		for _, n := range []access.NewAccount{
			{User: "carrier", Role: access.CarrierAgent, Authority: r.Authority()},
			{User: "administrator", Role: access.AdministratorRole, Authority: system},
			{User: "supervisor", Role: access.SupervisorOfficer, Authority: access.Authority{State: "EUE", Name: "European Data Protection Supervisor"}},
		} {
			a, err := makeAccount(ctx, h.Identities, h.Door, n)
			if err != nil {
				return nil, err
			}
			list = append(list, a)
		}
		return list, nil
	})
	if err != nil {
		return err
	}
	f.Demo = &web.Demo{}
	for _, a := range accounts {
		f.Demo.Accounts = append(f.Demo.Accounts, web.DemoAccount{Role: strings.ReplaceAll(string(a.Role), "_", " "), User: a.User, Password: a.Password})
	}
	return nil
}

// inventedCarrier is the demonstration's carrier, asked for and admitted. If we
// stopped before its accounts were written, it is there already.
func inventedCarrier(ctx context.Context, h *house.CarrierHouse) (carrier.Registration, error) {
	there, err := access.Run(ctx, h.Door, access.Request{Principal: console, Op: carrier.OpList},
		func(p access.Pass) ([]carrier.Registration, error) {
			return h.Copy.Registrations(p, carrier.Admitted, "", 1)
		})
	if err != nil || len(there) > 0 {
		if err != nil {
			return carrier.Registration{}, err
		}
		return there[0], nil
	}
	r, err := access.Run(ctx, h.Door, access.Request{Principal: carrier.Applicant(), Op: carrier.OpRequest}, func(p access.Pass) (carrier.Registration, error) {
		return h.Copy.Request(p, carrier.RegistrationRequest{Name: "Invented Airways", LegalForm: "Ltd", Address: "1 Runway Road, Nowhere", Contact: "Operations",
			Email: "operations@invented.example", Phone: "+00 1 234", States: []string{"FRA", "D", "ESP"}})
	})
	if err != nil {
		return r, err
	}
	return access.Run(ctx, h.Door, access.Request{Principal: console, Op: carrier.OpDecide}, func(p access.Pass) (carrier.Registration, error) {
		return h.Copy.Decide(p, r.ID, carrier.Decision{Status: carrier.Admitted, Reason: "Invented for the demonstration.", Version: r.Version})
	})
}
