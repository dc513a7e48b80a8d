package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"limen/access"
	"limen/ees"
	"limen/law"
)

type replayCmd struct {
	place
	Cases   string `arg:"" optional:"" help:"Cases as JSON Lines, in the form of 'limen stay'; - for standard input."`
	AsOf    string `name:"as-of" placeholder:"DATE" help:"Decide under the law of this day, whatever the day of the stay."`
	With    string `type:"existingfile" placeholder:"FILE" help:"Decide under the parameter rows of this file, YAML or JSON."`
	All     bool   `help:"Tell stays that are decided the same as well; with --as-of alone that is so."`
	Explain bool   `help:"Tell each step of the reasons."`
	JSON    bool   `name:"json" help:"Print JSON, one object a line."`
	File    string `placeholder:"REF" help:"Decide the stays of one individual file of the store again, with the token of an immigration officer in LIMEN_TOKEN."`
	Files   bool   `help:"Rehearse over every file of the store: counts only."`
	List    bool   `help:"With --files: name the records decided otherwise as well. The log says so."`
	After   string `help:"Go on where an earlier run stopped: the number of a line, or a file reference."`
	Token   string `hidden:"" env:"LIMEN_TOKEN"`
}

// Help is the command's long help.
func (replayCmd) Help() string {
	return `Decides stays again and tells what would differ; of the register nothing is ever written.
Each stay is decided under the law in force on its last day and under the law asked about. One file of a store
is read with the rights of the officer whose token is given ('limen account token … --only ees.replay'); a
rehearsal over all files is the system's own duty, and hands out numbers. Both are logged.
A file of rows holds what 'limen law' prints of a parameter:

  - name: ees.short_stay_limit
    rows:
      - from: 2013-10-18
        value: 90 days in any 180
        cite: 2016/399 art 6(1)
      - from: 2027-01-01
        value: 60 days in any 180
        cite: 2016/399 art 6(1)`
}

// Run decides cases, or the files of a store, again.
func (c *replayCmd) Run(ctx context.Context, s streams) error {
	book, err := c.book()
	if err != nil {
		return err
	}
	chosen := 0
	for _, is := range []bool{c.Cases != "", c.File != "", c.Files} {
		if is {
			chosen++
		}
	}
	switch {
	case chosen != 1:
		return errors.New("say what to decide again, one of: a file of cases (- for standard input), --file REF, --files")
	case c.List && !c.Files:
		return errors.New("--list goes with --files")
	case c.File != "":
		return c.file(ctx, s, book)
	case c.Files:
		return c.files(ctx, s, book)
	}
	return c.cases(ctx, s, book)
}

// file decides one file of the store again, with an officer's own rights.
func (c *replayCmd) file(ctx context.Context, s streams, book *law.Book) error {
	if c.Token == "" {
		return errors.New("one file is read by an officer: put a token of an immigration account into LIMEN_TOKEN (limen account token NAME --only ees.replay)")
	}
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	officer, err := h.Identities.ByToken(ctx, c.Token)
	if err != nil {
		return err
	}
	again, err := access.Run(ctx, h.Door, access.Request{Principal: officer, Op: ees.OpReplay},
		func(p access.Pass) (ees.FileReplay, error) { return h.EES.ReplayFile(p, ees.FileRef(c.File), book) })
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(again)
	}
	for i := range again.Stays {
		ees.WriteReplayed(s.out, again.Stays[i].RecordID, &again.Stays[i], book, c.Explain)
	}
	return ees.WriteEffect(s.out, again.Sum, false)
}

// files rehearses over every file of the store.
func (c *replayCmd) files(ctx context.Context, s streams, book *law.Book) error {
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	tell := progress(s.err)
	sum, err := h.EES.Rehearse(ctx, h.Door, book, ees.FileRef(c.After), c.List, func(r ees.Rehearsal) {
		tell("%d files, %d of them changed", r.Files, r.FilesChanged)
	})
	tell("")
	form := "%s\n"
	if c.JSON {
		form = "{\"record_id\":%q}\n"
	}
	for _, id := range sum.Changed {
		fmt.Fprintf(s.out, form, id)
	}
	if err != nil && ctx.Err() != nil {
		fmt.Fprintf(s.err, "stopped after file %s; go on with --after %s\n", sum.After, sum.After)
		err = errSaid
	} else if err != nil && sum.After != "" {
		err = fmt.Errorf("after file %s: %w", sum.After, err)
	}
	return errors.Join(ees.WriteEffect(s.out, sum.Effect, c.JSON), err)
}

// book is the law that the command was asked about.
func (c *replayCmd) book() (*law.Book, error) {
	if c.AsOf == "" && c.With == "" {
		return nil, errors.New("say under which law: --as-of DATE, --with FILE, or both")
	}
	var day law.Date
	if c.AsOf != "" {
		var err error
		if day, err = law.ParseDate(c.AsOf); err != nil {
			return nil, fmt.Errorf("--as-of: %w; write a day as 2026-05-01", err)
		}
	}
	var amendments []law.Amendment
	if c.With != "" {
		f, err := os.Open(c.With)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if amendments, err = readRows(f, ees.ReplayParams()); err != nil {
			return nil, fmt.Errorf("%s: %w", c.With, err)
		}
	}
	return law.NewBook(day, amendments...)
}

func (c *replayCmd) cases(ctx context.Context, s streams, book *law.Book) error {
	in := s.in
	switch c.Cases {
	case "-":
	default:
		f, err := os.Open(c.Cases)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	opt := ees.ReplayOptions{Book: book, All: c.All || c.With == "", Explain: c.Explain, JSON: c.JSON}
	if c.After != "" {
		if _, err := fmt.Sscanf(c.After+"\n", "%d\n", &opt.After); err != nil || opt.After < 0 {
			return errors.New("--after: the number of the last line that was read is needed")
		}
	}
	sum, line, err := ees.ReplayCases(ctx, in, s.out, opt)
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(s.err, "stopped after line %d; go on with --after %d\n", line, line)
		err = errSaid
	} else if err != nil {
		return err
	}
	return errors.Join(ees.WriteEffect(s.out, sum, c.JSON), err)
}
