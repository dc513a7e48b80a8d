package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"limen/db"
	"limen/house"
)

type dbCmd struct {
	Plan       dbPlanCmd       `cmd:"" help:"Print the tables and their distribution keys."`
	Check      dbCheckCmd      `cmd:"" help:"Check every key of a store against the plan."`
	Distribute dbDistributeCmd `cmd:"" help:"Turn the tables into Citus distributed or reference tables."`
	Rewrite    dbRewriteCmd    `cmd:"" help:"Take what was erased out of the database's files, with every table locked while it is written."`
}

type dbPlanCmd struct{}

// Run prints the plan.
func (dbPlanCmd) Run(s streams) error {
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ROOM\tTABLE\tDISTRIBUTED BY\tBECAUSE")
	for _, r := range db.Plan(house.Schemas()) {
		key := r.Key
		if key == "" {
			key = "(reference table)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Room, r.Table, key, r.Why)
	}
	return w.Flush()
}

type dbCheckCmd struct{ place }

// Run checks the keys of a store.
func (c *dbCheckCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	if err := db.CheckKeys(ctx, h.Store, house.Schemas()); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "every primary key and unique constraint contains its table's distribution key")
	return nil
}

type dbDistributeCmd struct{ place }

// Run distributes the tables, or says plainly that it cannot.
func (c *dbDistributeCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	if h.Store.Engine() == db.SQLite {
		return errors.New("SQLite is one file on one machine and is not distributed; a PostgreSQL store with the citus extension is")
	}
	err = db.Distribute(ctx, h.Store, house.Schemas(), s.out)
	if errors.Is(err, db.ErrNoCitus) {
		return fmt.Errorf("%w. Nothing was changed: the tables stay on one machine. Install the extension, run CREATE EXTENSION citus, and try again", err)
	}
	return err
}

type dbRewriteCmd struct{ place }

// Help is the command's long help.
func (dbRewriteCmd) Help() string {
	return `PostgreSQL leaves the bytes of erased rows in its files until their room is used again. This writes
each table anew; nobody can read or write a table meanwhile, and the disk must have room for it twice.
Archives of the server's log, replicas and backups are left as they are. On SQLite it does what the
daily duty "scrub" does.`
}

// Run writes every table anew.
func (c *dbRewriteCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	var tables []string
	for _, r := range db.Plan(house.Schemas()) {
		tables = append(tables, r.Table)
	}
	if err := h.Store.Rewrite(ctx, tables...); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d tables written anew\n", len(tables))
	return nil
}
