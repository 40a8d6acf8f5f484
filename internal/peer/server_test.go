package peer

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/internal/witness"
	"github.com/seed-1937cc67/goews/orm"
)

// The users of the server: one with full access to the mailbox of the next,
// and one that may impersonate.
const (
	alice    = "alice@example.com"
	bob      = "bob@example.com"
	master   = "admin@example.com"
	password = "secret"
)

// needPeer skips t unless the peers are asked for.
func needPeer(t testing.TB) {
	t.Helper()
	if os.Getenv("GOEWS_PEER") != "1" {
		t.Skip("GOEWS_PEER is not 1")
	}
}

// python returns a Python that has exchangelib.
func python(t testing.TB) string {
	t.Helper()
	candidates := []string{"/usr/bin/python3", "python3"}
	if p := os.Getenv("GOEWS_PYTHON"); p != "" {
		candidates = []string{p}
	}
	var said []string
	for _, p := range candidates {
		out, err := exec.Command(p, "-c", "import exchangelib").CombinedOutput()
		if err == nil {
			return p
		}
		said = append(said, fmt.Sprintf("%s: %v %s", p, err, lastLine(out)))
	}
	t.Fatalf("no Python has exchangelib: install python3-exchangelib, or name one in GOEWS_PYTHON\n%s", strings.Join(said, "\n"))
	return ""
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// server is a running ewstestd.
type server struct {
	endpoint string
	ca       string // file with the certificate to trust
	pid      int
	log      *os.File
}

// start builds and starts ewstestd. It ends with the test.
func start(t testing.TB, args ...string) *server {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "ewstestd")
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/seed-1937cc67/goews/cmd/ewstestd").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	s := &server{ca: filepath.Join(dir, "ca.pem")}
	var err error
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, append([]string{
		"-addr", "127.0.0.1:0", "-ca-out", s.ca, "-log",
		"-account", alice + ":" + password + ":Alice", "-account", bob + ":" + password + ":Bob",
		"-account", master + ":" + password + ":Admin", "-impersonator", master, "-full-access", alice + "=" + bob,
		"-alias", "a.smith@example.com=" + alice, "-redirect", "moved@example.com=" + bob,
	}, args...)...)
	cmd.Stderr = s.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		err := cmd.Wait()
		if err != nil {
			t.Errorf("ewstestd: %v", err)
		}
		if text, _ := os.ReadFile(s.log.Name()); err != nil || bytes.Contains(text, []byte("panic")) {
			t.Errorf("ewstestd says:\n%s", text)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("ewstestd does not say where it listens: %v", err)
	}
	_, s.endpoint, _ = strings.Cut(strings.TrimSpace(line), "listening on ")
	return s
}

// client returns an HTTP client that trusts the server.
func (s *server) client(t testing.TB) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(s.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in " + s.ca)
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(tr.CloseIdleConnections)
	return witness.FromEnv().Client(&http.Client{Transport: tr})
}

// open opens a mailbox as its owner.
func (s *server) open(ctx context.Context, t testing.TB, address string) *orm.Account {
	t.Helper()
	a, err := orm.Open(ctx, address, orm.Config{Endpoint: s.endpoint, HTTPClient: s.client(t), Auth: auth.Basic(address, password)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// session runs py/session.py and returns what the mailboxes held at its end.
func (s *server) session(ctx context.Context, t testing.TB, args ...string) []mailbox {
	t.Helper()
	dump := filepath.Join(t.TempDir(), "dump.json")
	began := time.Now()
	cmd := exec.CommandContext(ctx, python(t), append([]string{
		"-B", filepath.Join("py", "session.py"), "--endpoint", s.endpoint, "--ca", s.ca,
		"--user", alice, "--other", bob, "--master", master, "--password", password, "--dump", dump,
	}, args...)...)
	out, err := cmd.CombinedOutput()
	t.Logf("exchangelib, %.1f s:\n%s", time.Since(began).Seconds(), out)
	if err != nil {
		t.Errorf("exchangelib: %v", err)
	}
	text, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	var boxes []mailbox
	if err := json.Unmarshal(text, &boxes); err != nil {
		t.Fatal(err)
	}
	return boxes
}

// mailbox is what exchangelib sees of one.
type mailbox struct {
	Address string           `json:"address"`
	Folders []folder         `json:"folders"`
	Items   []map[string]any `json:"items"`
}

type folder struct {
	ID       string  `json:"id"`
	Parent   string  `json:"parent"`
	Name     string  `json:"name"`
	Class    *string `json:"class"`
	Path     string  `json:"path"`
	Total    int     `json:"total"`
	Unread   *int    `json:"unread"`
	Children int     `json:"children"`
}
