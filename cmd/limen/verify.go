package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"limen/access"
	"limen/house"
	"limen/ledger"
)

type verifyCmd struct {
	place
	Bundle  string `arg:"" optional:"" type:"existingfile" help:"Bundle to verify offline. Left out, the log of the store is exported and verified."`
	Key     string `help:"Public verifier key, or a file with it. Needed with a bundle."`
	Trusted string `type:"existingfile" help:"File with a checkpoint kept from earlier: the log must continue it."`
	JSON    bool   `name:"json" help:"Print the report as JSON."`
}

// Help is the command's long help.
func (verifyCmd) Help() string {
	return `With a bundle and the public key nothing else is needed: no network, no database, no trust in
whoever wrote it. An entry that was changed, removed, inserted or reordered is named; a bundle that breaks off does
not verify at all.
Keep the checkpoint that a run prints: the next run with --trusted (the report, or the checkpoint alone) proves that nothing before it moved.`
}

// Run verifies and says which entry fails and how.
func (c *verifyCmd) Run(ctx context.Context, s streams) error {
	tell := progress(s.err)
	o := ledger.VerifyOptions{Progress: func(leaves, size int64) { tell("%d of %d entries", leaves, size) }}
	if c.Trusted != "" {
		b, err := os.ReadFile(c.Trusted)
		if err != nil {
			return err
		}
		o.Trusted = checkpointIn(string(b), "log          ")
	}
	var report ledger.Report
	var err error
	if c.Bundle != "" {
		report, err = c.offline(o)
	} else {
		report, err = c.live(ctx, o)
	}
	tell("")
	if errors.Is(err, ledger.ErrBundle) {
		return fmt.Errorf("THE LOG DOES NOT VERIFY: the bundle is damaged or breaks off: %w", err)
	}
	if err != nil && !errors.Is(err, ledger.ErrTampered) {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(s.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(report); err != nil {
			return err
		}
	} else {
		printReport(s.out, report)
	}
	if err != nil {
		return errSaid
	}
	return nil
}

func (c *verifyCmd) offline(o ledger.VerifyOptions) (ledger.Report, error) {
	if c.Key == "" {
		return ledger.Report{}, errors.New("give the log's public key with --key (ledger.key.pub in the data directory of the house)")
	}
	key := c.Key
	if b, err := os.ReadFile(c.Key); err == nil {
		key = strings.TrimSpace(string(b))
	}
	f, err := os.Open(c.Bundle)
	if err != nil {
		return ledger.Report{}, err
	}
	defer f.Close()
	return ledger.VerifyBundle(f, key, o)
}

// live exports through the threshold and verifies on the way.
func (c *verifyCmd) live(ctx context.Context, o ledger.VerifyOptions) (ledger.Report, error) {
	h, err := c.open(ctx, nil)
	if err != nil {
		return ledger.Report{}, err
	}
	defer h.Close()
	if _, err := h.RunDuty(ctx, house.IntegrateDuty, nil); err != nil {
		return ledger.Report{}, err
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(h.ExportLog(ctx, access.OpVerifyLog, w, ledger.ExportOptions{})) }()
	report, err := ledger.VerifyBundle(r, h.Log.Public(), o)
	r.CloseWithError(err)
	return report, err
}

func printReport(w io.Writer, r ledger.Report) {
	fmt.Fprintf(w, "log          %s\n", r.Origin)
	fmt.Fprintf(w, "entries      %d under %d checkpoints that hold, %d with their body, %d erased lawfully\n", r.Leaves, r.Checkpoints, r.Entries, r.Erased)
	fmt.Fprintf(w, "pending      %d under no checkpoint yet: not proved\n", r.Pending)
	for _, f := range r.Findings {
		fmt.Fprintf(w, "FAILS        %s\n", f.Message)
	}
	if r.More > 0 {
		fmt.Fprintf(w, "FAILS        and %d more\n", r.More)
	}
	switch {
	case r.OK() && r.Leaves == 0:
		fmt.Fprintln(w, "verdict      nothing to verify: the log has no sealed entry")
	case r.OK():
		fmt.Fprintf(w, "verdict      the log verifies\n\nKeep this checkpoint, away from the house:\n\n%s", r.Checkpoint)
	default:
		fmt.Fprintln(w, "verdict      THE LOG DOES NOT VERIFY")
	}
}

// checkpointIn finds the checkpoint in a report that was kept whole; anything
// else is taken to be a checkpoint itself.
func checkpointIn(text, report string) string {
	if strings.HasPrefix(text, report) {
		if _, note, ok := strings.Cut(text, "away from the house:\n\n"); ok {
			return note
		}
	}
	return text
}

type logCmd struct {
	Export logExportCmd `cmd:"" help:"Write the log as a bundle that 'limen verify' checks offline."`
}

type logExportCmd struct {
	place
	Out  string `required:"" type:"path" help:"File to write the bundle to."`
	From int64  `help:"Size of a checkpoint that the reader holds: entries before it are left out."`
}

// Run exports the log, and logs that it did.
func (c *logExportCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	if _, err := h.RunDuty(ctx, house.IntegrateDuty, nil); err != nil {
		return err
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := h.ExportLog(ctx, access.OpExportLog, f, ledger.ExportOptions{From: c.From}); err != nil {
		return errors.Join(err, f.Close(), os.Remove(c.Out))
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "written to %s. It holds personal data: hand it to the supervisory authority only.\nVerify it with: limen verify %s --key %s\n", c.Out, c.Out, "'"+h.Log.Public()+"'")
	return nil
}
