package interop

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/keytab"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/kerberos"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/orm"
)

// newRealm starts a realm with the users, and Apache as one of its services.
func newRealm(t *testing.T) (*kdc, *front) {
	t.Helper()
	k := startKDC(t)
	k.admin("addprinc +requires_preauth -pw "+ewstest.Password+" alice", "addprinc +requires_preauth -pw "+ewstest.Password+" bob",
		"addprinc -randkey HTTP/localhost")
	return k, startFront(t, k)
}

// kinit leaves a credential cache of the user, and returns its path.
func (k *kdc) kinit(user string, args ...string) string {
	k.t.Helper()
	path := filepath.Join(k.t.TempDir(), "cc")
	cmd := k.command("kinit", append(args, "-c", path, user)...)
	cmd.Stdin = strings.NewReader(ewstest.Password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		k.t.Fatalf("kinit: %v\n%s", err, out)
	}
	return path
}

// open opens the user's mailbox by a location of the front end.
func (f *front) open(t *testing.T, location, user string, m auth.Method) (*orm.Account, error) {
	t.Helper()
	client, _ := f.client()
	return orm.Open(t.Context(), addressOf(user), orm.Config{Endpoint: f.endpoint(location), HTTPClient: client, Auth: m})
}

// TestKerberosKeytab works with the users' keys, and wants proof of each answer.
func TestKerberosKeytab(t *testing.T) {
	k, f := newRealm(t)
	keys := k.keytab("users.keytab", "alice", "bob")
	labour(t, f, "kerberos", func(t *testing.T, user string) auth.Method {
		return method(t, kerberos.Config{User: user, Keytab: keys, RequireProof: true, Krb5Conf: k.conf})
	})
}

