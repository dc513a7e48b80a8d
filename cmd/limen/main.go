// Command limen is the central system, its tools and its demonstration in one
// binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // civil days never depend on the machine

	"github.com/alecthomas/kong"
)

// commands are the binary's commands; each is a struct in a file of its own.
type commands struct {
	Serve    serveCmd    `cmd:"" help:"Serve the central system over HTTPS."`
	Demo     demoCmd     `cmd:"" help:"Serve a demonstration with invented travellers and ready accounts."`
	Job      jobCmd      `cmd:"" help:"Carry out one duty now, or list them."`
	Verify   verifyCmd   `cmd:"" help:"Verify the log, offline from a bundle or of a store."`
	Log      logCmd      `cmd:"" help:"Export the log as a bundle."`
	DB       dbCmd       `cmd:"" name:"db" help:"Plan, check and distribute the tables."`
	Account  accountCmd  `cmd:"" help:"Make accounts and tokens from the machine's own command line."`
	Carriers carriersCmd `cmd:"" help:"Run the service that carriers and travellers ask."`
	BMS      bmsCmd      `cmd:"" name:"bms" help:"Work on fingerprints in files: extract, decode, compare, evaluate."`
	Receipt  receiptCmd  `cmd:"" help:"Verify and show receipts of carriers' questions."`
	Law      lawCmd      `cmd:"" help:"Show what stands in the code for an act or article."`
	Stay     stayCmd     `cmd:"" help:"Count short stays: JSON Lines in, one answer a line out."`
	Replay   replayCmd   `cmd:"" help:"Decide stays again under the law of another day, or under changed parameters."`
	MRZ      mrzCmd      `cmd:"" name:"mrz" help:"Read machine readable zones: JSON Lines in, one answer a line out."`
	Names    namesCmd    `cmd:"" help:"Write names for the machine readable zone and compare pairs of names."`
	Bench    benchCmd    `cmd:"" help:"Measure, beside a floor measured in the same run."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
	NUI      nuiCmd      `cmd:"" name:"nui" help:"Serve a state's national uniform interface: keep what is decided while the line is down, tell it when it is back."`
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// errSaid ends the program with status 1 when all that is to be said was said.
var errSaid = errors.New("said")

// errNoMatch ends the program with status 3, as a comparison that found two persons.
var errNoMatch = errors.New("no match")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser, err := kong.New(&c, kong.Name("limen"),
		kong.Description("Limen, an open implementation of the EU's border information systems: the Entry/Exit System."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(streams{os.Stdin, os.Stdout, os.Stderr}))
	if err != nil {
		fmt.Fprintln(os.Stderr, "limen:", err)
		os.Exit(2)
	}
	run, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := run.Run(); err != nil {
		if errors.Is(err, errNoMatch) {
			os.Exit(3)
		}
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "limen:", err)
		}
		os.Exit(1)
	}
}
