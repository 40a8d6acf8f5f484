package interop

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/ntlm"
	"github.com/seed-1937cc67/goews/ewstest"
)

// TestNTLMChannelBinding has gss-ntlmssp judge NTLM over TLS: it knows the
// certificate that the connection is bound to, and refuses a binding to
// another. Apache's module does not ask for bindings.
func TestNTLMChannelBinding(t *testing.T) {
	users := filepath.Join(tempDir(t), "ntlm")
	write(t, users, "EXAMPLE:alice:"+ewstest.Password+"\n")
	a := newAuthority(t)
	ours, theirs := a.server(t), a.server(t).Leaf
	unbound, err := ntlm.Config{User: `EXAMPLE\alice`, Password: ewstest.Password, NoChannelBinding: true}.Method()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		m       auth.Method
		binding string
		status  int
		says    string
	}{
		{"without", ntlm.New(`EXAMPLE\alice`, ewstest.Password), "-", http.StatusOK, "alice"},
		{"right", ntlm.New(`EXAMPLE\alice`, ewstest.Password), bindingTo(ours.Leaf), http.StatusOK, "alice"},
		{"of another certificate", ntlm.New(`EXAMPLE\alice`, ewstest.Password), bindingTo(theirs), http.StatusUnauthorized, "DEFECTIVE_TOKEN"},
		{"left out", unbound, bindingTo(theirs), http.StatusOK, "alice"}, // which gss-ntlmssp lets pass
		{"wrong password", ntlm.New(`EXAMPLE\alice`, "wrong"), bindingTo(ours.Leaf), http.StatusUnauthorized, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			judge := &acceptor{t: t, users: users, binding: tt.binding}
			s := httptest.NewUnstartedServer(judge)
			s.TLS = &tls.Config{Certificates: []tls.Certificate{ours}}
			s.StartTLS()
			t.Cleanup(s.Close)
			next := s.Client().Transport.(*http.Transport).Clone()
			next.TLSClientConfig = &tls.Config{RootCAs: a.pool, ServerName: "localhost"}
			c := &http.Client{Transport: tt.m.Wrap(next)}
			t.Cleanup(c.CloseIdleConnections)
			res, err := c.Post(s.URL, "text/xml", strings.NewReader("<a/>"))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != tt.status || !strings.Contains(judge.verdict, tt.says) {
				t.Errorf("status %d, %q; want %d, %q", res.StatusCode, judge.verdict, tt.status, tt.says)
			}
		})
	}
}

// acceptor is a server that has gss-ntlmssp deal with the tokens of its one
// connection.
type acceptor struct {
	t              *testing.T
	users, binding string

	in      io.WriteCloser
	out     *bufio.Scanner
	verdict string
}

func (a *acceptor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "NTLM ")
	if !ok {
		w.Header().Set("WWW-Authenticate", "NTLM")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch said := a.ask(token); {
	case strings.HasPrefix(said, "continue "):
		w.Header().Set("WWW-Authenticate", "NTLM "+strings.TrimPrefix(said, "continue "))
		w.WriteHeader(http.StatusUnauthorized)
	default: // the end
		if a.verdict = said; !strings.Contains(said, "alice") {
			w.Header().Set("WWW-Authenticate", "NTLM")
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

// ask gives the library a token, and returns what it says.
func (a *acceptor) ask(token string) string {
	if a.in == nil {
		cmd := exec.Command(python(), "testdata/accept.py", a.binding)
		cmd.Env = append(os.Environ(), "NTLM_USER_FILE="+a.users, "NETBIOS_DOMAIN_NAME=EXAMPLE", "NETBIOS_COMPUTER_NAME=FRONT")
		var said bytes.Buffer
		cmd.Stderr = &said
		var err error
		if a.in, err = cmd.StdinPipe(); err != nil {
			return err.Error()
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err.Error()
		}
		a.out = bufio.NewScanner(out)
		if err := cmd.Start(); err != nil {
			return err.Error()
		}
		a.t.Cleanup(func() {
			a.in.Close()
			if err := cmd.Wait(); err != nil {
				a.t.Errorf("accept.py: %v: %s", err, said.String())
			}
		})
	}
	fmt.Fprintln(a.in, token)
	if !a.out.Scan() {
		return "no answer"
	}
	return a.out.Text()
}
