package ewstest

import (
	"log/slog"
	"net/http"
	"time"
)

// entry is what the log says of a request.
type entry struct {
	start    time.Time
	op       string // empty if the request was not understood so far
	user     string // who logged on
	as       string // who is impersonated
	version  string // RequestServerVersion
	code     string // of the fault, or of the first part that failed
	status   int
	received int64
	sent     int64
}

// counter is a ResponseWriter that notes status and length.
type counter struct {
	http.ResponseWriter
	e *entry
}

func (w counter) WriteHeader(status int) {
	if w.e.status == 0 {
		w.e.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w counter) Write(b []byte) (int, error) {
	if w.e.status == 0 {
		w.e.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.e.sent += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w counter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// log writes the entry, without anything secret.
func (s *Server) log(r *http.Request, e *entry) {
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", e.status),
		slog.Int64("received", e.received), slog.Int64("sent", e.sent), slog.Duration("took", time.Since(e.start)),
	}
	for _, a := range []struct{ key, value string }{
		{"op", e.op}, {"version", e.version}, {"user", e.user}, {"as", e.as}, {"code", e.code},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	s.cfg.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}
