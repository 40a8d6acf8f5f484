package interop

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/cert"
	"github.com/seed-1937cc67/goews/auth/kerberos"
	"github.com/seed-1937cc67/goews/auth/ntlm"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// way is a way in: a location of Apache's, and a method that is taken there.
type way struct {
	name, location string
	method         func(t *testing.T, user string, password auth.Secret) auth.Method
}

// ways are all of them but those without a password.
func ways(k *kdc) []way {
	krb := func(t *testing.T, user string, password auth.Secret) auth.Method {
		return method(t, kerberos.Config{User: user, Password: password, Krb5Conf: k.conf})
	}
	windows := func(_ *testing.T, user string, password auth.Secret) auth.Method {
		return ntlm.New(`EXAMPLE\`+user, password)
	}
	return []way{
		{"Basic", "basic", func(_ *testing.T, user string, password auth.Secret) auth.Method { return auth.Basic(user, password) }},
		{"Digest", "digest", func(_ *testing.T, user string, password auth.Secret) auth.Method { return auth.Digest(user, password) }},
		{"NTLM", "ntlm", windows},
		{"Kerberos", "kerberos", krb},
		{"Kerberos of a connection", "kept", krb},
		{"NTLM of several", "negotiate", windows},
		{"Kerberos of several", "negotiate", krb},
	}
}

// TestMethods works through every module of Apache's that authenticates.
func TestMethods(t *testing.T) {
	k, f := newRealm(t)
	for _, w := range ways(k) {
		t.Run(w.name, func(t *testing.T) {
			labour(t, f, w.location, func(t *testing.T, user string) auth.Method { return w.method(t, user, ewstest.Password) })
		})
	}
}

// TestCertificate works through mod_ssl, which wants a client certificate: at
// once, or when it knows what the request is for.
func TestCertificate(t *testing.T) {
	f := startFront(t, nil)
	for _, location := range []string{"cert", "late"} {
		t.Run(location, func(t *testing.T) {
			labour(t, f, location, func(t *testing.T, user string) auth.Method { return cert.New(f.authority.client(t, user)) })
			for name, m := range map[string]auth.Method{
				"none":                 nil,
				"of another authority": cert.New(newAuthority(t).client(t, "alice")),
			} {
				_, err := f.open(t, location, "alice", m)
				// With TLS 1.3 the refusal comes after the request: its reason may be lost.
				var transport *ews.TransportError
				if !errors.As(err, &transport) || location == "late" && !strings.Contains(err.Error(), "certificate") {
					t.Errorf("%s: error %v", name, err)
				}
			}
		})
	}
}

// TestStrongest holds what is chosen where several ways are offered, and what
// when there is no ticket.
func TestStrongest(t *testing.T) {
	k, f := newRealm(t)
	client, _ := f.client()
	for location, want := range map[string]string{
		"basic": "Basic", "digest": "Digest", "ntlm": "Negotiate, NTLM", "kerberos": "Negotiate", "negotiate": "Negotiate, NTLM, Basic",
	} {
		o, err := auth.Probe(t.Context(), client, f.endpoint(location))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range o.Challenges {
			got = append(got, c.Scheme)
		}
		if strings.Join(got, ", ") != want || o.StatusCode != http.StatusUnauthorized || o.Certificate {
			t.Errorf("%s: %s, status %d, certificate %v; want %s", location, got, o.StatusCode, o.Certificate, want)
		}
	}
	for _, location := range []string{"cert", "late"} {
		if o, err := auth.Probe(t.Context(), client, f.endpoint(location)); err != nil || !o.Certificate {
			t.Errorf("%s: %+v, error %v", location, o, err)
		}
	}

	const user, secret = `EXAMPLE\alice`, ewstest.Password
	ticket := method(t, kerberos.Config{User: "alice", Password: secret, Krb5Conf: k.conf})
	noTicket := method(t, kerberos.Config{User: "nobody", Password: secret, Krb5Conf: k.conf})
	plain := []auth.Method{auth.Basic("alice", secret), ntlm.New(user, secret), auth.Digest("alice", secret)}
	for _, tt := range []struct {
		location string
		kerberos auth.Method
		want     string
	}{
		{"basic", ticket, "Basic alice"},
		{"digest", ticket, "Digest alice"},
		{"kerberos", ticket, "Kerberos alice@EXAMPLE.COM"},
		{"negotiate", ticket, "Kerberos alice@EXAMPLE.COM"},
		{"negotiate", noTicket, `NTLM EXAMPLE\alice`},
		{"ntlm", noTicket, `NTLM EXAMPLE\alice`},
	} {
		m := auth.Strongest(append(plain, tt.kerberos)...)
		acct, err := f.open(t, tt.location, "alice", m)
		if err != nil {
			t.Errorf("%s: %v", tt.location, err)
			continue
		}
		if got := fmt.Sprint(m.Chosen(f.endpoint(tt.location))); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.location, got, tt.want)
		}
		// What was chosen stays so over a restart.
		f.powerCut()
		if _, err := acct.Inbox().Counts(t.Context()); err != nil {
			t.Errorf("%s, after a restart: %v", tt.location, err)
		}
	}
}

// TestWrongPassword holds that a wrong password is a clear error after a few
// tries, which would lock an account if they were many.
func TestWrongPassword(t *testing.T) {
	k, f := newRealm(t)
	for _, w := range ways(k) {
		t.Run(w.name, func(t *testing.T) {
			client, count := f.client()
			var trace lockedBuffer
			_, err := orm.Open(t.Context(), "alice@example.com", orm.Config{
				Endpoint: f.endpoint(w.location), HTTPClient: client, Auth: w.method(t, "alice", "hushhush"),
				Transport: ews.Config{Retry: new(ews.Retry), Trace: &trace},
			})
			if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "wrong") {
				t.Errorf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "hushhush") || strings.Contains(trace.String(), "hushhush") {
				t.Errorf("the password shows")
			}
			if n := count.requests(); n > 3 {
				t.Errorf("%d requests", n)
			}
			if n := len(f.mailboxes.Requests()); n != 0 {
				t.Errorf("%d requests came through", n)
			}
		})
	}
}

// TestOtherClients holds the peers themselves: clients of others get through
// Apache in the same way.
func TestOtherClients(t *testing.T) {
	k, f := newRealm(t)
	f.env = append(f.env, "KRB5CCNAME=FILE:"+k.kinit("alice"))
	for _, tt := range []struct {
		location string
		args     []string
		status   string
	}{
		{"basic", []string{"--basic", "-u", "alice:" + ewstest.Password}, "302"}, // as the server answers to GET
		{"basic", []string{"--basic", "-u", "alice:hush"}, "401"},
		{"digest", []string{"--digest", "-u", "alice:" + ewstest.Password}, "302"},
		{"kerberos", []string{"--negotiate", "-u", ":"}, "302"},
		{"kept", []string{"--negotiate", "-u", ":"}, "302"},
		// gss-ntlmssp as a client, too: its user is the first in its file. Curl's
		// own NTLM it does not understand.
		{"ntlm", []string{"--negotiate", "-u", ":"}, "302"},
		{"negotiate", []string{"--negotiate", "-u", ":"}, "302"},
		{"negotiate", nil, "401"},
	} {
		if status, err := f.curl(tt.location, tt.args...); err != nil || status != tt.status {
			t.Errorf("%s: status %s, error %v, want %s", tt.location, status, err, tt.status)
		}
	}
	if _, err := f.mailboxes.Mailbox("alice@example.com").Add("inbox", &types.Message{Subject: "for others"}); err != nil {
		t.Fatal(err)
	}
	for way, user := range map[string]string{"basic": "alice", "digest": "alice", "NTLM": `EXAMPLE\alice`} {
		cmd := exec.CommandContext(t.Context(), python(), "testdata/fetch.py",
			f.endpoint(strings.ToLower(way)), filepath.Join(f.dir, "ca.pem"), way, user, ewstest.Password, "alice@example.com")
		if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "for others" {
			t.Errorf("exchangelib, %s: error %v: %s", way, err, out)
		}
	}
	// The user that Apache tells the server cannot be told from outside.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.endpoint("basic"), strings.NewReader("<a/>"))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("alice", ewstest.Password)
	r.Header.Set(remoteUser, "bob")
	r.Header.Set("Content-Type", "text/xml")
	client, _ := f.client()
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if log := f.mailboxes.Requests(); log[len(log)-1].User != "alice@example.com" {
		t.Errorf("the server saw %q", log[len(log)-1].User)
	}
}
