package orm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// route is an account's way to its server. One that was discovered is looked
// for again when it leads nowhere.
type route struct {
	cfg   Config
	asked string // the address given to Open
	// look asks autodiscover: a server if refresh is set, else its cache first.
	// nil: the endpoint was given.
	look func(ctx context.Context, refresh bool) (*autodiscover.Result, error)
	turn chan struct{} // has a value while it is looked for again

	mu     sync.Mutex
	now    *line
	found  *autodiscover.Result // nil if nobody was asked
	looked time.Time            // when a server was asked last
}

// line is a way to one endpoint.
type line struct {
	client  *ews.Client
	address string                // of the mailbox
	hint    types.ExchangeVersion // before the first answer
	scheme  *scheme               // nil if it is not watched
}

// lookPause is how long it is not looked again.
const lookPause = time.Minute

// newRoute finds the way to the mailbox that cfg speaks of.
func newRoute(ctx context.Context, address string, cfg Config) (*route, error) {
	r := &route{cfg: cfg, asked: address, turn: make(chan struct{}, 1)}
	if cfg.Client != nil {
		l := &line{client: cfg.Client, address: address}
		if cfg.Known != nil {
			l.address = cfg.Known.Address
		}
		switch {
		case cfg.Access == Delegate:
			l.client = l.client.With(ews.ForMailbox(l.address))
		case cfg.Identity != nil:
			l.client = l.client.With(ews.ActAsUser(*cfg.Identity, l.address))
		default:
			l.client = l.client.With(ews.ActAs(l.address))
		}
		r.now = l
		return r, nil
	}
	endpoint := cmp.Or(cfg.Endpoint, cfg.Transport.Endpoint)
	if cfg.Server != "" {
		endpoint = "https://" + cfg.Server + "/EWS/Exchange.asmx"
	}
	var err error
	switch k := cfg.Known; {
	case k != nil:
		if k.Discovered {
			r.discovers()
		}
		r.now, err = r.lay(&line{address: k.Address, hint: k.Version}, k.Endpoint)
	case endpoint != "":
		r.now, err = r.lay(&line{address: address}, endpoint)
	default:
		r.discovers()
		if err = r.find(ctx, false); err != nil {
			err = fmt.Errorf("orm: open %s: %w", address, err)
		}
	}
	return r, err
}

// discovers makes r look for its endpoint.
func (r *route) discovers() {
	c := r.cfg.Autodiscover
	if c.Auth == nil {
		c.Auth = r.cfg.Auth
	}
	if c.Auth == nil {
		c.Auth = r.cfg.Transport.Auth
	}
	c.HTTPClient = cmp.Or(c.HTTPClient, r.cfg.HTTPClient, r.cfg.Transport.HTTPClient)
	c.UserAgent = cmp.Or(c.UserAgent, r.cfg.Transport.UserAgent)
	if c.Cache == nil {
		c.Cache = new(autodiscover.DiskCache)
	}
	r.look = func(ctx context.Context, refresh bool) (*autodiscover.Result, error) {
		c := c
		c.Refresh = c.Refresh || refresh
		found, err := autodiscover.Discover(ctx, r.asked, c)
		if err != nil && refresh {
			// What is kept has just been of no use, whatever there is now.
			err = errors.Join(err, c.Cache.Drop(context.WithoutCancel(ctx), r.asked))
		}
		return found, err
	}
}

