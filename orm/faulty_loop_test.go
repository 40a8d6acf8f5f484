package orm_test

import (
	"context"
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
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// Whatever goes wrong between client and server, a loop gives each item once,
// and in order: an item that the server cannot give is an error in its place,
// any other error is the last thing that the loop gives, and without one
// nothing is missing.
func TestLoopsUnderFaults(t *testing.T) {
	var ends, whole, broken int
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 83))
		synctest.Test(t, func(t *testing.T) {
			srv := inBubble(t, ewstest.Config{MaxFind: 10 + random.IntN(100)})
			stock := newStock(t, srv)
			a := srv.login(t, 0, orm.Config{
				Retry:    &ews.Retry{Attempts: 1 + random.IntN(4)},
				PageSize: 1 + random.IntN(stocked), ChunkSize: 1 + random.IntN(20), Parallel: 1 + random.IntN(4),
			})
			for range 1 + random.IntN(3) {
				srv.Inject(randomFault(random, seed))
			}
			want, loop := stock.loop(t, a, random)
			take := len(want) + 1 // how many the consumer wants
			if random.IntN(3) == 0 {
				take = 1 + random.IntN(stocked)
			}
			at := 0
			var last error
			for name, err := range loop {
				var one *orm.ItemError
				switch {
				case last != nil:
					t.Fatalf("seed %d: %v, %v after the error %v", seed, name, err, last)
				case errors.As(err, &one):
					name = stock.names[one.ID.ID]
				case err != nil:
					last = err
					continue
				}
				if at >= len(want) || name != want[at] {
					t.Fatalf("seed %d: in place %d of %d comes %q", seed, at, len(want), name)
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
	if ends < 20 || whole < 20 || broken < 10 {
		t.Errorf("%d loops ended with an error, %d had all, %d were broken off: that is no test", ends, whole, broken)
	}
}

// stock is what loops go through: messages in three folders, events, and
// folders, so many of each kind.
type stock struct {
	names  map[string]string // by id
	lists  [3][]string       // messages
	events []string
	walked []string

	folders [3]types.FolderID
}

const stocked = 60

func newStock(t *testing.T, srv *bubble) *stock {
	s := &stock{names: map[string]string{}}
	box := srv.Mailbox(srv.Address(0))
	for n := range stocked {
		name, in := fmt.Sprintf("m%02d", n), n*len(s.lists)/stocked
		id := must(box.Add(fmt.Sprint("list", in), &orm.Message{Subject: name, Body: orm.TextBody("text")}))(t)
		s.names[id[0].ID], s.lists[in] = name, append(s.lists[in], name)

		name = fmt.Sprintf("e%02d", n)
		start := noon.Add(time.Duration(n) * time.Hour)
		id = must(box.Add("calendar", &orm.CalendarItem{Subject: name, Start: start, End: start.Add(time.Hour)}))(t)
		s.names[id[0].ID], s.events = name, append(s.events, name)

		name = fmt.Sprintf("f%02d", n)
		must(box.AddFolder("list0/"+name, ""))(t)
		s.walked = append(s.walked, name)
	}
	for n := range s.folders {
		s.folders[n] = must(box.Folder(fmt.Sprint("list", n)))(t)
	}
	return s
}

// loop returns some loop, and what it gives.
func (s *stock) loop(t *testing.T, a *orm.Account, random *rand.Rand) ([]string, iter.Seq2[string, error]) {
	list := func(n int) orm.Folder { return a.FolderByID(s.folders[n]) }
	var q interface {
		IDs(context.Context) iter.Seq2[orm.ItemID, error]
	}
	var all iter.Seq2[string, error]
	var want []string
	from, limit := 0, stocked
	if random.IntN(3) == 0 {
		from, limit = random.IntN(stocked), random.IntN(stocked)
	}
	switch kind := random.IntN(5); kind {
	case 0, 1, 2:
		want = s.lists[0]
		m := list(0).Messages()
		if kind > 0 {
			want = slices.Concat(s.lists[:]...)
			m = orm.In(list(0), list(1), list(2)).Messages()
		}
		m = m.OrderBy(field.Message.Subject.Asc()).Offset(from).Limit(limit)
		if random.IntN(2) == 0 {
			m = m.Only(field.Message.Subject)
		}
		q, all = m, named(m.All(t.Context()))
	case 3:
		want = s.events
		v := a.Calendar().View(noon, noon.AddDate(0, 0, 7)).Offset(from).Limit(limit)
		q, all = v, named(v.All(t.Context()))
	case 4:
		return s.walked, func(yield func(string, error) bool) {
			for f, err := range list(0).Walk(t.Context()) {
				if !yield(f.Name(), err) {
					return
				}
			}
		}
	}
	want = want[min(from, len(want)):min(from+limit, len(want))]
	if random.IntN(4) == 0 {
		return want, func(yield func(string, error) bool) {
			for id, err := range q.IDs(t.Context()) {
				if !yield(s.names[id.ID], err) {
					return
				}
			}
		}
	}
	return want, all
}

// named gives the subjects of items.
func named[T orm.Item](seq iter.Seq2[T, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range seq {
			name := ""
			if err == nil {
				name = subjectOf(item)
			}
			if !yield(name, err) {
				return
			}
		}
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
