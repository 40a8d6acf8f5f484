package interop

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy is a program that connects clients to servers for a user with a
// password. Port 1 is closed to everybody.
type proxy struct {
	*process
	t    testing.TB
	addr string
	log  string // path of what it writes
	cmd  func() *exec.Cmd
}

const proxyUser, proxyPassword = "gate", "open-sesame"

// startSquid starts squid. Its log has the heads of requests as they came.
func startSquid(t testing.TB, _ string) *proxy {
	t.Helper()
	const helper = "/usr/lib/squid/basic_ncsa_auth"
	need(t, "squid apache2-utils", "squid", "htpasswd", helper)
	dir := tempDir(t)
	p := &proxy{t: t, log: filepath.Join(dir, "access.log")}
	p.addr, _ = freePort(t)
	users := filepath.Join(dir, "users")
	if out, err := exec.CommandContext(t.Context(), "htpasswd", "-c", "-b", "-m", users, proxyUser, proxyPassword).CombinedOutput(); err != nil {
		t.Fatalf("htpasswd: %v\n%s", err, out)
	}
	if err := os.Chmod(users, 0o644); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "squid.conf")
	write(t, conf, strings.Join([]string{
		"http_port " + p.addr,
		"auth_param basic program " + helper + " " + users,
		"auth_param basic children 2",
		"acl users proxy_auth REQUIRED",
		"acl closed port 1",
		"http_access deny closed",
		"http_access allow users",
		"http_access deny all",
		"logformat heads %rm %ru %un %>Hs %>h",
		"access_log stdio:" + p.log + " heads",
		"cache_log " + filepath.Join(dir, "cache.log"),
		"pid_filename none",
		"cache deny all",
		"coredump_dir " + dir,
		"visible_hostname proxy.test",
		"shutdown_lifetime 0 seconds",
		"buffered_logs off",
		"pinger_enable off",
	}, "\n")+"\n")
	p.cmd = func() *exec.Cmd { return exec.Command("squid", "-N", "-f", conf) }
	p.up()
	return p
}

// startTinyproxy starts tinyproxy, which connects to that port alone.
func startTinyproxy(t testing.TB, serverPort string) *proxy {
	t.Helper()
	need(t, "tinyproxy", "tinyproxy")
	dir := tempDir(t)
	p := &proxy{t: t, log: filepath.Join(dir, "tinyproxy.log")}
	var port string
	p.addr, port = freePort(t)
	conf := filepath.Join(dir, "tinyproxy.conf")
	write(t, conf, strings.Join([]string{
		"Port " + port,
		"Listen 127.0.0.1",
		"BasicAuth " + proxyUser + " " + proxyPassword,
		`LogFile "` + p.log + `"`,
		"LogLevel Info",
		"ConnectPort " + serverPort,
		"MaxClients 50",
		"Timeout 60",
	}, "\n")+"\n")
	p.cmd = func() *exec.Cmd { return exec.Command("tinyproxy", "-d", "-c", conf) }
	p.up()
	return p
}

func (p *proxy) up() {
	p.t.Helper()
	p.process = start(p.t, p.cmd())
	p.waitPort(p.addr)
}

// powerCut kills the proxy with all its connections, and starts it again.
func (p *proxy) powerCut() {
	p.t.Helper()
	p.kill()
	p.up()
}

// wrote returns what it has written so far.
func (p *proxy) wrote() string {
	p.t.Helper()
	b, err := os.ReadFile(p.log)
	if err != nil && !os.IsNotExist(err) {
		p.t.Fatal(err)
	}
	return string(b)
}

// waitWrote returns when the proxy has written the text: squid does so when a
// connection ends. It fails the test after 10 s.
func (p *proxy) waitWrote(text string) {
	p.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(p.wrote(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("the proxy's log has no %q:\n%s", text, p.wrote())
		}
	}
}

// tap is a relay before the proxy that keeps all that passes, in both
// directions.
type tap struct {
	net.Listener
	to string

	mu sync.Mutex
	b  bytes.Buffer
}

func tapOn(t testing.TB, to string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{Listener: l, to: to}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.relay(c)
		}
	}()
	return p
}

func (p *tap) relay(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer s.Close()
	go func() {
		_, _ = io.Copy(io.MultiWriter(p, s), c)
		_ = s.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(io.MultiWriter(p, c), s)
}

// Write keeps what passes.
func (p *tap) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *tap) passed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// through returns the URL of the proxy at an address, for a user.
func through(addr, user, password string) *url.URL {
	u := &url.URL{Scheme: "http", Host: addr}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	return u
}
