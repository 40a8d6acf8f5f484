package ews

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Limiter bounds how many requests are under way at once. More wait, first
// come, first served; the context ends the wait. Clients of the same server
// and credential may share one, as those that With makes do. Its zero value
// has the defaults. It must not be copied, nor changed once it is in use.
//
// When the server says that there are too many connections
// (ErrorExceededConnectionCount) half as many as were under way go on, when it
// says that it is busy (ErrorServerBusy) one less; after that, one more each 30
// seconds, up to Max.
//
// A transfer to the caller's writer or from the caller's reader that waits for
// that for a second gives its place away until it goes on: so one that is the
// other end of another cannot wait for it for ever.
type Limiter struct {
	// Max is how many requests are under way at most. Default 10, which is what
	// Exchange 2010 allows one user; Exchange 2013 and later allow 27. See
	// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange.
	Max int
	// Streams is how many event streams are open at most; they do not count
	// among Max. A stream that has to wait gets no events meanwhile. 0: no limit
	// here; the server counts them by the mailbox that they are opened as, and
	// allows 3 (Exchange 2013) or 10 (Exchange Online). See
	// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-maintain-affinity-between-group-of-subscriptions-and-mailbox-server.
	Streams int

	once              sync.Once
	requests, streams lane
}

// laneFor returns the places for requests, or those for streams.
func (l *Limiter) laneFor(stream bool) *lane {
	l.once.Do(func() {
		l.requests.most = or(l.Max, 10)
		l.requests.now = l.requests.most
		l.streams.most = or(l.Streams, 1<<31-1)
		l.streams.now = l.streams.most
	})
	if stream {
		return &l.streams
	}
	return &l.requests
}

// growAfter is how long it takes until one more request is under way, after the
// server has asked for less.
const growAfter = 30 * time.Second

// lane is a number of places, and those who wait for one.
type lane struct {
	mu     sync.Mutex
	most   int
	now    int // places at present, from 1 to most
	used   int
	queue  list.List // of chan struct{}, closed when its owner has a place
	cuts   int       // how often there have been less
	growth *time.Timer
}

// take waits for a place; nil if the context ends before there is one.
func (l *lane) take(ctx context.Context) *place {
	l.mu.Lock()
	p := &place{lane: l}
	if l.used < l.now && l.queue.Len() == 0 {
		l.used++
		p.cuts = l.cuts
		l.mu.Unlock()
		return p
	}
	mine := make(chan struct{})
	at := l.queue.PushBack(mine)
	l.mu.Unlock()
	select {
	case <-mine:
		l.mu.Lock()
		defer l.mu.Unlock()
		p.cuts = l.cuts
		return p
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		select {
		case <-mine: // meanwhile: the next one gets it
			l.used--
			l.serve()
		default:
			l.queue.Remove(at)
		}
		return nil
	}
}

// serve gives free places to those who wait, in their order.
func (l *lane) serve() {
	for l.used < l.now && l.queue.Len() > 0 {
		mine := l.queue.Remove(l.queue.Front()).(chan struct{})
		l.used++
		close(mine)
	}
}

// give frees a place, or takes one without waiting.
func (l *lane) give(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used -= n
	l.serve()
}

// cut takes places away: half of those in use, or one. What is said of one
// moment by several answers is done once.
func (l *lane) cut(cuts int, half bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if cuts != l.cuts {
		return
	}
	l.cuts++
	used := min(l.used, l.now)
	if half {
		used /= 2
	} else {
		used--
	}
	l.now = max(used, 1)
	if l.growth == nil {
		l.growth = time.AfterFunc(growAfter, l.grow)
	} else {
		l.growth.Reset(growAfter)
	}
}

func (l *lane) grow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now < l.most {
		l.now++
	}
	if l.now < l.most {
		l.growth.Reset(growAfter)
	}
	l.serve()
}

// lendAfter is how long a transfer waits for the caller before it gives its
// place away.
const lendAfter = time.Second

// place is one of a lane, in use.
type place struct {
	lane *lane
	cuts int // of the lane, when it was taken

	mu     sync.Mutex
	timer  *time.Timer
	paused bool
	lent   bool
	left   bool
}

// pause says that the request waits for the caller from now on, resume that it
// goes on: it does so at once, even if there are too many then.
func (p *place) pause() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left {
		return
	}
	p.paused = true
	if p.timer == nil {
		p.timer = time.AfterFunc(lendAfter, p.lend)
	} else {
		p.timer.Reset(lendAfter)
	}
}

func (p *place) lend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused && !p.lent && !p.left {
		p.lent = true
		p.lane.give(1)
	}
}

func (p *place) resume() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = false
	if p.timer != nil {
		p.timer.Stop()
	}
	if p.lent && !p.left {
		p.lent = false
		p.lane.give(-1)
	}
}

// leave gives the place back.
func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = true
	if p.timer != nil {
		p.timer.Stop()
	}
	if !p.lent {
		p.lane.give(1)
	}
}
