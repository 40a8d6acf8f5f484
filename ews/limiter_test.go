package ews_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// crowd is a fake server that counts the requests under way.
type crowd struct {
	takes time.Duration // for each request
	most  int           // more are refused; 0: all are taken

	mu      sync.Mutex
	now     int
	peak    int
	refused int
	done    int
}

func (s *crowd) serve(int, *http.Request, string) (*http.Response, error) {
	s.mu.Lock()
	s.now++
	s.peak = max(s.peak, s.now)
	refuse := s.most > 0 && s.now > s.most
	s.mu.Unlock()
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	if refuse {
		s.refused++
		return xmlAnswer(fault("ErrorExceededConnectionCount")), nil
	}
	s.done++
	return xmlAnswer(ok), nil
}

// reset returns what was counted, and begins anew.
func (s *crowd) reset() (peak, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	peak, refused = s.peak, s.refused
	s.peak, s.refused = 0, 0
	return peak, refused
}

// TestFirstComeFirstServed: who waits for a place gets it in the order of
// coming; who gives up loses nobody's.
func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var order []string
		c, _ := faked(t, ews.Config{MaxConcurrent: 1, Version: "Exchange2016"}, func(_ int, r *http.Request, _ string) (*http.Response, error) {
			mu.Lock()
			order = append(order, r.Header.Get("X-Number"))
			mu.Unlock()
			time.Sleep(time.Second)
			return xmlAnswer(ok), nil
		})
		var want []string
		var wg sync.WaitGroup
		for i := range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			gone := i > 2 && i%5 == 0
			wg.Go(func() {
				err := call(ctx, c.With(ews.SetHeader("X-Number", fmt.Sprint(i))), messages.OpGetItem)
				var te *ews.TransportError
				if gone && (!errors.As(err, &te) || te.Sent || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "MaxConcurrent")) || !gone && err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			})
			synctest.Wait() // it waits
			if gone {
				time.AfterFunc(time.Millisecond, cancel)
			} else {
				want = append(want, fmt.Sprint(i))
			}
		}
		wg.Wait()
		if diff := cmp.Diff(want, order); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestExceededConnectionCount: the server's limit is found, kept to, and
// forgotten after a while; all that is asked gets done.
func TestExceededConnectionCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &crowd{takes: 100 * time.Millisecond, most: 5}
		cfg := ews.Config{Version: "Exchange2016", Limiter: &ews.Limiter{Max: 16}, Retry: &ews.Retry{Attempts: 8}}
		a, _ := faked(t, cfg, server.serve)
		b, _ := faked(t, cfg, server.serve) // another client of the same user
		burst := func(n int) {
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() {
					if err := call(t.Context(), []*ews.Client{a, b}[i%2], messages.OpGetItem); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		burst(200)
		if peak, refused := server.reset(); peak != 16 || refused == 0 || refused > 40 || server.done != 200 {
			t.Errorf("at most %d at once, %d refused, %d done; want 16, some, 200", peak, refused, server.done)
		}
		burst(20)
		if peak, refused := server.reset(); peak > 5 || refused > 0 {
			t.Errorf("after that %d at once, %d refused; want 5 at most", peak, refused)
		}
		server.mu.Lock()
		server.most = 100
		server.mu.Unlock()
		time.Sleep(65 * time.Second) // two more
		burst(100)
		before, _ := server.reset()
		time.Sleep(10 * time.Minute)
		burst(100)
		after, refused := server.reset()
		if before < 4 || before > 10 || after != 16 || refused != 0 {
			t.Errorf("after a minute %d at once, after ten %d, %d refused; want a few, 16, 0", before, after, refused)
		}
	})
}

// TestBusyLowersConcurrency: one less for each time that the server says so, as
// long as it goes on saying so, and never none.
func TestBusyLowersConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &crowd{takes: time.Second}
		var busy atomic.Int64
		c, _ := faked(t, ews.Config{Version: "Exchange2016", MaxConcurrent: 3}, func(n int, r *http.Request, b string) (*http.Response, error) {
			h, err := server.serve(n, r, b)
			if busy.Add(-1) >= 0 {
				return xmlAnswer(parts(part("ErrorServerBusy"), part("ErrorBatchProcessingStopped"))), nil
			}
			return h, err
		})
		burst := func() int {
			var wg sync.WaitGroup
			for range 9 {
				wg.Go(func() { _, _ = getItem(t, c) })
			}
			wg.Wait()
			peak, _ := server.reset()
			return peak
		}
		busy.Store(3) // three answers of one moment
		if peak := burst(); peak != 3 {
			t.Errorf("%d at once, want 3", peak)
		}
		busy.Store(2)
		if peak := burst(); peak != 2 {
			t.Errorf("after one moment %d at once, want 2", peak)
		}
		busy.Store(100)
		if peak := burst(); peak != 1 {
			t.Errorf("after two moments %d at once, want 1", peak)
		}
		if peak := burst(); peak != 1 {
			t.Errorf("busy for ever: %d at once, want 1", peak)
		}
	})
}