// find looks for the endpoint, and lays a line to it unless there is one.
func (r *route) find(ctx context.Context, refresh bool) error {
	found, err := r.look(ctx, refresh)
	if err != nil {
		return err
	}
	old := r.line()
	l := old
	if old == nil || old.client.Endpoint() != found.EWS || old.address != found.Address {
		if l, err = r.lay(&line{address: found.Address, hint: found.Version}, found.EWS); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now, r.found = l, found; !found.FromCache {
		r.looked = time.Now()
	}
	return nil
}

// lay completes a line with a transport to the endpoint.
func (r *route) lay(l *line, endpoint string) (*line, error) {
	cfg, c := r.cfg, r.cfg.Transport
	c.Endpoint = endpoint
	c.HTTPClient = cmp.Or(cfg.HTTPClient, c.HTTPClient)
	c.Version = cmp.Or(cfg.Version, c.Version)
	c.VersionHint = cmp.Or(c.VersionHint, l.hint)
	c.TimeZone = cmp.Or(cfg.TimeZone, c.TimeZone)
	c.Culture = cmp.Or(cfg.Culture, c.Culture)
	c.Retry = cmp.Or(cfg.Retry, c.Retry)
	c.Logger = cmp.Or(cfg.Logger, c.Logger)
	c.AnchorMailbox = cmp.Or(c.AnchorMailbox, l.address)
	if cfg.Auth != nil {
		c.Auth = cfg.Auth
	}
	if c.Auth != nil {
		l.scheme = new(scheme)
		if k := cfg.Known; k != nil && k.Scheme != "" {
			l.scheme.name.Store(k.Scheme)
		}
		c.Auth = watched{c.Auth, l.scheme}
	}
	if cfg.Access == Impersonation && c.Impersonate == nil {
		c.Impersonate = &types.ExchangeImpersonation{ConnectingSID: types.ConnectingSID{PrimarySMTPAddress: l.address}}
		if cfg.Identity != nil {
			c.Impersonate.ConnectingSID = *cfg.Identity
		}
	}
	var err error
	l.client, err = ews.New(c)
	return l, err
}

// line returns the way that calls go now.
func (r *route) line() *line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *route) version() (types.ExchangeVersion, ews.Build) { return r.line().client.Version() }

// Invoke implements messages.Invoker.
func (r *route) Invoke(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	l := r.line()
	err := l.client.Invoke(ctx, op, req, res)
	if r.look == nil || !astray(err) {
		return err
	}
	moved, again := r.lookAgain(ctx, l)
	switch {
	case again != nil:
		return fmt.Errorf("%w; the server was looked for again: %w", err, again)
	case !moved:
		return err
	}
	l = r.line()
	if !op.Idempotent && wasSent(err) || !ews.Rewind(req, res) {
		return &MovedError{Op: op.Name, Endpoint: l.client.Endpoint(), Err: err}
	}
	return l.client.Invoke(ctx, op, req, res)
}

// lookAgain looks for the server, unless that was done a short while ago, or by
// somebody else since old was used. It reports whether the way has changed.
func (r *route) lookAgain(ctx context.Context, old *line) (bool, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	r.mu.Lock()
	before := r.looked
	soon := !before.IsZero() && time.Since(before) < lookPause
	other := r.now != old
	if !soon && !other {
		r.looked = time.Now()
	}
	r.mu.Unlock()
	if soon || other {
		return other, nil
	}
	err := r.find(ctx, true)
	if err != nil && ctx.Err() != nil { // it was not looked to the end: the next call may
		r.mu.Lock()
		r.looked = before
		r.mu.Unlock()
	}
	return err == nil && r.line() != old, err
}

// astray reports whether err says that the mailbox's server is not where the
// request was sent: nothing answers there, or no EWS, or one that sends the
// request elsewhere. The end of a context says nothing, and neither does an
// authentication that has nothing to send, or is refused.
func astray(err error) bool {
	var unsent auth.Unsent
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &unsent) {
		return false
	}
	var transport *ews.TransportError
	var status *ews.HTTPError
	var code messages.ResponseCode
	switch {
	case errors.As(err, &transport):
		return !transport.Sent
	case errors.As(err, &status):
		return slices.Contains([]int{
			http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
			http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusMisdirectedRequest,
		}, status.StatusCode)
	case errors.As(err, &code):
		// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
		return code == messages.ErrorCrossSiteRequest || code == messages.ErrorWrongServerVersion || code == messages.ErrorNoApplicableProxyCASServersAvailable
	}
	return false
}

// wasSent reports whether the server may have got the request.
func wasSent(err error) bool {
	var transport *ews.TransportError
	return !errors.As(err, &transport) || transport.Sent
}

// MovedError is a call that failed as the server is no longer where it was.
// It has been found elsewhere, and the next call goes there. This one was not
// sent again by itself, for it is not idempotent, and something was sent:
// MayBeDone says of it what the error of the call says.
type MovedError struct {
	Op       string // operation, as in "CreateItem"
	Endpoint string // where the server is now
	Err      error  // of the call
}

// Error says what to do.
func (e *MovedError) Error() string {
	then := "nothing was done: send it again"
	if MayBeDone(e.Err) {
		then = "look whether it was done before you send it again"
	}
	return fmt.Sprintf("orm: %s was not sent again, though the server has been found at %s since; %s: %v", e.Op, e.Endpoint, then, e.Err)
}

// Unwrap returns the error of the call.
func (e *MovedError) Unwrap() error { return e.Err }
