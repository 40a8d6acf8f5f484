package ewstest

import (
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Request is what the server keeps of a request, for assertions. It holds no
// content and no secret.
type Request struct {
	// Time is when it came, by the server's clock.
	Time time.Time
	// Method and Path are those of HTTP.
	Method, Path string
	// Op is the operation, as in "FindItem"; empty if the request was not
	// understood so far.
	Op string
	// User is the address of who logged on, As of who is impersonated; empty
	// for nobody.
	User, As string
	// Version is the RequestServerVersion.
	Version types.ExchangeVersion
	// Parts is how many parts the answer has, one for each item, folder or
	// other object in the request.
	Parts int
	// Status is that of HTTP; 0 if nothing was answered.
	Status int
	// Code is the code of a SOAP fault, or of the first part that failed;
	// NoError if all was done, empty if it did not come so far.
	Code messages.ResponseCode
	// Fault says that a Fault hit the request.
	Fault bool
	// Received and Sent are the lengths of the bodies in bytes, as they went
	// over the wire.
	Received, Sent int64
}

// entry is a request under way.
type entry struct {
	Request
	start  time.Time
	log    *requests
	stored *Request // in the log; nil before commit
}

// commit puts the entry into the log before the client can know of the answer:
// who has got an answer finds it in the log.
func (e *entry) commit() {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	if e.stored == nil {
		e.stored = e.log.add()
	}
	*e.stored = e.Request
}

// outcome notes the answer's codes.
func (e *entry) outcome(res messages.Message) {
	e.Code = messages.NoError
	var list []messages.Status
	switch res := res.(type) {
	case messages.Batch:
		list = res.Statuses()
	case messages.Single:
		list = []messages.Status{res.Status()}
	}
	e.Parts = len(list)
	for _, s := range list {
		if s.Failed() {
			e.Code = s.Code
			break
		}
	}
}

// counter is a ResponseWriter that notes status and length.
type counter struct {
	http.ResponseWriter
	e *entry
}

func (w counter) WriteHeader(status int) {
	if w.e.Status == 0 {
		w.e.Status = status
		announced := *w.e
		announced.Sent, _ = strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
		announced.commit()
		w.e.stored = announced.stored
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w counter) Write(b []byte) (int, error) {
	if w.e.Status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(b)
	w.e.Sent += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w counter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// maxRequests is how many requests the server remembers.
const maxRequests = 10_000

// requests are the latest requests.
type requests struct {
	mu   sync.Mutex
	list []*Request // a ring once it is full
	next int        // where the next goes, in a full ring
}

// add returns a place for a request. It is called with mu locked.
func (l *requests) add() *Request {
	r := new(Request)
	if len(l.list) < maxRequests {
		l.list = append(l.list, r)
		return r
	}
	l.list[l.next] = r
	l.next = (l.next + 1) % maxRequests
	return r
}

// Requests returns the requests that the server has answered, or has begun to
// answer, in that order: the latest 10,000.
func (s *Server) Requests() []Request {
	l := &s.requests
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Request, 0, len(l.list))
	for i := range l.list {
		out = append(out, *l.list[(l.next+i)%len(l.list)])
	}
	return out
}

// ForgetRequests empties what Requests returns.
func (s *Server) ForgetRequests() {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	s.requests.list, s.requests.next = nil, 0
}

// record remembers and logs a request.
func (s *Server) record(r *http.Request, e *entry) {
	e.commit()
	attrs := []slog.Attr{
		slog.String("method", e.Method), slog.String("path", e.Path), slog.Int("status", e.Status),
		slog.Int64("received", e.Received), slog.Int64("sent", e.Sent), slog.Duration("took", time.Since(e.start)),
	}
	for _, a := range []struct{ key, value string }{
		{"op", e.Op}, {"version", string(e.Version)}, {"user", e.User}, {"as", e.As}, {"code", string(e.Code)},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	if e.Parts > 0 {
		attrs = append(attrs, slog.Int("parts", e.Parts))
	}
	s.cfg.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}
