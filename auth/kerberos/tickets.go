package kerberos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/types"
)

const (
	// slack is how long before its end a ticket is no longer used at least: the
	// request has to arrive, and clocks differ.
	slack = 2 * time.Minute
	// least is how long a ticket has to last to be used at all.
	least = 5 * time.Second
	// patience is how long a refusal of the user stands without asking again:
	// wrong passwords lock accounts.
	patience = time.Minute
)

// tickets gets and keeps the tickets of one user. It has no goroutine but
// while it asks: a ticket that is about to end is replaced when the next
// request wants it.
type tickets struct {
	from authority
	user string // for errors

	one sync.Mutex // held while from is asked; not with mu held
	tgt *ticket

	mu       sync.Mutex
	services map[string]*ticket
	flights  map[string]*flight
	refused  *Error    // what the realm said of the user
	until    time.Time // when it may be asked again
}

// flight is a ticket that is being fetched. Whoever wants it waits for ended.
type flight struct {
	ended  chan struct{}
	ticket *ticket
	err    error
}

func newTickets(from authority, user string) *tickets {
	return &tickets{from: from, user: user, services: map[string]*ticket{}, flights: map[string]*flight{}}
}

// get returns a ticket for the service, other than one that the service has
// refused. fresh says that it was fetched meanwhile. Several who want the same
// one wait for one exchange, each for as long as its context lasts. If there is
// no other, one that is about to end is used to its end.
func (t *tickets) get(ctx context.Context, service string, refused *ticket) (k *ticket, fresh bool, err error) {
	t.mu.Lock()
	k = t.services[service]
	if k == refused || k != nil && time.Until(k.end) < least {
		k = nil
	}
	if k != nil && k.serves() {
		t.mu.Unlock()
		return k, false, nil
	}
	if t.refused != nil && time.Now().Before(t.until) {
		defer t.mu.Unlock()
		if k != nil {
			return k, false, nil
		}
		return nil, false, t.refused
	}
	f := t.flights[service]
	if f == nil {
		f = &flight{ended: make(chan struct{})}
		t.flights[service] = f
		go t.fly(f, service)
	}
	t.mu.Unlock()
	select {
	case <-f.ended:
		if f.err != nil && k != nil {
			return k, false, nil
		}
		return f.ticket, true, f.err
	case <-ctx.Done():
		return nil, false, context.Cause(ctx)
	}
}

// fly fetches. gokrb5 knows no contexts, and ends by its own time-outs of 5 s a
// KDC.
func (t *tickets) fly(f *flight, service string) {
	k, err := t.fetch(service)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		f.err = t.explain(err, service)
		if old := t.services[service]; old != nil {
			old.tried = time.Now()
		}
	} else {
		k.tried = time.Now()
		f.ticket, t.services[service], t.refused = k, k, nil
	}
	delete(t.flights, service)
	close(f.ended)
}

// explain adds to an error what it is about, and notes one that asking again
// would not mend. mu is held.
func (t *tickets) explain(err error, service string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	named := *e
	named.User = t.user
	if named.Kind == ErrUnknownService {
		named.Service = service
	}
	switch named.Kind {
	case ErrPassword, ErrUnknownUser, ErrLocked:
		t.refused, t.until = &named, time.Now().Add(patience)
	}
	return &named
}

func (t *tickets) fetch(service string) (*ticket, error) {
	t.one.Lock()
	defer t.one.Unlock()
	name, realm := parseService(service)
	used := t.tgt
	tgt, err := t.granting()
	if err != nil {
		return nil, err
	}
	k, err := t.from.service(tgt, name, realm)
	var e *Error
	if errors.As(err, &e) && e.Code != 0 && e.Kind != ErrUnknownService && tgt == used {
		// The realm may have other keys now, or another idea of the time.
		t.tgt = nil
		if tgt, err = t.granting(); err != nil {
			return nil, err
		}
		k, err = t.from.service(tgt, name, realm)
	}
	return k, err
}

// granting returns the ticket by which others are got: that in hand while it
// lasts, else another, or the same renewed. one is held.
func (t *tickets) granting() (*ticket, error) {
	if t.tgt != nil && t.tgt.lasts() {
		return t.tgt, nil
	}
	best := t.tgt
	tgt, err := t.from.login()
	if err == nil && (best == nil || tgt.end.After(best.end)) {
		best = tgt
	}
	switch {
	case err != nil && (best == nil || !best.end.After(time.Now())):
		return nil, err
	case !best.end.After(time.Now()):
		return nil, &Error{Kind: ErrClockSkew, Err: fmt.Errorf("the realm gives tickets that ended at %s", best.end.Format(time.RFC3339))}
	}
	// So end the tickets of a cache that nobody looks after.
	if !best.lasts() && best.renewable && best.renewTill.After(best.end) {
		if renewed, failed := t.from.renew(best); failed == nil {
			best = renewed
		}
	}
	t.tgt = best
	return best, nil
}

// lasts reports whether the ticket can be used for a while. When a sixth of its
// time is left another is got, so that one that can be renewed is renewed in
// time, or earlier for the slack; one that was not meant to last is used for
// half its time.
func (k *ticket) lasts() bool {
	life := k.end.Sub(k.start)
	return time.Until(k.end) > max(life/6, min(slack, life/2))
}

// serves reports whether a service's ticket is to be used: it lasts, or it was
// tried so lately to get one that there is no better.
func (k *ticket) serves() bool {
	return k.lasts() || time.Since(k.tried) < time.Until(k.end)/10
}

// parseService splits a service principal name such as
// HTTP/mail.example.com@EXAMPLE.COM.
func parseService(s string) (types.PrincipalName, string) {
	name, realm, _ := strings.Cut(s, "@")
	return types.NewPrincipalName(nametype.KRB_NT_SRV_INST, name), realm
}
