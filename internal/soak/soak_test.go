package soak

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/internal/cutwire"
	"github.com/seed-1937cc67/goews/orm"
)

const workers = 16

// settings are the duration and the seed of a run, of GOEWS_SOAK and
// GOEWS_SOAK_SEED.
func settings(t *testing.T) (time.Duration, uint64) {
	t.Helper()
	duration, seed := 2*time.Second, rand.Uint64()
	var err error
	if s := os.Getenv("GOEWS_SOAK"); s != "" {
		if duration, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	if s := os.Getenv("GOEWS_SOAK_SEED"); s != "" {
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return duration, seed
}

// soak is one run.
type soak struct {
	t        *testing.T
	duration time.Duration
	random   *rand.Rand
	server   *child
	proxy    *cutwire.Proxy
	http     *http.Client
	workers  []*worker
	ledger   *ledger
	tally    tally
	gate     sync.RWMutex // held by workers while they do something
}

// TestSoak lets workers read and write for GOEWS_SOAK (2s), while everything
// fails that can, and compares what they know with what there is.
func TestSoak(t *testing.T) {
	duration, seed := settings(t)
	t.Logf("GOEWS_SOAK=%v GOEWS_SOAK_SEED=%d", duration, seed)
	s := &soak{t: t, duration: duration, random: rand.New(rand.NewPCG(seed, 0)), tally: tally{n: map[string]*[3]int{}}}
	s.server = startServer(t, seed)
	s.ledger = newLedger(t)
	before := runtime.NumGoroutine()
	s.open(seed)
	s.server.ask(t, "faults/on", nil)
	s.run()
	var st stats
	s.server.ask(t, "stats", &st)
	s.server.ask(t, "faults/off", nil)
	s.nothingLeft(before)
	s.compare(st)
}

// open opens the mailboxes over one transport, and makes the workers and
// their folders.
func (s *soak) open(seed uint64) {
	s.proxy = cutwire.New(s.t, s.server.EWS)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.server.Certificate) {
		s.t.Fatal("no certificate")
	}
	s.http = &http.Client{Transport: &http.Transport{
		DialContext:     (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: workers,
	}}
	client, err := ews.New(ews.Config{
		Endpoint: "https://" + s.proxy.Addr + ewstest.EndpointPath, HTTPClient: s.http,
		Auth: auth.Basic(service, ewstest.Password), MaxConcurrent: 12, Timeout: patience,
		Retry: &ews.Retry{Attempts: 6, MinWait: 5 * time.Millisecond, MaxWait: 200 * time.Millisecond, Total: 20 * time.Second},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	for n := range workers {
		w := &worker{t: s.t, n: n, box: n % len(mailboxes), marked: n >= workers/2, server: s.server, ledger: s.ledger, tally: &s.tally,
			random: rand.New(rand.NewPCG(seed, uint64(n)+1))}
		cfg := orm.Config{Client: client.With(ews.SetHeader(workerHeader, w.home())), Access: orm.Impersonation, PageSize: 7, ChunkSize: 5, Parallel: 2}
		if w.marked {
			cfg.Recovery = &orm.Recovery{Looks: 8, Wait: 50 * time.Millisecond, Total: 10 * time.Second} // for longer than a server is late
		}
		if w.acct, err = orm.Open(ctx, mailboxes[w.box], cfg); err == nil {
			err = w.prepare(ctx)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		s.workers = append(s.workers, w)
	}
}

// run lets the workers work, cuts connections, and starts the server anew at a
// third and at two thirds of the time. The memory is the same at the first
// third and at the end.
func (s *soak) run() {
	ctx, cancel := context.WithTimeout(s.t.Context(), s.duration)
	defer cancel()
	var wg sync.WaitGroup
	for _, w := range s.workers {
		wg.Go(func() { w.run(ctx, &s.gate) })
	}
	wg.Go(func() {
		for pause(ctx, time.Duration(50+s.random.IntN(200))*time.Millisecond) {
			s.proxy.CutOne(s.random)
		}
	})
	var early uint64
	maybe := 0
	if pause(ctx, s.duration/3) {
		s.server.ask(s.t, "restart", nil)
		s.gate.Lock()
		early, maybe = heap(), s.maybe()
		s.gate.Unlock()
	}
	if pause(ctx, s.duration/3) {
		s.server.ask(s.t, "restart", nil)
	}
	wg.Wait()
	// What the workers keep of names that may be there or not grows with those.
	after, bound := heap(), early+4<<20+uint64(s.maybe()-maybe)*300
	s.t.Logf("heap: %d KiB at a third, %d KiB at the end", early>>10, after>>10)
	if after > bound {
		s.t.Errorf("the heap has grown from %d to %d bytes, over %d", early, after, bound)
	}
}

func (s *soak) maybe() int {
	n := 0
	for _, w := range s.workers {
		n += len(w.maybe)
	}
	return n
}

// heap is what is in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// pause waits; it reports whether the context has not ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// nothingLeft checks that the client is quiet: no goroutine, no connection, no
// request.
func (s *soak) nothingLeft(before int) {
	s.http.CloseIdleConnections()
	var first, last stats
	for n := range 100 { // the other side has to notice
		if n > 0 && s.proxy.Open() == 0 && last.Open == 0 {
			break
		}
		pause(s.t.Context(), 50*time.Millisecond)
		s.server.ask(s.t, "stats", &last)
	}
	first = last
	if last.Open > 0 || s.proxy.Open() > 0 {
		s.t.Errorf("%d connections at the server, %d at the proxy", last.Open, s.proxy.Open())
	}
	pause(s.t.Context(), late+200*time.Millisecond) // for what the server does late, too
	s.server.ask(s.t, "stats", &last)
	if last.Requests != first.Requests {
		s.t.Errorf("%d requests after the end", last.Requests-first.Requests)
	}
	s.proxy.Close()
	s.server.http.CloseIdleConnections()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		pause(s.t.Context(), 20*time.Millisecond)
	}
	buf := make([]byte, 1<<20)
	s.t.Errorf("%d goroutines, there were %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}

var named = regexp.MustCompile(`w[0-9]{2}-[0-9]{6}`)

// compare compares the ledger with what the server has.
func (s *soak) compare(st stats) {
	var boxes [][]stored
	s.server.ask(s.t, "stored", &boxes)
	there := map[string]*found{}
	items := 0
	for box, list := range boxes {
		for _, x := range list {
			name, folder := x.Subject, x.Folder
			if name == "" { // a folder
				name, folder = path.Base(x.Folder), path.Dir(x.Folder)
			}
			if name = named.FindString(name); name == "" {
				continue
			}
			items++
			if there[name] == nil {
				there[name] = &found{at: map[where]int{}}
			}
			f := there[name]
			f.at[where{box, folder}]++
			f.what = append(f.what, x)
		}
	}
	records := s.ledger.read(s.t)
	for name, f := range there {
		if _, ok := records[name]; !ok {
			s.t.Errorf("%s is there, and nobody wrote it: %v", name, f.at)
		}
	}
	var open [2]struct{ unknown, done int } // of what has no mark, and what has
	for name, r := range records {
		f := there[name]
		if f == nil {
			f = &found{}
		}
		if err := r.check(*f); err != nil {
			s.t.Errorf("%s (unknown %v, marked %v): %v; it is in %v", name, r.Unknown, r.Marked, err, f.at)
		}
		if r.Unknown && !r.Cut {
			o := &open[map[bool]int{true: 1}[r.Marked]]
			o.unknown++
			for i, e := range r.At {
				if f.at[e.where] > 0 && (i > 0 || len(r.At) == 1) {
					o.done++
					if r.Marked {
						s.t.Logf("%s is there, and was not found: %s", name, r.Why)
					}
					break
				}
			}
		}
	}
	s.report(st, len(records), items)
	if bound := uint64(48<<20 + items*12<<10); st.Heap > bound {
		s.t.Errorf("the server holds %d things in %d bytes, over %d", items, st.Heap, bound)
	}
	s.t.Logf("new things of which it is not known whether they are there: %d without marks, %d of them are; %d with marks, %d of them are",
		open[0].unknown, open[0].done, open[1].unknown, open[1].done)
	if marked := open[1]; marked.done > 2+open[0].done/10 {
		s.t.Errorf("%d things with marks are there, and were not found", marked.done)
	}
}

// report logs what was done.
func (s *soak) report(st stats, names, items int) {
	var b strings.Builder
	sum := [3]int{}
	for _, op := range slices.Sorted(maps.Keys(s.tally.n)) {
		n := s.tally.n[op]
		fmt.Fprintf(&b, "%-18s %8d %8d %8d\n", op, n[done], n[unknown], n[refused])
		for i := range sum {
			sum[i] += n[i]
		}
	}
	all := sum[0] + sum[1] + sum[2]
	s.t.Logf("%-18s %8s %8s %8s\n%s%-18s %8d %8d %8d", "", "done", "unknown", "refused", b.String(), "all", sum[0], sum[1], sum[2])
	s.t.Logf("%.0f operations a second; %d requests, %d of them hit by faults (%.1f %%), %d connections cut; %d names in the ledger, %d things in the mailboxes, server's heap %d MiB",
		float64(all)/s.duration.Seconds(), st.Requests, st.Hits, 100*float64(st.Hits)/float64(max(1, st.Requests)), s.proxy.Cuts(), names, items, st.Heap>>20)
}