// TestQueueIsHeldBack: who waits for a place when the server asks for a pause
// waits for its end, too.
func TestQueueIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var at []time.Duration
		c, _ := faked(t, ews.Config{MaxConcurrent: 2, Version: "Exchange2016", Retry: new(ews.Retry)}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
			mu.Lock()
			at = append(at, time.Since(start))
			mu.Unlock()
			if n == 1 {
				time.Sleep(time.Second)
				return xmlAnswer(fault("ErrorServerBusy", "BackOffMilliseconds", "60000")), nil
			}
			time.Sleep(2 * time.Second)
			return xmlAnswer(ok), nil
		})
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if err := call(t.Context(), c, messages.OpGetItem); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var throttled *ews.ThrottledError
		if err := call(ctx, c, messages.OpGetItem); !errors.As(err, &throttled) || time.Since(start) > 2*time.Second {
			t.Errorf("error %v after %v, want a ThrottledError at once", err, time.Since(start))
		}
		wg.Wait()
		early := 0
		for _, d := range at {
			if d >= time.Second && d < 61*time.Second {
				t.Errorf("a request after %v, in the pause", d)
			}
			if d < 61*time.Second {
				early++
			}
		}
		if early != 2 || len(at) != 13 {
			t.Errorf("%d requests before the pause, %d in all; want 2 and 13", early, len(at))
		}
	})
}

