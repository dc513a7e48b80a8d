package main

import (
	"context"
	"time"

	"limen/sim"
)

type benchCmd struct {
	Stay      benchStayCmd      `cmd:"" help:"Stay calculations a second, on one thread."`
	Crossings benchCrossingsCmd `cmd:"" help:"Border transactions a second, beside the bare writes of the same bytes."`
	Growth    benchGrowthCmd    `cmd:"" help:"Border transactions as the register grows."`
	Duties    benchDutiesCmd    `cmd:"" help:"Flagging overstayers and erasing what is due, rows a second, and crossings beside them."`
	Names     benchNamesCmd     `cmd:"" help:"Searches by misspelt, reordered and transliterated names."`
	Matching  benchMatchingCmd  `cmd:"" help:"Comparing and searching SYNTHETIC biometric templates."`
}

// benching are the flags of every measurement.
type benching struct {
	Seed uint64 `default:"1" help:"Seed of the invented people."`
	JSON bool   `name:"json" help:"Print JSON."`
	Dir  string `type:"path" help:"Directory for the stores, on a real disk; a temporary one when left out."`
}

func (b benching) options(s streams) sim.BenchOptions {
	return sim.BenchOptions{Seed: b.Seed, JSON: b.JSON, Dir: b.Dir, Progress: s.err}
}

type benchStayCmd struct {
	benching
	Runs int `default:"7" help:"Runs; the median counts."`
}

// Run measures the calculator.
func (c *benchStayCmd) Run(ctx context.Context, s streams) error {
	_, err := sim.BenchStay(ctx, s.out, sim.StayOptions{BenchOptions: c.options(s), Runs: c.Runs})
	return err
}

type benchCrossingsCmd struct {
	benching
	Store    []string      `default:"sqlite,postgres" help:"sqlite, postgres (a throw-away cluster), or the address of an empty PostgreSQL database."`
	Clients  int           `default:"32" help:"Booths at work at one time."`
	Duration time.Duration `default:"30s" help:"Time for each store."`
	Files    int           `default:"10000" help:"Individual files in the register."`
	New      int           `default:"5" help:"Per cent of the crossings that are first registrations."`
	HTTPS    bool          `name:"https" default:"true" negatable:"" help:"Over HTTPS as well, the load from the same machine."`
}

// Run measures border transactions.
func (c *benchCrossingsCmd) Run(ctx context.Context, s streams) error {
	_, err := sim.BenchCrossings(ctx, s.out, sim.CrossingsOptions{BenchOptions: c.options(s), Stores: c.Store, Clients: c.Clients,
		Duration: c.Duration, Files: c.Files, New: c.New, HTTPS: c.HTTPS})
	return err
}

type benchGrowthCmd struct {
	benching
	Store    []string      `default:"sqlite" help:"sqlite, postgres (a throw-away cluster), or the address of an empty PostgreSQL database."`
	Sizes    []int         `default:"10000,100000,1000000" help:"Individual files in the register."`
	Clients  int           `default:"32" help:"Booths at work at one time."`
	Duration time.Duration `default:"20s" help:"Time for each size."`
}

// Run measures growth.
func (c *benchGrowthCmd) Run(ctx context.Context, s streams) error {
	_, err := sim.BenchGrowth(ctx, s.out, sim.GrowthOptions{Sizes: c.Sizes, CrossingsOptions: sim.CrossingsOptions{BenchOptions: c.options(s),
		Stores: c.Store, Clients: c.Clients, Duration: c.Duration}})
	return err
}

type benchNamesCmd struct {
	benching
	Store   string `default:"sqlite" help:"sqlite, postgres (a throw-away cluster), or the address of an empty PostgreSQL database."`
	Files   int    `default:"1000000" help:"Persons in the register."`
	Queries int    `default:"400" help:"Searches of each kind."`
	Density int    `default:"1" help:"Bring birth dates together as many times: a million persons at 150 are as close as those of 150 million."`
}

// Run measures searches by name.
func (c *benchNamesCmd) Run(ctx context.Context, s streams) error {
	_, err := sim.BenchNames(ctx, s.out, sim.NamesOptions{BenchOptions: c.options(s), Store: c.Store, Files: c.Files, Queries: c.Queries, Density: c.Density})
	return err
}

type benchDutiesCmd struct {
	benching
	Store   string `default:"sqlite" help:"sqlite, postgres (a throw-away cluster), or the address of an empty PostgreSQL database."`
	Files   int    `default:"100000" help:"Individual files in the register."`
	Clients int    `default:"8" help:"Booths at work beside the duties."`
}

// Run measures the duties.
func (c *benchDutiesCmd) Run(ctx context.Context, s streams) error {
	_, err := sim.BenchDuties(ctx, s.out, sim.DutiesOptions{BenchOptions: c.options(s), Store: c.Store, Files: c.Files, Clients: c.Clients})
	return err
}

type benchMatchingCmd struct {
	Seed    uint64 `default:"1" help:"Seed of the invented people."`
	JSON    bool   `name:"json" help:"Print JSON."`
	Persons int    `default:"100000" help:"Invented persons in the gallery that is searched, four fingers and a face each; about 9 kB of memory a person."`
	Probes  int    `default:"100" help:"Searches for persons who are there, of each way; half as many for persons who are not."`
	Curves  bool   `help:"Print how scores of mates and of others are distributed; beside them those of the public sets in the folder that LIMEN_FINGERPRINTS names."`
}

// Run measures matching.
func (c *benchMatchingCmd) Run(ctx context.Context, s streams) error {
	_, err := sim.BenchMatching(ctx, s.out, sim.MatchingOptions{BenchOptions: sim.BenchOptions{Seed: c.Seed, JSON: c.JSON, Progress: s.err},
		Persons: c.Persons, Probes: c.Probes, Curves: c.Curves, Prints: sim.FingerprintFolder()})
	return err
}
