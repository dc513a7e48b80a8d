package web

import (
	"net/http"
)

// recorder holds the status line back until the first byte of the body, so
// that a bug found late still becomes a clean answer, and counts what was sent.
type recorder struct {
	http.ResponseWriter
	status int    // as set by the handler; 0 before
	sent   bool   // the header is on its way
	bytes  int64  // of the body
	before func() // runs once, before the header goes out
	visit  *visit
}

// WriteHeader implements http.ResponseWriter. The first call counts.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(b []byte) (int, error) {
	w.send()
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// FlushError lets http.ResponseController flush.
func (w *recorder) FlushError() error {
	w.send()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController set deadlines.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) send() {
	if w.sent {
		return
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if before := w.before; before != nil {
		w.before = nil
		before()
	}
	if w.visit.receipt.ID != "" {
		w.Header().Set("Log-Entry", w.visit.receipt.ID)
	}
	w.sent = true
	w.ResponseWriter.WriteHeader(w.status)
}

// restart forgets a status and headers that were set but not sent.
func (w *recorder) restart() {
	w.status = 0
	h := w.Header()
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Location"} {
		h.Del(name)
	}
}
