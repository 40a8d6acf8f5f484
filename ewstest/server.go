package ewstest

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/witness"
)

// EndpointPath is where the service is below the root of the server.
const EndpointPath = "/EWS/Exchange.asmx"

// Server is an EWS server. It is an http.Handler, safe for concurrent use.
type Server struct {
	// URL is the endpoint, set by New and Start.
	URL string

	cfg      Config
	release  release
	store    *store
	handlers handlers
	faults   faults
	requests requests
	contract contractCache
	http     *httptest.Server
}

// NewServer returns a server that is not yet listening: use it as an
// http.Handler, or Start it.
func NewServer(cfg Config) (*Server, error) {
	cfg, rel, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, release: rel, store: newStore(cfg.Clock), handlers: handlers{}}
	for _, a := range cfg.Accounts {
		if err := s.store.addMailbox(a, language(cfg.Language)); err != nil {
			return nil, err
		}
	}
	folderHandlers(s.handlers)
	itemHandlers(s.handlers)
	convertHandlers(s.handlers)
	searchHandlers(s.handlers)
	miscHandlers(s.handlers)
	return s, nil
}

// New starts a server over TLS on the loopback interface, which ends with the
// test. Without cfg it has two mailboxes, alice@example.com and
// bob@example.com, with Password.
func New(t testing.TB, cfg ...Config) *Server {
	t.Helper()
	var c Config
	if len(cfg) > 0 {
		c = cfg[0]
	}
	s, err := NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// Start makes the server listen on a free port of the loopback interface, over
// TLS, and sets URL.
func (s *Server) Start() {
	s.http = httptest.NewUnstartedServer(s)
	// Not http/2: Exchange speaks HTTP/1.1, and clients are tested with it.
	s.http.EnableHTTP2 = false
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that clients cut off are no news
	s.http.StartTLS()
	s.URL = s.http.URL + EndpointPath
}

// Close ends the server. Calls under way are cut off.
func (s *Server) Close() {
	if s.http != nil {
		s.http.CloseClientConnections()
		s.http.Close()
	}
}

// HTTPClient returns a client that trusts the server's certificate. It takes
// https://example.com, and the hosts below it, for the server, so that
// autodiscover finds the mailboxes there (httptest.Server.Client). It is nil
// before Start. While the environment variable GOEWS_WITNESS names a directory,
// the client writes what it sends and gets into it, for a judge of this
// project's own tests.
func (s *Server) HTTPClient() *http.Client {
	if s.http == nil {
		return nil
	}
	return witness.FromEnv().Client(s.http.Client())
}

// Certificate returns the server's certificate, for clients that are to trust
// it by other ways than HTTPClient. It is nil before Start.
func (s *Server) Certificate() *x509.Certificate {
	if s.http == nil {
		return nil
	}
	return s.http.Certificate()
}

// Address returns the SMTP address of account i.
func (s *Server) Address(i int) string { return s.cfg.Accounts[i].Address }

// Host returns host and port of a started server.
func (s *Server) Host() string {
	return strings.TrimSuffix(strings.TrimPrefix(s.URL, "https://"), EndpointPath)
}

// call is one request under way.
type call struct {
	ctx     context.Context
	srv     *Server
	store   *store
	op      *messages.Operation
	user    *mailbox // who sent it, or who is impersonated
	version types.ExchangeVersion
	zone    string // the id of the request's TimeZoneContext; empty if there was none
	loc     *time.Location
	culture string
	host    string // that the request was sent to
}

// handlers are the operations that the server has, by the local name of the
// request's element.
type handlers map[string]handler

type handler struct {
	op   *messages.Operation
	lock lock
	run  func(c *call, req messages.Message) (messages.Message, error)
}

// lock says how much of the store an operation needs for itself.
type lock uint8

const (
	reads  lock = iota // others may read meanwhile
	writes             // nobody else
	free               // the handler locks the store itself
)

// handle registers an operation.
func handle[Req, Res messages.Message](h handlers, op *messages.Operation, l lock, f func(*call, Req) (Res, error)) {
	_, local, _ := strings.Cut(op.Request, ":")
	h[local] = handler{op, l, func(c *call, req messages.Message) (messages.Message, error) {
		r, ok := req.(Req)
		if !ok {
			return nil, fmt.Errorf("ewstest: %s got a %T", op.Name, req)
		}
		return f(c, r)
	}}
}

// do runs the operation under its lock.
func (h handler) do(c *call, req messages.Message) (messages.Message, error) {
	switch h.lock {
	case reads:
		c.store.mu.RLock()
		defer c.store.mu.RUnlock()
	case writes:
		c.store.mu.Lock()
		defer c.store.mu.Unlock()
		c.store.acting = c.user
		defer func() { c.store.acting = nil }()
	}
	return h.run(c, req)
}