// TestTransfersDoNotWaitForEachOther: content goes from a download to an
// upload with a single place.
func TestTransfersDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &crowd{}
		content := strings.Repeat("aGVs", 60_000)
		c, _ := faked(t, ews.Config{MaxConcurrent: 1, Version: "Exchange2016"}, func(n int, r *http.Request, body string) (*http.Response, error) {
			switch {
			case strings.Contains(body, "<m:GetAttachment>"):
				return xmlAnswer(envelope(attachmentStart + content + attachmentEnd)), nil
			case strings.Contains(body, content):
				return xmlAnswer(envelope(created1)), nil
			}
			return server.serve(n, r, body)
		})
		const pairs = 5
		var wg sync.WaitGroup
		for range pairs {
			r, w := io.Pipe()
			wg.Go(func() {
				if err := upload(t.Context(), c, r); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait() // the upload has the place, or waits for it
			wg.Go(func() {
				_, err := c.DownloadAttachment(t.Context(), "A", w)
				_ = w.CloseWithError(err)
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()

		// The places are there again: one, not more.
		server.takes = time.Second
		for range 5 {
			wg.Go(func() {
				if _, err := getItem(t, c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if peak, _ := server.reset(); peak != 1 {
			t.Errorf("%d at once, want 1", peak)
		}
	})
}

// TestStreamsHaveTheirOwnLimit: they take no place from requests.
func TestStreamsHaveTheirOwnLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := faked(t, ews.Config{Version: "Exchange2016", Limiter: &ews.Limiter{Max: 1, Streams: 2}}, func(_ int, r *http.Request, body string) (*http.Response, error) {
			if !strings.Contains(body, "GetStreamingEvents") {
				return xmlAnswer(ok), nil
			}
			h := answer(200, xmlType, "")
			h.Body, h.ContentLength = io.NopCloser(&slow{strings.NewReader(alive + closing), 50 * time.Millisecond}), -1
			return h, nil
		})
		start := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var ends []time.Duration
		for range 3 {
			wg.Go(func() {
				for _, err := range c.Events(t.Context(), eventsRequest()) {
					if err != nil {
						t.Error(err)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				ends = append(ends, time.Since(start))
			})
			synctest.Wait()
		}
		if _, err := getItem(t, c); err != nil || time.Since(start) > 0 {
			t.Errorf("a request beside streams: %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, err := range c.Events(ctx, eventsRequest()) {
			var te *ews.TransportError
			if !errors.As(err, &te) || te.Sent || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the context's, not sent", err)
			}
		}
		wg.Wait()
		if len(ends) != 3 || ends[1] > ends[0]+time.Second || ends[2] < 2*ends[0] {
			t.Errorf("streams ended after %v, want the third after the first two", ends)
		}
	})
}

// TestLimiterUnderStress: whatever calls are given up and refused, and
// whenever: never more than the limit are under way, none waits for ever, and
// no place is lost.
func TestLimiterUnderStress(t *testing.T) {
	const limit, callers, calls = 7, 24, 60
	var now, over atomic.Int64
	limiter := &ews.Limiter{Max: limit}
	c, _ := faked(t, ews.Config{Version: "Exchange2016", Limiter: limiter}, func(n int, r *http.Request, _ string) (*http.Response, error) {
		if now.Add(1) > limit {
			over.Add(1)
		}
		for range rand.IntN(20) {
			runtime.Gosched()
		}
		now.Add(-1)
		switch {
		case r.Context().Err() != nil:
			return nil, r.Context().Err()
		case n%50 == 0:
			return nil, reset
		}
		return xmlAnswer(ok), nil
	})
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := range calls {
				ctx, cancel := context.WithCancel(t.Context())
				if i%3 == 0 {
					go func() {
						for range rand.IntN(50) {
							runtime.Gosched()
						}
						cancel()
					}()
				}
				err := call(ctx, c, messages.OpGetItem)
				var te *ews.TransportError
				if err != nil && !errors.As(err, &te) {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if over.Load() > 0 {
		t.Errorf("%d times there were more than %d at once", over.Load(), limit)
	}
	// All places are free: as many calls as that meet.
	all := make(chan struct{})
	var met atomic.Int64
	d, _ := faked(t, ews.Config{Version: "Exchange2016", Limiter: limiter}, func(_ int, r *http.Request, _ string) (*http.Response, error) {
		if met.Add(1) == limit {
			close(all)
		}
		<-all
		return xmlAnswer(ok), nil
	})
	for range limit {
		wg.Go(func() {
			if _, err := getItem(t, d); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// exchangelib hangs when its pool is to shrink while none of its sessions is free.
// Here it may shrink at any moment, with all places taken and others waiting, also
// for ones that wait for the end of a pause: all that is asked gets an answer.
func TestPitfall6ShrinkingDoesNotHang(t *testing.T) {
	for _, code := range []string{"ErrorServerBusy", "ErrorExceededConnectionCount"} {
		for _, places := range []int{1, 2, 5} {
			synctest.Test(t, func(t *testing.T) {
				server := &crowd{takes: time.Second}
				limiter := &ews.Limiter{Max: places}
				cfg := ews.Config{Version: "Exchange2016", Limiter: limiter, Retry: &ews.Retry{Attempts: 100, Total: time.Hour}}
				c, _ := faked(t, cfg, func(n int, r *http.Request, b string) (*http.Response, error) {
					h, err := server.serve(n, r, b)
					if n <= 3*places || n%5 == 0 {
						return xmlAnswer(fault(code)), nil
					}
					return h, err
				})
				patience, cancel := context.WithTimeout(t.Context(), 7*time.Second)
				defer cancel()
				var wg sync.WaitGroup
				for i := range 40 {
					wg.Go(func() {
						ctx := t.Context()
						if i%4 == 3 { // gives up, in the queue or in a pause
							ctx = patience
						}
						if err := call(ctx, c, messages.OpGetItem); err != nil && ctx != patience {
							t.Error(err)
						}
					})
				}
				wg.Wait() // the bubble ends the test if all are blocked
				if peak, _ := server.reset(); peak > places {
					t.Errorf("%s: %d at once, of %d places", code, peak, places)
				}
				time.Sleep(time.Duration(places+1) * time.Minute) // all places are there again
				met := make(chan struct{})
				var n atomic.Int64
				d, _ := faked(t, ews.Config{Version: "Exchange2016", Limiter: limiter}, func(int, *http.Request, string) (*http.Response, error) {
					if n.Add(1) == int64(places) {
						close(met)
					}
					<-met
					return xmlAnswer(ok), nil
				})
				for range places {
					wg.Go(func() {
						if err := call(t.Context(), d, messages.OpGetItem); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
			})
		}
	}
}
