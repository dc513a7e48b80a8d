package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"limen/access"
	"limen/db"
	"limen/law"
)

// Check is one thing that /healthz asks. Its error goes to the log, not to the
// answer.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// StoreChecks asks whether the store can be read and whether it has room left
// for new records.
func StoreChecks(s *db.Store) []Check {
	return []Check{
		{"store", func(ctx context.Context) error {
			return s.Read(ctx, func(tx *db.Tx) error {
				var one int64
				return tx.Row("SELECT 1").Scan(&one)
			})
		}},
		// A transaction that writes nothing waits for no disk, but the store
		// opens none when it is full or takes no changes.
		{"room", func(ctx context.Context) error {
			return s.Write(ctx, func(*db.Tx) error { return nil })
		}},
	}
}

// How long all checks together may take, and how long their result is given
// again: anybody may ask, and asking must cost the store nothing.
const (
	checkTimeout = 3 * time.Second
	checkAgain   = time.Second
)

// health is the answer of /healthz.
type health struct {
	mu     sync.Mutex
	asked  time.Time
	Status string         `json:"status"` // "ok" or "failing"
	Checks []healthResult `json:"checks"`
}

type healthResult struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
}

// serveHealth answers 200 when every check passes and 503 otherwise. It tells
// names and nothing else.
func (m *Mux) serveHealth(w http.ResponseWriter, r *http.Request) {
	h := &m.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := m.now(); h.asked.IsZero() || now.Sub(h.asked) >= checkAgain {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), checkTimeout)
		defer cancel()
		h.asked, h.Status, h.Checks = now, "ok", []healthResult{}
		for _, c := range m.options.Checks {
			err := c.Run(ctx)
			h.Checks = append(h.Checks, healthResult{c.Name, err == nil})
			if err != nil {
				h.Status = "failing"
				m.log.WarnContext(ctx, "health check failed", "check", c.Name, "error", err)
			}
		}
	}
	body, err := json.Marshal(h)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	if h.Status != "ok" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	w.Write(body)
}

// metrics counts requests by what was asked, never by who asked.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	handler  http.Handler
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "limen_http_request_duration_seconds",
			Help:    "Time to answer requests, by method, route pattern and status.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route", "status"}),
	}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

func (m *metrics) observe(method, route string, status int, taken time.Duration) {
	m.requests.WithLabelValues(knownMethod(method), route, strconv.Itoa(status)).Observe(taken.Seconds())
}

// Metrics is the registry that /metrics shows. House adds the gauges of the
// store and of the log to it; labels must never name a person or a document.
func (m *Mux) Metrics() prometheus.Registerer { return m.metrics.registry }

// serveMetrics answers an administrator, or anybody on this machine when the
// options say so.
func (m *Mux) serveMetrics(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r.Context())
	switch {
	case m.options.MetricsFromLoopback && isLoopback(r), v.known && v.principal.Authority.Kind == access.Administrator:
		m.metrics.handler.ServeHTTP(w, r)
	case !v.known:
		m.fail(w.(*recorder), r, v, notSignedIn())
	default:
		m.fail(w.(*recorder), r, v, law.Refuse(law.NotGranted, "administrator_only", "2017/2226 art 43(2)",
			"Metrics are for whoever runs the machine: use an administrator's token."))
	}
}
