//go:build !unix

package pgtemp

import (
	"context"
	"errors"
)

// server is no more than this where throw-away servers are not supported.
type server struct{ ended chan struct{} }

var errHere = errors.New("pgtemp: no throw-away PostgreSQL on this system: " + Advice)

func (c *Cluster) found(context.Context) error { return errHere }

// Stop leaves the server that the environment named alone.
func (c *Cluster) Stop() error { return nil }

// Crash is not possible here.
func (c *Cluster) Crash() error { return errHere }

// Restart is not possible here.
func (c *Cluster) Restart(context.Context) error { return errHere }
