// Package nui is the national uniform interface: a state's end of the line to the
// Central System of Regulation (EU) 2017/2226. While the line is down it keeps
// what is decided at the border, sealed, in a store of its own, and tells it when
// the line is back, each event once (art 21(1)). It keeps, if the state wishes,
// copies of what the state entered, no longer than the system does (art 40).
//
// While the line is up it passes a check, its steps and the decision on it through
// (art 23).
//
// It speaks to the Central System as any other client does, and knows no room of
// it. The log of art 46 is kept there, with an entry for each event and each check;
// here a note says which officer of the state asked.
package nui

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"limen/db"
	"limen/law"
	"limen/person"
)

//go:embed sql/*.sql
var migrations embed.FS

// Schema returns the tables of the interface's own store.
func Schema() db.Schema {
	files, err := fs.Sub(migrations, "sql")
	if err != nil {
		panic(err)
	}
	return db.Schema{Room: "nui", Files: files, Tables: []db.Table{
		{Name: "nui_event", Key: "key", Why: "told and marked one by one; the store is one file"},
		{Name: "nui_copy", Key: "record", Why: "what belongs to one record goes together"},
		{Name: "nui_probe", Key: "id", Why: "one row"},
		{Name: "nui_access", Key: "id", Why: "written and erased one by one; the store is one file"},
	}}
}

// The origins that an interface gives to what it keeps (art 21).
const (
	NUIBuffer   = "NUI_BUFFER"   // the state's interface
	LocalBuffer = "LOCAL_BUFFER" // the store at a crossing point, when the interface is out too
	Manual      = "MANUAL"       // written by hand and typed later
)

// Options of Open.
type Options struct {
	Store   *db.Store
	Key     []byte       // 32 bytes that everything is sealed with
	Name    string       // of this interface, unique in the state: part of every event's key
	State   person.State // whose interface it is
	Origin  string       // NUIBuffer or LocalBuffer
	Central string       // address of the Central System: https://host:port
	Client  *http.Client // with the certificates for it
	Token   string       // for the Central System; empty with a client certificate
	Limit   int64        // events that may wait; 0 is a million
	Copies  bool         // keep national copies
	Log     *slog.Logger
	// FirstPause and LongestPause bound the waiting between attempts on a line
	// that is down; zero takes a second and a minute.
	FirstPause, LongestPause time.Duration
}

// Interface is an open national uniform interface. It is safe for concurrent use.
type Interface struct {
	o       Options
	seal    *sealer
	waiting atomic.Int64 // events waiting, as far as Keep and Replay have counted
	wake    chan struct{}
	turn    sync.Mutex // one replay at a time

	mu    sync.Mutex
	line  Line
	tried time.Time // when the line was last found up or down
}

// Line is how the line to the Central System stands.
type Line struct {
	Up    bool       `json:"up"`
	Since *time.Time `json:"since"` // of this state of the line; null before the first attempt
	Error string     `json:"error,omitempty"`
}

