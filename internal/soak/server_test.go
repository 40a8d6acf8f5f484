package soak

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/types"
)

// serverEnv is set in the process that is the server; its value is the seed.
const serverEnv = "GOEWS_SOAK_SERVER"

const service = "service@example.com"

var mailboxes = []string{"anna@example.com", "bert@example.com", "cleo@example.com", "dave@example.com"}

func TestMain(m *testing.M) {
	if seed := os.Getenv(serverEnv); seed != "" {
		if err := serve(seed, os.Stdin, os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}
	os.Exit(m.Run())
}

// Where the server is, and what it has.
type (
	place struct {
		EWS, Control string // host and port
		Certificate  []byte // PEM
	}
	stored struct {
		Folder, Subject, Version string
		Attachments              int
	}
	stats struct {
		Requests, Hits, Open int
		Heap                 uint64
	}
)

// backend is the server's side: listeners come and go, the store stays.
type backend struct {
	seed     uint64
	srv      *ewstest.Server
	cert     tls.Certificate
	addr     string
	requests atomic.Int64
	open     atomic.Int64
	mu       sync.Mutex
	busy     map[string]int // requests under way, by worker
	http     *http.Server
	faults   []*ewstest.Injection
}

// serve is the server's process. It ends when in does, which is when its
// parent has ended.
func serve(seed string, in io.Reader, out io.Writer) error {
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return err
	}
	accounts := []ewstest.Account{{Address: service, Password: ewstest.Password, Impersonates: true}}
	for _, m := range mailboxes {
		accounts = append(accounts, ewstest.Account{Address: m, Password: ewstest.Password})
	}
	srv, err := ewstest.NewServer(ewstest.Config{Accounts: accounts})
	if err != nil {
		return err
	}
	like := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	defer like.Close()
	b := &backend{seed: n, srv: srv, cert: like.TLS.Certificates[0], addr: "127.0.0.1:0", busy: map[string]int{}}
	if err := b.start(); err != nil {
		return err
	}
	control := httptest.NewServer(b.control())
	defer control.Close()
	err = json.NewEncoder(out).Encode(place{
		EWS: b.addr, Control: control.Listener.Addr().String(),
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: like.Certificate().Raw}),
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.requests.Add(1)
	defer b.count(r.Header.Get(workerHeader), -1)
	b.count(r.Header.Get(workerHeader), 1)
	b.srv.ServeHTTP(w, r)
}

// workerHeader says which worker a request comes from.
const workerHeader = "X-Worker"

func (b *backend) count(worker string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy[worker] += n
}

// underWay returns how many requests of a worker the server is at work on.
func (b *backend) underWay(worker string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.busy[worker]
}

func (b *backend) start() error {
	l, err := net.Listen("tcp", b.addr)
	if err != nil {
		return err
	}
	b.addr = l.Addr().String()
	b.http = &http.Server{
		Handler: b, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{b.cert}, NextProtos: []string{"http/1.1"}},
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				b.open.Add(1)
			case http.StateClosed, http.StateHijacked:
				b.open.Add(-1)
			}
		},
	}
	go func(s *http.Server) { _ = s.ServeTLS(l, "", "") }(b.http)
	return nil
}

// restart ends the server, and all its connections, and starts another in its
// place.
func (b *backend) restart() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.http.Close()
	time.Sleep(50 * time.Millisecond)
	return b.start()
}

func (b *backend) control() http.Handler {
	mux := http.NewServeMux()
	answer := func(f func(*http.Request) (any, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			v, err := f(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			_ = json.NewEncoder(w).Encode(v)
		}
	}
	mux.HandleFunc("/restart", answer(func(*http.Request) (any, error) { return nil, b.restart() }))
	mux.HandleFunc("/faults/{on}", answer(func(r *http.Request) (any, error) { b.misbehave(r.PathValue("on") == "on"); return nil, nil }))
	mux.HandleFunc("/stored", answer(func(*http.Request) (any, error) { return b.stored() }))
	mux.HandleFunc("/busy/{worker}", answer(func(r *http.Request) (any, error) { return b.underWay(r.PathValue("worker")), nil }))
	mux.HandleFunc("/stats", answer(func(*http.Request) (any, error) { return b.stats(), nil }))
	return mux
}

func (b *backend) misbehave(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		f.Remove()
	}
	if on {
		for _, f := range faults(b.seed) {
			b.faults = append(b.faults, b.srv.Inject(f))
		}
	}
}

func (b *backend) stats() stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := stats{Requests: int(b.requests.Load()), Open: int(b.open.Load())}
	for _, f := range b.faults {
		s.Hits += f.Hits()
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.Heap = m.HeapAlloc
	return s
}

// stored returns what is in the mailboxes, past all protocols.
func (b *backend) stored() ([][]stored, error) {
	out := make([][]stored, len(mailboxes))
	for i, address := range mailboxes {
		m := b.srv.Mailbox(address)
		folders, err := m.Folders()
		if err != nil {
			return nil, err
		}
		for _, f := range folders {
			out[i] = append(out[i], stored{Folder: f})
			items, err := m.Items("msgfolderroot/" + f)
			if err != nil {
				return nil, err
			}
			for _, item := range items {
				out[i] = append(out[i], look(item, f))
			}
		}
	}
	return out, nil
}

func look(item types.Item, folder string) stored {
	s := stored{Folder: folder}
	var categories []string
	var attachments []types.Attachment
	switch v := item.(type) {
	case *types.Message:
		s.Subject, categories, attachments = v.Subject, v.Categories, v.Attachments
	case *types.CalendarItem:
		s.Subject, categories = v.Subject, v.Categories
	case *types.MeetingRequest:
		s.Subject = v.Subject
	}
	if len(categories) > 0 {
		s.Version = categories[0]
	}
	s.Attachments = len(attachments)
	return s
}

// child is the process of the server, as its parent has it.
type child struct {
	place
	http http.Client
}

// startServer starts the server's process, which ends with the test.
func startServer(t *testing.T, seed uint64) *child {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", serverEnv, seed))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	c := &child{http: http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &c.place)
	}
	if err != nil {
		t.Fatalf("the server says %q: %v", line, err)
	}
	return c
}

// ask asks the server's other side.
func (c *child) ask(t *testing.T, what string, answer any) {
	t.Helper()
	h, err := c.http.Post("http://"+c.Control+"/"+what, "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Body.Close()
	if h.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(h.Body)
		t.Fatalf("%s: %s: %s", what, h.Status, text)
	}
	if answer != nil {
		if err := json.NewDecoder(h.Body).Decode(answer); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}
