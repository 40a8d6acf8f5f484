package orm_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/orm"
)

// Whatever goes wrong between client and server, a loop gives each item once,
// and in order: an item that the server cannot give is an error in its place,
// any other error is the last thing that the loop gives, and without one
// nothing is missing.
func TestLoopsUnderFaults(t *testing.T) {
	const n = 60
	var ends, whole, broken int
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 83))
		synctest.Test(t, func(t *testing.T) {
			srv := inBubble(t, ewstest.Config{})
			var items []orm.Item
			for i := range n {
				items = append(items, &orm.Message{Subject: fmt.Sprintf("%02d", i), Body: orm.TextBody("text")})
			}
			added := must(srv.Mailbox(srv.Address(0)).Add("drafts", items...))(t)
			a := srv.login(t, 0, orm.Config{
				Retry:    &ews.Retry{Attempts: 1 + random.IntN(4)},
				PageSize: 1 + random.IntN(n), ChunkSize: 1 + random.IntN(20), Parallel: 1 + random.IntN(4),
			})
			for range 1 + random.IntN(3) {
				srv.Inject(randomFault(random, seed))
			}
			from, limit := 0, n
			q := a.Drafts().Messages().OrderBy(field.Message.Subject.Asc())
			if random.IntN(3) == 0 {
				from, limit = random.IntN(n), random.IntN(n)
				q = q.Offset(from).Limit(limit)
			}
			if random.IntN(2) == 0 {
				q = q.Only(field.Message.Subject)
			}
			want := added[from:min(from+limit, n)]
			take := n + 1 // how many the consumer wants
			if random.IntN(3) == 0 {
				take = random.IntN(n)
			}
			ids := func() iter.Seq2[orm.ItemID, error] {
				if random.IntN(3) == 0 {
					return q.IDs(t.Context())
				}
				return func(yield func(orm.ItemID, error) bool) {
					for m, err := range q.All(t.Context()) {
						var id orm.ItemID
						if m != nil {
							id = m.ItemID
						}
						if !yield(id, err) {
							return
						}
					}
				}
			}
			at := 0
			var last error
			for id, err := range ids() {
				var one *orm.ItemError
				switch {
				case last != nil:
					t.Fatalf("seed %d: %v, %v after the error %v", seed, id, err, last)
				case errors.As(err, &one):
					id = one.ID
				case err != nil:
					last = err
					continue
				}
				if at >= len(want) || id.ID != want[at].ID {
					i := slices.IndexFunc(added, func(x orm.ItemID) bool { return x.ID == id.ID })
					t.Fatalf("seed %d: in place %d of %d comes item %d, %v", seed, at, len(want), i, err)
				}
				if at++; at == take {
					break
				}
			}
			switch {
			case last != nil:
				ends++
			case at != min(take, len(want)):
				t.Errorf("seed %d: %d of %d items, and no error", seed, at, len(want))
			case at == len(want):
				whole++
			default:
				broken++
			}
			synctest.Wait()
			srv.wg.Wait() // nothing goes on behind the loop
		})
		quiet(t)
	}
	if ends < 10 || whole < 10 || broken < 5 {
		t.Errorf("%d loops ended with an error, %d had all, %d were broken off: that is no test", ends, whole, broken)
	}
}

// randomFault is one that hits some of the requests of a loop.
func randomFault(random *rand.Rand, seed uint64) ewstest.Fault {
	f := ewstest.Fault{
		Op: []string{"", "FindItem", "GetItem"}[random.IntN(3)], After: random.IntN(4),
		Probability: 0.05 + random.Float64()/3, Seed: seed, Times: random.IntN(6),
	}
	switch random.IntN(12) {
	case 0:
		f.Code, f.BackOff = messages.ErrorServerBusy, time.Duration(random.IntN(5))*time.Second
	case 1:
		f.Code = messages.ErrorInternalServerTransientError
	case 2:
		f.Code = messages.ErrorAccessDenied // stands
	case 3:
		f.Status = []int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusTooManyRequests}[random.IntN(3)]
	case 4:
		f.Status, f.RetryAfter = http.StatusServiceUnavailable, time.Minute
	case 5:
		f.DropBefore = true
	case 6:
		f.DropAfter = true
	case 7:
		f.Truncate = 1 + random.IntN(3000)
	case 8:
		f.Delay = time.Duration(random.IntN(3000)) * time.Millisecond // longer than the client waits, or not
	case 9:
		f.Parts = map[int]messages.ResponseCode{random.IntN(5): messages.ErrorServerBusy}
	case 10:
		f.Parts = map[int]messages.ResponseCode{random.IntN(5): messages.ErrorCorruptData, random.IntN(5): messages.ErrorItemCorrupt}
	case 11:
		f.Body = "<html>"
	}
	return f
}
