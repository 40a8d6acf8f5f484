package oauth_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/seed-1937cc67/goews/auth/oauth"
	"golang.org/x/oauth2"
)

// tunnel is a proxy that wants a password and opens tunnels.
type tunnel struct {
	mu     sync.Mutex
	opened []string // where to
}

func (p *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Proxy-Authorization") != "Basic YW5uOnB3" { // ann:pw
		w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	there, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer there.Close()
	p.mu.Lock()
	p.opened = append(p.opened, r.Method+" "+r.Host)
	p.mu.Unlock()
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	fmt.Fprint(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(there, here) }()
	_, _ = io.Copy(here, there)
}

// TestProxy: requests for tokens go by the proxy of the HTTPClient, whatever
// that for Exchange is.
func TestProxy(t *testing.T) {
	idp := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, http.StatusOK, object{"access_token": "a", "token_type": "Bearer", "expires_in": 3600})
	}))
	defer idp.Close()
	proxy := new(tunnel)
	front := httptest.NewServer(proxy)
	defer front.Close()
	for user, ok := range map[string]bool{"ann:pw": true, "ann:" + secret: false} {
		address, err := url.Parse("http://" + user + "@" + front.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		roots := idp.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		transport := &http.Transport{Proxy: http.ProxyURL(address), TLSClientConfig: &tls.Config{RootCAs: roots}}
		a, err := oauth.New(oauth.Config{
			Authority: oauth.Authority{Endpoint: oauth2.Endpoint{TokenURL: idp.URL, AuthStyle: oauth2.AuthStyleInParams}},
			ClientID:  "client", HTTPClient: &http.Client{Transport: transport},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = a.Password("ann", "pw-pw-pw").Token(t.Context())
		transport.CloseIdleConnections()
		if (err == nil) != ok || err != nil && len(err.Error()) > 300 {
			t.Errorf("%v: %v", ok, err)
		}
		if text := fmt.Sprint(err); !ok && (strings.Contains(text, secret) || !strings.Contains(text, "Proxy Authentication Required")) {
			t.Errorf("the error says %q", text)
		}
	}
	proxy.mu.Lock()
	defer proxy.mu.Unlock()
	if len(proxy.opened) != 1 || proxy.opened[0] != "CONNECT "+idp.Listener.Addr().String() {
		t.Errorf("the proxy opened %v", proxy.opened)
	}
}
