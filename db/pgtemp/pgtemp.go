// Package pgtemp starts throw-away PostgreSQL servers, for tests and for the
// benchmark command: a folder of their own, a unix socket only, gone with the
// process that started them.
package pgtemp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// Advice says what to do when the server's programs are missing.
const Advice = "install PostgreSQL 15 or newer (Debian: apt-get install postgresql), or set LIMEN_TEST_POSTGRES=postgres://… to a server where this user may create databases"

// EnvServer names the environment variable with the address of a running server
// to use instead of a throw-away one.
const EnvServer = "LIMEN_TEST_POSTGRES"

// Cluster is a running server.
type Cluster struct {
	admin   string // address of its database postgres
	dir     string // "" for a server that somebody else runs
	durable bool
	server
}

// Start makes a new cluster and starts its server, or, if the environment names
// a running server, uses that one. durable keeps fsync on, for crash tests and
// honest measurements; without it the server forgets everything with the
// machine, and is faster.
func Start(ctx context.Context, durable bool) (*Cluster, error) {
	if address := os.Getenv(EnvServer); address != "" {
		c := &Cluster{admin: address}
		return c, c.await(ctx)
	}
	c := &Cluster{durable: durable}
	if err := c.found(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// await waits until the server answers.
func (c *Cluster) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.admin)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.ended:
			return errors.New("pgtemp: the PostgreSQL server ended at once")
		case <-ctx.Done():
			return errors.New("pgtemp: the PostgreSQL server does not answer")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// URL is the address of the database postgres.
func (c *Cluster) URL() string { return c.admin }

// Ours reports whether the server was started by Start and goes with the
// process, and not named by the environment.
func (c *Cluster) Ours() bool { return c.dir != "" }

// Create makes a database, as a copy of the database template unless that is
// empty, and returns its address.
func (c *Cluster) Create(ctx context.Context, name, template string) (address string, err error) {
	q := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if template != "" {
		q += " TEMPLATE " + pgx.Identifier{template}.Sanitize() + " STRATEGY FILE_COPY"
	}
	if err := c.run(ctx, q); err != nil {
		return "", err
	}
	u, err := url.Parse(c.admin)
	if err != nil {
		return "", errors.New("pgtemp: the server's address cannot be read")
	}
	u.Path = "/" + name
	return u.String(), nil
}

// Drop removes a database and ends the connections to it.
func (c *Cluster) Drop(ctx context.Context, name string) error {
	return c.run(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

func (c *Cluster) run(ctx context.Context, q string) error {
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return fmt.Errorf("pgtemp: %w", err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, q)
	return err
}