// Open opens the interface over a store, which it brings up to date. It fails when
// the key is not the one that the store was sealed with.
func Open(ctx context.Context, o Options) (*Interface, error) {
	switch {
	case len(o.Key) != 32:
		return nil, fmt.Errorf("nui: a key of %d bytes instead of 32", len(o.Key))
	case o.Name == "" || len(o.Name) > 40 || strings.ContainsAny(o.Name, ": \t\n"):
		return nil, errors.New("nui: give the interface a name of 1 to 40 characters without spaces and colons")
	case o.Origin != NUIBuffer && o.Origin != LocalBuffer:
		return nil, fmt.Errorf("nui: the origin is %q; it is %s or %s", o.Origin, NUIBuffer, LocalBuffer)
	case !strings.HasPrefix(o.Central, "https://"):
		return nil, errors.New("nui: the address of the Central System begins with https://")
	}
	if o.Limit == 0 {
		o.Limit = 1_000_000
	}
	if o.FirstPause == 0 {
		o.FirstPause = time.Second
	}
	if o.LongestPause == 0 {
		o.LongestPause = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	o.Central = strings.TrimRight(o.Central, "/")
	seal, err := newSealer(o.Key)
	if err != nil {
		return nil, err
	}
	n := &Interface{o: o, seal: seal, wake: make(chan struct{}, 1)}
	if err := o.Store.Migrate(ctx, []db.Schema{Schema()}); err != nil {
		return nil, err
	}
	if err := n.probe(ctx); err != nil {
		return nil, err
	}
	var waiting int64
	if err := o.Store.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM nui_event WHERE state = 'waiting'`).Scan(&waiting)
	}); err != nil {
		return nil, err
	}
	n.waiting.Store(waiting)
	return n, nil
}

// probe compares the key with the one that the store was sealed with first.
func (n *Interface) probe(ctx context.Context) error {
	const id = "key"
	var sealed []byte
	err := n.o.Store.Read(ctx, func(tx *db.Tx) error { return tx.Row(`SELECT sealed FROM nui_probe WHERE id = $1`, id).Scan(&sealed) })
	if errors.Is(err, db.ErrNoRows) {
		sealed, err = n.seal.close([]byte("limen"), id)
		if err != nil {
			return err
		}
		return n.o.Store.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO nui_probe (id, sealed) VALUES ($1, $2)`, id, sealed)
			return err
		})
	}
	if err != nil {
		return err
	}
	if _, err := n.seal.open(sealed, id); err != nil {
		return errors.New("nui: the key file is not the one that this store was sealed with: restore it from the backup")
	}
	return nil
}

// State is how the interface stands, without a word about anybody.
type State struct {
	Name       string       `json:"name"`
	State      person.State `json:"state"`
	Origin     string       `json:"origin"`
	Line       Line         `json:"line"`
	Buffered   int64        `json:"buffered"`
	Oldest     *time.Time   `json:"oldest"`
	SecondLine int64        `json:"second_line"`
	Refused    int64        `json:"refused"`
	Damaged    int64        `json:"damaged"`
	Copies     int64        `json:"copies"`
	Now        time.Time    `json:"now"`
}

// State reads how the interface stands.
func (n *Interface) State(ctx context.Context) (State, error) {
	s := State{Name: n.o.Name, State: n.o.State, Origin: n.o.Origin}
	n.mu.Lock()
	s.Line = n.line
	n.mu.Unlock()
	err := n.o.Store.Read(ctx, func(tx *db.Tx) error {
		s.Now = tx.Now()
		var oldest *int64
		if err := tx.Row(`SELECT COUNT(*), MIN(event_at) FROM nui_event WHERE state = 'waiting'`).Scan(&s.Buffered, &oldest); err != nil {
			return err
		}
		if oldest != nil {
			at := time.UnixMicro(*oldest).UTC()
			s.Oldest = &at
		}
		return tx.Row(`SELECT (SELECT COUNT(*) FROM nui_event WHERE state = 'second_line'), (SELECT COUNT(*) FROM nui_event WHERE state = 'refused'),
			(SELECT COUNT(*) FROM nui_event WHERE state = 'damaged'), (SELECT COUNT(*) FROM nui_copy)`).Scan(&s.SecondLine, &s.Refused, &s.Damaged, &s.Copies)
	})
	return s, err
}

func (n *Interface) setLine(up bool, err error) {
	now := n.o.Store.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.line.Up != up || n.line.Since == nil {
		n.line.Since = &now
		if up {
			n.o.Log.Info("the line to the Central System is up", "waiting", n.waiting.Load())
		} else {
			n.o.Log.Warn("the line to the Central System is down", "error", err)
		}
	}
	n.line.Up, n.line.Error, n.tried = up, "", now
	if err != nil {
		n.line.Error = err.Error()
	}
}

// copyConfirmed is how long a copy stands without the Central System saying that
// it keeps the record.
var copyConfirmed = law.Param[time.Duration]{Name: "nui.copy_confirmed", Unit: "duration", Rows: []law.Row[time.Duration]{
	{From: law.MustDate("2025-10-12"), Value: 7 * 24 * time.Hour, Cite: "2017/2226 art 40(2)", Unconfirmed: true,
		Note: "design choice: an erasure before its time is learnt by asking; a copy about which nobody could ask for so long goes"}}}

// Params lists the dated parameters of this room.
func Params() []law.Dated { return []law.Dated{&copyConfirmed} }
