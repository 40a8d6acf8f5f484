package orm_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/orm"
)

// bubble is a server for tests with a clock of their own: requests go to it
// without a network. The client may give up, the server does not notice; and
// the server may close the connection.
type bubble struct {
	*ewstest.Server
	wg sync.WaitGroup // requests that the server has
}

// inBubble returns a server to be used in a bubble of package synctest.
func inBubble(t testing.TB, cfg ewstest.Config) *bubble {
	t.Helper()
	srv, err := ewstest.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &bubble{Server: srv}
}

func (b *bubble) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &connection{ResponseRecorder: httptest.NewRecorder()}
	done := make(chan struct{})
	b.wg.Go(func() {
		b.ServeHTTP(w, r.Clone(r.Context()))
		close(done)
	})
	select {
	case <-done:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if w.dropped {
		return nil, syscall.ECONNRESET
	}
	h := w.Result()
	if n := h.ContentLength; n > int64(w.Body.Len()) {
		h.Body = io.NopCloser(io.MultiReader(h.Body, broken{}))
	}
	return h, nil
}

// broken is the rest of an answer that was cut off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// connection is the connection of a request.
type connection struct {
	*httptest.ResponseRecorder
	dropped bool
}

func (w *connection) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.dropped = true
	c, other := net.Pipe()
	return c, nil, other.Close()
}

// login opens the mailbox of account i. Of a request that makes no progress for
// two seconds it gives up.
func (b *bubble) login(t testing.TB, i int, cfg orm.Config) *orm.Account {
	t.Helper()
	cfg.Endpoint, cfg.HTTPClient = "https://mail.example.com"+ewstest.EndpointPath, &http.Client{Transport: b}
	cfg.Auth = auth.Basic(b.Address(i), ewstest.Password)
	cfg.Transport.Timeout = 2 * time.Second
	acct, err := orm.Open(context.Background(), b.Address(i), cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.ForgetRequests()
	return acct
}

// asked returns how often the operations were asked for.
func (b *bubble) asked() map[string]int {
	n := map[string]int{}
	for _, r := range b.Requests() {
		n[r.Op]++
	}
	return n
}

// subjects returns the subjects of what is in a folder of the mailbox of
// account i.
func (b *bubble) subjects(t testing.TB, i int, folder string) []string {
	t.Helper()
	items, err := b.Mailbox(b.Address(i)).Items(folder)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, item := range items {
		out = append(out, subjectOf(item))
	}
	return out
}
