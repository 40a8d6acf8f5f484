package soak

import (
	"net/http"
	"time"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// faults are what goes wrong, about five requests in a hundred.
func faults(seed uint64) []ewstest.Fault {
	var list []ewstest.Fault
	add := func(percent float64, f ewstest.Fault) {
		f.Probability, f.Seed = percent/100, seed+uint64(len(list))
		list = append(list, f)
	}
	add(0.6, ewstest.Fault{Code: messages.ErrorServerBusy, BackOff: 20 * time.Millisecond})
	add(0.4, ewstest.Fault{Code: messages.ErrorServerBusy})
	add(0.1, ewstest.Fault{Code: messages.ErrorExceededConnectionCount})
	add(0.5, ewstest.Fault{Code: messages.ErrorInternalServerTransientError})
	add(0.2, ewstest.Fault{Code: messages.ErrorTimeoutExpired})
	add(0.3, ewstest.Fault{Status: http.StatusServiceUnavailable})
	add(0.02, ewstest.Fault{Status: http.StatusServiceUnavailable, RetryAfter: time.Second})
	add(0.3, ewstest.Fault{Status: http.StatusGatewayTimeout})
	add(0.2, ewstest.Fault{Status: http.StatusTooManyRequests})
	add(0.2, ewstest.Fault{Parts: map[int]messages.ResponseCode{0: messages.ErrorServerBusy, 2: messages.ErrorMailboxStoreUnavailable}})
	add(0.7, ewstest.Fault{DropBefore: true})
	add(0.7, ewstest.Fault{DropAfter: true})
	add(0.4, ewstest.Fault{Truncate: 500})
	add(0.3, ewstest.Fault{Drip: 5 * time.Millisecond, DripBytes: 2000})
	add(0.2, ewstest.Fault{Delay: 50 * time.Millisecond})
	add(0.05, ewstest.Fault{Delay: late, Late: true})
	return list
}

const (
	// patience is how long a request may make no progress.
	patience = 1500 * time.Millisecond
	// late is when a server that is late does what it was asked for.
	late = 2 * time.Second
)