// method returns the method of Kerberos.
func method(t *testing.T, cfg kerberos.Config) auth.Method {
	t.Helper()
	m, err := kerberos.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestKerberosCache works with what kinit has left, by the environment as users
// have it, and with the same when it can only be renewed.
func TestKerberosCache(t *testing.T) {
	k, f := newRealm(t)
	t.Setenv("KRB5_CONFIG", k.conf)
	t.Setenv("KRB5CCNAME", "FILE:"+k.kinit("alice"))
	m := method(t, kerberos.Config{RequireProof: true})
	for range 2 {
		if _, err := f.open(t, "kerberos", "alice", m); err != nil {
			t.Error(err)
		}
	}
	// One of 8 s, half of which have passed, is renewed rather than used up.
	short := k.kinit("alice", "-l", "8s", "-r", "1m")
	time.Sleep(4 * time.Second)
	before := k.asked("TGS_REQ")
	if _, err := f.open(t, "kerberos", "alice", method(t, kerberos.Config{Cache: short})); err != nil {
		t.Error(err)
	}
	if n := k.asked("TGS_REQ") - before; n != 2 {
		t.Errorf("%d requests for tickets, want 2: a renewal, and one for the service", n)
	}
	m = method(t, kerberos.Config{Cache: k.kinit("alice", "-l", "1s")})
	time.Sleep(1100 * time.Millisecond)
	_, err := f.open(t, "kerberos", "alice", m)
	wantError(t, err, kerberos.ErrExpired, "run kinit")
}

// TestKerberosErrors holds what users get to read when something is wrong, and
// that the realm is not asked again and again.
func TestKerberosErrors(t *testing.T) {
	k, f := newRealm(t)
	k.admin("addprinc +requires_preauth -pw secret locked", "modprinc -allow_tix locked",
		"addprinc +requires_preauth -pw secret old", `modprinc -pwexpire "2020-01-01" old`, "addprinc -pw secret easy")
	for _, tt := range []struct {
		name string
		cfg  kerberos.Config
		kind error
		says string
		asks int // AS_REQ; one more where the first is asked to authenticate
	}{
		{"wrong password", kerberos.Config{User: "alice", Password: "hush"}, kerberos.ErrPassword, "alice@EXAMPLE.COM", 2},
		{"wrong password, without preauthentication", kerberos.Config{User: "easy", Password: "hush"}, kerberos.ErrPassword, "easy@EXAMPLE.COM", 1},
		{"unknown user", kerberos.Config{User: "nobody", Password: "hush"}, kerberos.ErrUnknownUser, "nobody@EXAMPLE.COM", 1},
		{"locked user", kerberos.Config{User: "locked", Password: "secret"}, kerberos.ErrLocked, "locked@EXAMPLE.COM", 1},
		{"old password", kerberos.Config{User: "old", Password: "secret"}, kerberos.ErrLocked, "old@EXAMPLE.COM", 1},
		{"unknown service", kerberos.Config{User: "alice", Password: "secret", SPN: "HTTP/elsewhere.example.com"}, kerberos.ErrUnknownService, "HTTP/elsewhere.example.com", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Krb5Conf = k.conf
			m := method(t, tt.cfg)
			user := tt.cfg.User + "@" + realm + " for"
			requests, asks := len(f.mailboxes.Requests()), k.asked("AS_REQ", user)
			for range 5 {
				_, err := f.open(t, "kerberos", "alice", m)
				wantError(t, err, tt.kind, tt.says)
				if denied := errors.Is(err, fs.ErrPermission); denied != (tt.kind != kerberos.ErrUnknownService) {
					t.Errorf("it is fs.ErrPermission: %v", denied)
				}
			}
			if n := k.asked("AS_REQ", user) - asks; n != tt.asks {
				t.Errorf("%d AS_REQ, want %d", n, tt.asks)
			}
			if n := len(f.mailboxes.Requests()) - requests; n != 0 {
				t.Errorf("%d requests came through", n)
			}
		})
	}
	k.kill()
	m := method(t, kerberos.Config{User: "alice", Password: "secret", Krb5Conf: k.conf})
	_, err := f.open(t, "kerberos", "alice", m)
	wantError(t, err, kerberos.ErrUnreachable, "port 88")
	// It may come back: who tolerates faults waits.
	waiting := make(chan error, 1)
	client, _ := f.client()
	var log lockedBuffer
	go func() {
		_, err := orm.Open(t.Context(), "alice@example.com", orm.Config{
			Endpoint: f.endpoint("kerberos"), HTTPClient: client, Auth: m,
			Transport: ews.Config{Retry: new(ews.Retry), Logger: slog.New(slog.NewTextHandler(&log, nil))},
		})
		waiting <- err
	}()
	for len(waiting) == 0 && !strings.Contains(log.String(), "level=WARN") { // before a repetition
		time.Sleep(time.Millisecond)
	}
	k.up()
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}

func wantError(t *testing.T, err, kind error, says string) {
	t.Helper()
	var none *auth.TokenError
	if !errors.Is(err, kind) || !errors.As(err, &none) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hush") {
		t.Errorf("error %v, want %v, with %q in it", err, kind, says)
	}
}

