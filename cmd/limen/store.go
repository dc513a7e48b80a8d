package main

import (
	"context"
	"io"
	"log/slog"
	"os"

	"limen/house"
)

// place says where a house keeps its things.
type place struct {
	Store string `default:"sqlite:limen-data/limen.db" env:"LIMEN_STORE" help:"Where the records are: sqlite:PATH or postgres://…"`
	Data  string `default:"limen-data" env:"LIMEN_DATA" type:"path" help:"Directory of keys and certificates."`
}

func (p place) open(ctx context.Context, change func(*house.Options)) (*house.House, error) {
	o := house.Options{Store: p.Store, Data: p.Data, Log: logger(os.Stderr)}
	if change != nil {
		change(&o)
	}
	return house.Open(ctx, o)
}

func logger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}
