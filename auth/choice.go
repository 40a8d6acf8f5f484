package auth

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// choice is what was chosen for a server.
type choice struct {
	busy chan struct{} // holds a value while somebody asks

	mu     sync.Mutex
	offer  *Offer // nil: has to be asked for
	method int
}

// What stands in place of the number of a method.
const (
	anonymous = -1 // the server wants none
	none      = -2 // nothing fits
)

// NoMethodError says that none of the methods that a Selector has is among
// those that the server offers. The request was not sent.
type NoMethodError struct {
	Host    string      // with the port, if the address has one
	Offered []Challenge // by the server, in its order
	Given   []Method    // those that could not be used, over plain HTTP or at all
}

// Error says what to give.
func (e *NoMethodError) Error() string {
	join := func(n int, at func(int) string) string {
		if n == 0 {
			return "nothing"
		}
		var all []string
		for i := range n {
			all = append(all, at(i))
		}
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("auth: %s offers %s, and there is %s; give a method that it offers, or ask its administrator to enable one of these",
		e.Host, join(len(e.Offered), func(i int) string { return e.Offered[i].Scheme }), join(len(e.Given), func(i int) string { return nameOf(e.Given[i]) }))
}

// Unsent implements Unsent.
func (e *NoMethodError) Unsent() {}

// fit returns the number of the strongest method for an offer, other than
// that; none if there is none.
func (s *Selector) fit(o *Offer, r *http.Request, but int) int {
	for n, m := range s.methods {
		schemes, known := schemesOf(m)
		p, ok := m.(interface{ refusesPlain(*http.Request) error })
		if n != but && (!known || o.offers(schemes)) && (!ok || p.refusesPlain(r) == nil) {
			return n
		}
	}
	return none
}

// instead returns the number of the method to use instead of one that was
// refused: the same if it is offered still.
func (s *Selector) instead(o *Offer, r *http.Request, refused int) int {
	if refused != anonymous {
		if schemes, known := schemesOf(s.methods[refused]); !known || o.offers(schemes) {
			return refused
		}
	}
	return s.fit(o, r, refused)
}

func (c *choice) get() (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.method, c.offer != nil
}

func (c *choice) whole() *Offer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.offer == nil { // somebody made it be forgotten
		return &Offer{}
	}
	return c.offer
}

func (c *choice) set(n int, o *Offer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.method, c.offer = n, o
}

// choose changes the choice, unless another one has.
func (c *choice) choose(old, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.method == old {
		c.method = n
	}
}

// forget makes the next one ask, unless another choice has been made.
func (c *choice) forget(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.method == n {
		c.offer = nil
	}
}
