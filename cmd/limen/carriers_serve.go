package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"limen/house"
	"limen/web"
)

// carriersServing is the carriers' service beside a register that feeds it.
type carriersServing struct {
	CarriersStore    string   `env:"LIMEN_CARRIERS_STORE" help:"Serve carriers and travellers too, from a copy in this store: sqlite:PATH or postgres://…; never the register's."`
	CarriersData     string   `default:"limen-carriers" env:"LIMEN_CARRIERS_DATA" type:"path" help:"Directory of the carriers' service: its keys and certificates."`
	CarriersListen   string   `default:"127.0.0.1:8444" env:"LIMEN_CARRIERS_LISTEN" help:"Address that carriers and travellers ask at."`
	CarriersNames    []string `env:"LIMEN_CARRIERS_NAMES" help:"Further names and addresses for its own certificate."`
	CarriersClientCA string   `name:"carriers-client-ca" type:"existingfile" env:"LIMEN_CARRIERS_CLIENT_CA" help:"Certification authority of the carriers' client certificates."`
}

// beside starts the carriers' service with its duties and its feed. What it
// returns waits for all of it to end, once ctx has ended. Its handler has the
// copy's house and no other. prepare may furnish it before it serves.
func (c carriersServing) beside(ctx context.Context, h *house.House, o house.Options, f house.Facing,
	prepare func(*house.CarrierHouse, *house.Facing) error, told func(address, ca string)) (wait func() error, err error) {
	if c.CarriersStore == "" {
		return func() error { return nil }, nil
	}
	o.Store, o.Data, o.Origin = c.CarriersStore, c.CarriersData, ""
	o.RPID, o.Origins = passkeyOrigin(c.CarriersListen)
	copied, err := house.OpenCarrier(ctx, o)
	if err != nil {
		return nil, err
	}
	if prepare != nil {
		if err := prepare(copied, &f); err != nil {
			return nil, errors.Join(err, copied.Close())
		}
	}
	server, ca, err := c.listen(copied, f)
	if err != nil {
		return nil, errors.Join(err, copied.Close())
	}
	told("https://"+server.Address(), ca)
	ended := make(chan error, 1)
	go func() {
		duties := make(chan struct{}, 2)
		within, stop := context.WithCancel(ctx)
		go func() { copied.RunDuties(within); duties <- struct{}{} }()
		go func() { h.RunCarrierFeed(within, copied); duties <- struct{}{} }()
		err := server.Run(ctx)
		stop()
		<-duties
		<-duties
		_, sealed := copied.RunDuty(context.WithoutCancel(ctx), house.IntegrateDuty, nil)
		ended <- errors.Join(err, sealed, copied.Close())
	}()
	return func() error { return <-ended }, nil
}

func (c carriersServing) listen(copied *house.CarrierHouse, f house.Facing) (*web.Server, string, error) {
	m, err := copied.Mux(f)
	if err != nil {
		return nil, "", err
	}
	certificate, err := web.OwnCertificate(c.CarriersData, c.CarriersNames, time.Now())
	if err != nil {
		return nil, "", err
	}
	serving := web.Serving{Address: c.CarriersListen, Certificate: certificate.TLS, Handler: m, Log: or(f.Log, slog.Default())}
	if c.CarriersClientCA != "" {
		if serving.ClientCAs, err = readPool(c.CarriersClientCA); err != nil {
			return nil, "", err
		}
	}
	server, err := web.Listen(serving)
	return server, certificate.CA, err
}

func or(log, otherwise *slog.Logger) *slog.Logger {
	if log == nil {
		return otherwise
	}
	return log
}
