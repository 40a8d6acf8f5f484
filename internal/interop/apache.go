package interop

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
)

// front is Apache as a reverse proxy over TLS, before a server of ewstest in
// plain HTTP, which it tells who the user is. Each way in has a location of
// its own: see apacheConf.
type front struct {
	*process
	t         testing.TB
	dir       string
	conf      string // path of Apache's configuration
	env       []string
	addr      string // host and port of TLS
	certAddr  string // of TLS with client certificates
	lateAddr  string // of TLS 1.2 where they are asked for when the request is known, as by IIS
	authority *authority
	mailboxes *ewstest.Server
}

// remoteUser is the header by which Apache tells the user.
const remoteUser = "X-Remote-User"

// startFront starts Apache and what is behind it. realm is nil without
// Kerberos.
func startFront(t testing.TB, realm *kdc) *front {
	t.Helper()
	need(t, "apache2 apache2-utils libapache2-mod-auth-gssapi gss-ntlmssp", "apache2", "htpasswd")
	f := &front{t: t, dir: tempDir(t), authority: newAuthority(t)}
	srv, err := ewstest.NewServer(ewstest.Config{Authenticate: ewstest.UserHeader(remoteUser, ewstest.DefaultAccounts())})
	if err != nil {
		t.Fatal(err)
	}
	f.mailboxes = srv
	back := httptest.NewServer(srv)
	t.Cleanup(back.Close)
	f.addr, _ = freePort(t)
	f.certAddr, _ = freePort(t)
	f.lateAddr, _ = freePort(t)
	f.conf = f.configure(back.URL, realm)
	f.env = append(os.Environ(), "NTLM_USER_FILE="+filepath.Join(f.dir, "ntlm"), "NETBIOS_DOMAIN_NAME=EXAMPLE", "NETBIOS_COMPUTER_NAME=FRONT")
	if realm != nil {
		f.env = append(f.env, "KRB5_CONFIG="+realm.conf, "KRB5RCACHEDIR="+f.dir, "KRB5_KTNAME="+filepath.Join(realm.dir, "http.keytab"))
	}
	f.up()
	return f
}

// up starts Apache.
func (f *front) up() {
	f.t.Helper()
	cmd := exec.Command("apache2", "-d", f.dir, "-f", f.conf, "-DFOREGROUND")
	cmd.Env = f.env
	f.process = start(f.t, cmd)
	f.t.Cleanup(f.process.kill) // asked to end, it takes seconds
	f.waitPort(f.addr)
	f.waitPort(f.certAddr)
	f.waitPort(f.lateAddr)
}

// configure writes what Apache reads, and returns the path of its
// configuration.
func (f *front) configure(back string, realm *kdc) string {
	f.t.Helper()
	accounts := ewstest.DefaultAccounts()
	ntlm := ""
	for i, a := range accounts {
		name, _, _ := strings.Cut(a.Address, "@")
		basic := []string{"-b", "-m", filepath.Join(f.dir, "basic"), name, a.Password}
		if i == 0 {
			basic = append([]string{"-c"}, basic...)
		}
		if out, err := exec.CommandContext(f.t.Context(), "htpasswd", basic...).CombinedOutput(); err != nil {
			f.t.Fatalf("htpasswd: %v\n%s", err, out)
		}
		ntlm += "EXAMPLE:" + name + ":" + a.Password + "\n"
	}
	write(f.t, filepath.Join(f.dir, "ntlm"), ntlm)
	write(f.t, filepath.Join(f.dir, "digest"), digestFile(accounts))
	p := map[string]string{
		"dir": f.dir, "addr": f.addr, "certAddr": f.certAddr, "lateAddr": f.lateAddr, "back": back, "keytab": "none",
		"server": writePEM(f.t, f.dir, "server.pem", f.authority.server(f.t)),
		"ca":     writePEM(f.t, f.dir, "ca.pem", tls.Certificate{Certificate: [][]byte{f.authority.cert.Raw}, PrivateKey: f.authority.key}),
	}
	if realm != nil {
		p["keytab"] = realm.keytab("http.keytab", "HTTP/localhost")
	}
	path := filepath.Join(f.dir, "apache.conf")
	write(f.t, path, apacheConf(p, os.Getuid() == 0))
	return path
}

// endpoint returns the URL of the location.
func (f *front) endpoint(location string) string {
	addr := f.addr
	switch location {
	case "cert":
		addr = f.certAddr
	case "late":
		addr = f.lateAddr
	}
	return "https://localhost" + addr[strings.LastIndexByte(addr, ':'):] + "/" + location + ewstest.EndpointPath
}

// client returns a client that trusts the certificate, and what counts its
// requests and connections.
func (f *front) client() (*http.Client, *counter) {
	c := &counter{}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: f.authority.pool}, MaxIdleConnsPerHost: workers, DialContext: c.dial}
	f.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: counted{tr, c}}, c
}

// curl asks for a location by curl, another client of Apache's, and returns the
// status: 302 is what the server answers to a GET.
func (f *front) curl(location string, args ...string) (string, error) {
	cmd := exec.CommandContext(f.t.Context(), "curl", append([]string{"-sS", "--cacert", filepath.Join(f.dir, "ca.pem"), "-o", "/dev/null", "-w", "%{http_code}",
		f.endpoint(location)}, args...)...)
	cmd.Env = f.env
	out, err := cmd.Output()
	return string(out), err
}

// graceful restarts Apache: calls under way end well.
func (f *front) graceful() { f.signal(syscall.SIGUSR1) }

// powerCut kills Apache, and starts it again: calls under way are cut off, and
// for a while nobody answers.
func (f *front) powerCut() {
	f.t.Helper()
	f.kill()
	if err := os.Remove(filepath.Join(f.dir, "pid")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.t.Error(err)
	}
	f.up()
}
