package main

import (
	"context"
	"fmt"

	"limen/house"
)

type jobCmd struct {
	place
	Name string `arg:"" optional:"" help:"Name of the duty; left out, the duties are listed."`
}

// Run carries out one duty. It may be stopped and run again.
func (c *jobCmd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	if c.Name == "" {
		for _, d := range h.Duties() {
			fmt.Fprintf(s.out, "%-12s  %-52s %s, every %s\n", d.Name, d.Title, d.Cite, d.Every)
		}
		return nil
	}
	n, err := h.RunDuty(ctx, c.Name, func(done int) { fmt.Fprintf(s.err, "\r%d done", done) })
	fmt.Fprintf(s.err, "\r%d done\n", n)
	if err != nil {
		return err
	}
	// What the duty did belongs under a checkpoint before the program ends.
	_, err = h.RunDuty(ctx, house.IntegrateDuty, nil)
	return err
}
