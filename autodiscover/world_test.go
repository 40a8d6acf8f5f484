package autodiscover_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
)

const (
	password = "s3cret-password"
	ann      = "ann@example.com"
)

// world is a network in memory: hosts that speak TLS with certificates of an
// authority of their own, hosts that speak plain HTTP, and a DNS with SRV
// records. It keeps what was asked, and with what credentials.
type world struct {
	t    testing.TB
	ca   *tls.Certificate
	pool *x509.CertPool
	lns  []*listener

	hosts   map[string]http.Handler // "https://host" or "https://host:port", "http://host"
	dead    map[string]error        // hosts that cannot be dialled
	slow    map[string]time.Duration
	badCert map[string]bool // hosts whose certificate is for another
	srv     map[string][]*net.SRV
	srvErr  error

	mu   sync.Mutex
	log  []string // "POST https://host/path", with " +Basic" behind it
	open int      // connections
}

// authority is the same for all worlds: keys take time to make.
var authority = sync.OnceValue(func() *tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		panic(err)
	}
	c, err = x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: c}
})

func newWorld(t testing.TB) *world {
	w := &world{
		t: t, ca: authority(), pool: x509.NewCertPool(), hosts: map[string]http.Handler{}, dead: map[string]error{},
		slow: map[string]time.Duration{}, badCert: map[string]bool{}, srv: map[string][]*net.SRV{},
	}
	w.pool.AddCert(w.ca.Leaf)
	for _, scheme := range []string{"https", "http"} {
		ln := &listener{conns: make(chan net.Conn), done: make(chan struct{})}
		w.lns = append(w.lns, ln)
		server := &http.Server{Handler: w.handler(scheme), ErrorLog: log.New(io.Discard, "", 0)}
		var l net.Listener = ln
		if scheme == "https" {
			l = tls.NewListener(ln, &tls.Config{GetCertificate: w.certificate, NextProtos: []string{"http/1.1"}})
		}
		done := make(chan struct{})
		go func() { defer close(done); _ = server.Serve(l) }()
		t.Cleanup(func() { server.Close(); <-done })
	}
	return w
}

// certificate returns one for the name that is asked for.
func (w *world) certificate(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := h.ServerName
	if w.badCert[name] {
		name = "elsewhere.example.org"
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	key := w.ca.PrivateKey.(*ecdsa.PrivateKey)
	der, err := x509.CreateCertificate(rand.Reader, c, w.ca.Leaf, key.Public(), key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func (w *world) handler(scheme string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		line := fmt.Sprintf("%s %s://%s%s", r.Method, scheme, r.Host, r.URL.RequestURI())
		if a := r.Header.Get("Authorization"); a != "" {
			method, _, _ := strings.Cut(a, " ")
			line += " +" + method
		}
		w.mu.Lock()
		w.log = append(w.log, line)
		w.mu.Unlock()
		if h := w.hosts[scheme+"://"+r.Host]; h != nil {
			h.ServeHTTP(rw, r)
			return
		}
		http.NotFound(rw, r)
	})
}

// dial connects to a host that is there.
func (w *world) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if d := w.slow[host]; d > 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := w.dead[host]; err != nil {
		return nil, err
	}
	scheme, ln := "https", w.lns[0]
	if port == "80" {
		scheme, ln = "http", w.lns[1]
	}
	if w.hosts[scheme+"://"+host] == nil && w.hosts[scheme+"://"+address] == nil {
		if w.hosts["https://"+host] != nil || w.hosts["http://"+host] != nil {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	}
	w.mu.Lock()
	w.open++
	w.mu.Unlock()
	client, server := pipe()
	select {
	case ln.conns <- server:
		return &counted{Conn: client, w: w}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-ln.done:
		return nil, net.ErrClosed
	}
}

// pipe is net.Pipe with room for what is written: over a network, too, both
// sides of a TLS handshake may write at once.
func pipe() (net.Conn, net.Conn) {
	a, b := net.Pipe()
	return newRoomy(a), newRoomy(b)
}

type roomy struct {
	net.Conn
	out  chan []byte
	done chan struct{}
	once sync.Once
}

func newRoomy(c net.Conn) *roomy {
	r := &roomy{Conn: c, out: make(chan []byte, 256), done: make(chan struct{})}
	go func() {
		defer c.Close()
		for {
			select {
			case b := <-r.out:
				if _, err := c.Write(b); err != nil {
					return
				}
				continue
			case <-r.done:
			}
			select {
			case b := <-r.out: // what was written before Close
				_ = c.SetWriteDeadline(time.Now().Add(time.Second))
				_, _ = c.Write(b)
				continue
			default:
				return
			}
		}
	}()
	return r
}

func (r *roomy) Write(p []byte) (int, error) {
	select {
	case <-r.done:
		return 0, net.ErrClosed
	case r.out <- bytes.Clone(p):
		return len(p), nil
	}
}

func (r *roomy) Close() error {
	r.once.Do(func() { close(r.done) })
	return nil
}

// counted is a connection that says when it is closed.
type counted struct {
	net.Conn
	w    *world
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.w.mu.Lock(); c.w.open--; c.w.mu.Unlock() })
	return c.Conn.Close()
}

type listener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *listener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

// LookupSRV implements autodiscover.Resolver.
func (w *world) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	w.mu.Lock()
	w.log = append(w.log, "SRV "+name)
	w.mu.Unlock()
	if service != "autodiscover" || proto != "tcp" {
		w.t.Errorf("SRV of _%s._%s", service, proto)
	}
	if w.srvErr != nil {
		return "", nil, w.srvErr
	}
	if len(w.srv[name]) == 0 {
		return "", nil, &net.DNSError{Err: "no such name", Name: name, IsNotFound: true}
	}
	return name, w.srv[name], nil
}

// config returns a Config for the world, with Ann's credentials. Places are
// looked at one after the other, so that what was asked can be told.
func (w *world) config() autodiscover.Config {
	return autodiscover.Config{
		Auth:       auth.Basic(ann, password),
		HTTPClient: &http.Client{Transport: w.transport()},
		Resolver:   w,
		Stagger:    time.Hour,
	}
}

func (w *world) transport() *http.Transport {
	return &http.Transport{DialContext: w.dial, TLSClientConfig: &tls.Config{RootCAs: w.pool}}
}

// asked returns what was asked so far.
func (w *world) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.log)
}

// connections returns how many connections are open, when all is quiet.
func (w *world) connections() int {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open
}

// trusted returns the hosts that got credentials, each once.
func (w *world) trusted() (out []string) {
	for _, line := range w.asked() {
		if strings.Contains(line, " +") {
			host := strings.Split(line, "/")[2]
			if strings.Contains(line, "http://") {
				host = "PLAIN " + host
			}
			if !slices.Contains(out, host) {
				out = append(out, host)
			}
		}
	}
	return out
}

// steps describes steps: kind, outcome and whether credentials were sent.
func steps(list []autodiscover.Step) string {
	var b bytes.Buffer
	for _, s := range list {
		mark := ""
		if s.Credentials {
			mark = "+"
		}
		fmt.Fprintf(&b, "%s%s %s: %s\n", s.Kind, mark, host(s.URL), s.Outcome)
	}
	return b.String()
}

func host(u string) string {
	if parts := strings.Split(u, "/"); len(parts) > 2 {
		return parts[2]
	}
	return either(u, "-")
}

// either returns the first string that is not empty.
func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
