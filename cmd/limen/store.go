package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"limen/house"
)

// place says where a house keeps its things.
type place struct {
	Store string `default:"sqlite:limen-data/limen.db" env:"LIMEN_STORE" help:"Where the records are: sqlite:PATH or postgres://…"`
	Data  string `default:"limen-data" env:"LIMEN_DATA" type:"path" help:"Directory of keys and certificates."`
}

// open opens the house that is there; only the commands that found one make it.
func (p place) open(ctx context.Context, change func(*house.Options)) (*house.House, error) {
	if _, err := os.Stat(filepath.Join(p.Data, "ledger.key")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no house in %s: name its directory with --data and its store with --store; 'limen serve' founds one", p.Data)
	}
	if path, ok := strings.CutPrefix(p.Store, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no store at %s: name it with --store", path)
		}
	}
	return p.found(ctx, change)
}

// found opens the house, and makes it if it is not there.
func (p place) found(ctx context.Context, change func(*house.Options)) (*house.House, error) {
	o := house.Options{Store: p.Store, Data: p.Data, Log: logger(os.Stderr)}
	if change != nil {
		change(&o)
	}
	return house.Open(ctx, o)
}

func logger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}
