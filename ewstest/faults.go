package ewstest

import (
	"net/http"
	"sync"
)

// faults are the rules by which the server misbehaves.
type faults struct {
	mu    sync.Mutex
	rules []*rule
}

type rule struct{}

// apply misbehaves if a rule says so. It reports whether the request is dealt
// with.
func (f *faults) apply(w http.ResponseWriter, r *http.Request, c *call) bool { return false }
