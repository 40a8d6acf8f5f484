package ewstest

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Fault is a rule by which the server misbehaves, for tests of what a program
// does then:
//
//	busy := srv.Inject(ewstest.Fault{Op: "FindItem", Times: 2, Code: messages.ErrorServerBusy, BackOff: time.Second})
//	... // the program under test
//	if busy.Hits() != 2 { ... }
//
// The first fields say which requests it hits, the others what happens to
// them. Of several rules the first that hits, in the order of injection, is
// followed. Rules hit only requests that are valid and that the user may send.
type Fault struct {
	// Op is the operation that is hit, as in "FindItem". Empty: all. The
	// requests of autodiscover are GetUserSettings, GetDomainSettings,
	// Autodiscover.xml and Autodiscover.json.
	Op string
	// User is the address of the user that is hit. Empty: all.
	User string
	// Match reports whether a request is hit; what is known only when it has
	// been answered is not set. Nil: all.
	Match func(Request) bool
	// After lets as many requests pass that would be hit otherwise.
	After int
	// Nth hits only the nth request of those, from 1. 0: all.
	Nth int
	// Times is how many requests are hit at most. 0: no limit.
	Times int
	// Probability is the chance of each request to be hit, from 0 to 1. 0
	// means 1. The same Seed gives the same sequence of hits.
	Probability float64
	Seed        uint64

	// Delay passes before the request is looked at.
	Delay time.Duration
	// Late looks at it even if the client has given up meanwhile. Exchange does,
	// for it does not notice; without it the request is then forgotten.
	Late bool
	// DropBefore closes the connection instead of doing the work.
	DropBefore bool
	// DropAfter does the work, then closes the connection: the answer is lost.
	DropAfter bool
	// Parts fails parts of a batch: their places in the request, from 0, with
	// their codes. The other parts are done. Text and BackOff go with it.
	Parts map[int]messages.ResponseCode
	// Code is that of a SOAP fault, which is sent instead of doing the work.
	// Text is its text; empty: the one of Exchange. BackOff is how long the
	// server wants to be left alone. Autodiscover answers with its own code for
	// it (ServerBusy for ErrorServerBusy), its XML protocol with a number, which
	// may be given, as in "602".
	Code    messages.ResponseCode
	Text    string
	BackOff time.Duration
	// Status is that of HTTP, with an empty body unless Code or Body say
	// otherwise. 0: 200, and 500 for a SOAP fault.
	Status int
	// Header has headers of the answer, as in Location with a Status of 302.
	Header http.Header
	// RetryAfter is a header of the answer, in whole seconds.
	RetryAfter time.Duration
	// Body is sent instead of doing the work, with ContentType; empty:
	// text/html.
	Body        string
	ContentType string
	// ServerVersion is what the answer says of the server.
	ServerVersion *types.ServerVersionInfo
	// Padding lengthens an answer by as many bytes of white space.
	Padding int64
	// Truncate ends an answer after as many bytes, and closes the connection.
	Truncate int
	// Drip is the pause after each piece of an answer. A piece has DripBytes;
	// 0: 512.
	Drip      time.Duration
	DripBytes int
}

// Injection is a Fault in force.
type Injection struct {
	faults *faults
	rule   *rule
}

// Hits returns how many requests were hit so far.
func (i *Injection) Hits() int {
	i.faults.mu.Lock()
	defer i.faults.mu.Unlock()
	return i.rule.hits
}

// Remove ends the rule. Requests that were hit already go on.
func (i *Injection) Remove() {
	i.faults.mu.Lock()
	defer i.faults.mu.Unlock()
	for n, r := range i.faults.rules {
		if r == i.rule {
			i.faults.rules = append(i.faults.rules[:n:n], i.faults.rules[n+1:]...)
			return
		}
	}
}

// Inject makes the server misbehave by a rule until it is removed. It may be
// called at any time.
func (s *Server) Inject(f Fault) *Injection {
	r := &rule{Fault: f, random: rand.New(rand.NewPCG(f.Seed, 0))}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.rules = append(s.faults.rules, r)
	return &Injection{&s.faults, r}
}

// faults are the rules by which the server misbehaves.
type faults struct {
	mu    sync.Mutex
	rules []*rule
}

// rule is a Fault with its counters, which are locked by faults.mu.
type rule struct {
	Fault
	random *rand.Rand
	seen   int // requests that fit
	hits   int
}

// hit returns the rule that the request is to be treated by, nil if there is
// none.
func (f *faults) hit(r Request) *rule {
	f.mu.Lock()
	rules := f.rules
	f.mu.Unlock()
	for _, rule := range rules {
		// Match may ask the server something.
		if rule.fits(r) && f.count(rule) {
			return rule
		}
	}
	return nil
}

func (r *rule) fits(q Request) bool {
	return (r.Op == "" || r.Op == q.Op) && (r.User == "" || sameAddress(r.User, q.User)) && (r.Match == nil || r.Match(q))
}

// count notes a request that fits, and reports whether it is hit.
func (f *faults) count(r *rule) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.seen++
	n := r.seen - r.After
	switch {
	case n < 1, r.Nth > 0 && n != r.Nth, r.Times > 0 && r.hits >= r.Times,
		r.Probability > 0 && r.random.Float64() >= r.Probability:
		return false
	}
	r.hits++
	return true
}