// TestKerberosNewKey holds that a ticket which the service cannot read any more
// is replaced once.
func TestKerberosNewKey(t *testing.T) {
	k, f := newRealm(t)
	acct, err := f.open(t, "kerberos", "alice", method(t, kerberos.Config{User: "alice", Password: ewstest.Password, Krb5Conf: k.conf}))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(k.dir, "http.keytab")); err != nil {
		t.Fatal(err)
	}
	k.admin("cpw -randkey HTTP/localhost")
	k.keytab("http.keytab", "HTTP/localhost")
	before := k.asked("TGS_REQ")
	for range 3 {
		if _, err := acct.Inbox().Counts(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := k.asked("TGS_REQ") - before; n != 1 {
		t.Errorf("%d requests for tickets, want 1", n)
	}
}

// TestChannelBinding has MIT's library judge tokens: it knows the certificate
// of the connection that they say to come over, and refuses those of another.
func TestChannelBinding(t *testing.T) {
	k := startKDC(t)
	k.admin("addprinc +requires_preauth -pw "+ewstest.Password+" alice", "addprinc -randkey HTTP/localhost")
	keys := k.keytab("http.keytab", "HTTP/localhost")
	a := newAuthority(t)
	ours, theirs := a.server(t).Leaf, a.server(t).Leaf
	sent := &recorder{cert: ours}
	sent.ask(t, method(t, kerberos.Config{User: "alice", Password: ewstest.Password, Krb5Conf: k.conf}))
	if len(sent.tokens) != 2 {
		t.Fatalf("%d requests, want one without and one with the binding", len(sent.tokens))
	}
	for _, tt := range []struct{ name, token, binding, want string }{
		{"without", sent.tokens[0], "-", "alice@EXAMPLE.COM not bound mutual"},
		{"unbound token", sent.tokens[0], bindingTo(ours), "alice@EXAMPLE.COM not bound mutual"},
		{"right", sent.tokens[1], bindingTo(ours), "alice@EXAMPLE.COM bound mutual"},
		{"of another certificate", sent.tokens[1], bindingTo(theirs), "BAD_BINDINGS"},
	} {
		if got := k.accept(keys, tt.token, tt.binding); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// bindingTo returns the channel bindings of a certificate (RFC 5929), in hex.
func bindingTo(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(append([]byte("tls-server-end-point:"), sum[:]...))
}

// TestOtherRealm gets tickets of a realm that trusts that of the user, known by
// the domain of the host, or said with the service's name.
func TestOtherRealm(t *testing.T) {
	k := startKDC(t)
	k.admin("addprinc +requires_preauth -pw " + ewstest.Password + " alice")
	k.adminOf(other, "addprinc -randkey HTTP/mail.other.example", "addprinc -randkey HTTP/localhost")
	keys := k.keytab("http.keytab", "HTTP/mail.other.example@"+other, "HTTP/localhost@"+other)
	for _, spn := range []string{"HTTP/mail.other.example", "HTTP/localhost@" + other} {
		sent := &recorder{}
		sent.ask(t, method(t, kerberos.Config{User: "alice", Password: ewstest.Password, Krb5Conf: k.conf, SPN: spn}))
		if got := k.accept(keys, sent.tokens[0], "-"); got != "alice@EXAMPLE.COM not bound mutual" {
			t.Errorf("%s: %s", spn, got)
		}
	}
}

// TestKeyTypes gets in by a keytab that has only one of the types of keys that
// the realm has of the user, and not the one that the realm likes best.
func TestKeyTypes(t *testing.T) {
	k, f := newRealm(t)
	all, err := keytab.Load(k.keytab("all.keytab", "alice"))
	if err != nil {
		t.Fatal(err)
	}
	all.Entries = slices.Delete(all.Entries, 0, 1)
	if len(all.Entries) != 1 || all.Entries[0].Key.KeyType != etypeID.AES128_CTS_HMAC_SHA1_96 {
		t.Fatalf("keys %v", all)
	}
	data, err := all.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(k.dir, "one.keytab")
	write(t, path, string(data))
	if _, err := f.open(t, "kerberos", "alice", method(t, kerberos.Config{Keytab: path, Krb5Conf: k.conf})); err != nil {
		t.Error(err)
	}
}

// accept has MIT's library judge a token, and returns what it says.
func (k *kdc) accept(keys, token, binding string) string {
	k.t.Helper()
	cmd := k.command(python(), "testdata/accept.py", binding)
	cmd.Stdin = strings.NewReader(token)
	cmd.Env = append(cmd.Env, "KRB5_KTNAME="+keys, "KRB5RCACHENAME=none:")
	out, err := cmd.CombinedOutput()
	if err != nil {
		k.t.Errorf("accept.py: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// recorder answers 401 over a connection with the certificate, and keeps the
// tokens.
type recorder struct {
	cert   *x509.Certificate
	tokens []string
}

// ask sends a request by the method.
func (c *recorder) ask(t *testing.T, m auth.Method) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://localhost/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := m.Wrap(c).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

func (c *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	c.tokens = append(c.tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Negotiate "))
	res := &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}, Body: http.NoBody, Request: r}
	if c.cert != nil {
		res.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{c.cert}}
	}
	return res, nil
}
