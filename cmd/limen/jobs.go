package main

import (
	"context"
	"fmt"
	"slices"

	"limen/house"
)

type jobCmd struct {
	place
	Name string `arg:"" optional:"" help:"Name of the duty; left out, the duties are listed."`
}

// Run carries out one duty. It may be stopped and run again.
func (c *jobCmd) Run(ctx context.Context, s streams) error {
	duties := (&house.House{}).Duties()
	if c.Name == "" {
		for _, d := range duties {
			fmt.Fprintf(s.out, "%-12s  %s (%s), every %s\n", d.Name, d.Title, d.Cite, d.Every)
		}
		return nil
	}
	if !slices.ContainsFunc(duties, func(d house.Duty) bool { return d.Name == c.Name }) {
		return fmt.Errorf("there is no duty %q; 'limen job' lists them", c.Name)
	}
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	tell := progress(s.err)
	n, err := h.RunDuty(ctx, c.Name, func(done int) { tell("%d done", done) })
	tell("")
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d done\n", n)
	// What the duty did belongs under a checkpoint before the program ends.
	_, err = h.RunDuty(ctx, house.IntegrateDuty, nil)
	return err
}
