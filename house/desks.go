package house

import (
	"context"
	"io"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"limen/access"
	eesdesk "limen/ees/desk"
	"limen/ledger"
	ledgerdesk "limen/ledger/desk"
	"limen/person"
	"limen/web"
)

// Facing says how the house faces the network.
type Facing struct {
	Version string
	Log     *slog.Logger
	Demo    *web.Demo
	Rate    web.Rate // per principal and per address; zero takes the toolkit's own
	// MetricsFromLoopback answers /metrics to this machine without a token.
	MetricsFromLoopback bool
}

// Mux hangs every desk and returns what a server serves.
func (h *House) Mux(f Facing) (*web.Mux, error) {
	m, err := web.NewMux(web.Options{
		Title: "Limen", Version: f.Version,
		Description:         "An open implementation of the EU's border information systems: the Entry/Exit System of Regulation (EU) 2017/2226.",
		Identities:          h.Identities,
		Log:                 f.Log,
		Clock:               h.Store.Now,
		Demo:                f.Demo,
		Notice:              "Limen is an independent project and no service of the European Union.",
		Posts:               posts,
		Confined:            confined,
		Checks:              web.StoreChecks(h.Store),
		AddressRate:         f.Rate,
		PrincipalRate:       f.Rate,
		MetricsFromLoopback: f.MetricsFromLoopback,
	})
	if err != nil {
		return nil, err
	}
	ees := &eesdesk.Desk{Door: h.Door, Register: h.EES}
	ees.API(m)
	if err := ees.Pages(m); err != nil {
		return nil, err
	}
	(&ledgerdesk.Desk{Door: h.Door, Log: h.Log}).API(m)
	h.gauges(m.Metrics())
	return m, m.Seal()
}

// posts lists where a guard may work: the crossing points of the own state.
func posts(p access.Principal) []web.Post {
	if p.Authority.Kind != access.Border {
		return nil
	}
	var list []web.Post
	for _, point := range person.CrossingPointsOf(person.State(p.Authority.State)) {
		list = append(list, web.Post{Code: point.Code, Name: point.Name + " (" + string(point.Kind) + ")"})
	}
	return list
}

// confined keeps a kiosk to the kiosk's page: whoever stands at it can type.
func confined(p access.Principal) string {
	if p.Authority.Kind == access.Kiosk {
		return "/ees/kiosk"
	}
	return ""
}

// gauges adds what the store and the log tell of themselves.
func (h *House) gauges(r prometheus.Registerer) {
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("limen_store_queue", "Writes waiting for the next group commit.", func() float64 { return float64(h.Store.Stats().QueueLength) })
	gauge("limen_store_commits_total", "Durable commits.", func() float64 { return float64(h.Store.Stats().Groups) })
	gauge("limen_store_jobs_total", "Writes committed.", func() float64 { return float64(h.Store.Stats().Jobs) })
	gauge("limen_store_retries_total", "Writes tried again after a conflict.", func() float64 { return float64(h.Store.Stats().Retries) })
	gauge("limen_log_pending", "Log entries not yet under a signed checkpoint.", func() float64 {
		p, err := h.Log.Pending(context.Background())
		if err != nil {
			return -1
		}
		return float64(p.Entries)
	})
}

// ExportLog writes the log as a bundle, for whoever has the machine's own
// command line; that it was exported is logged first.
func (h *House) ExportLog(ctx context.Context, op access.Op, w io.Writer, o ledger.ExportOptions) error {
	console := access.Principal{Officer: "command_line", Channel: "local",
		Authority: access.Authority{Kind: access.Supervisor, State: "EUE", Name: "Command line of the house"}}
	_, err := access.Run(ctx, h.Door, access.Request{Principal: console, Op: op}, func(p access.Pass) (bool, error) {
		return true, p.Send(access.LogEntries)
	})
	if err != nil {
		return err
	}
	return h.Log.Export(ctx, w, o)
}
