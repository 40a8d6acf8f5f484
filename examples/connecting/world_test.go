package connecting

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/ewstest"
)

// secret is the password of everybody here.
const secret = ewstest.Password

// The world that the code of the text runs in: whatever it connects to is
// answered here, by an Exchange server, an authorization server, or a proxy.
var (
	exchange *ewstest.Server
	caFile   string // what signs the certificates
	pemFile  string // a certificate with its key
)

func TestMain(m *testing.M) {
	code, err := inWorld(m.Run)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

func inWorld(run func() int) (int, error) {
	dir, err := os.MkdirTemp("", "connecting")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	cert, err := certificate("*.example.com", "outlook.office365.com", "login.microsoftonline.com")
	if err != nil {
		return 0, err
	}
	if caFile, pemFile, err = writeCertificate(dir, cert); err != nil {
		return 0, err
	}
	accounts := []ewstest.Account{
		{Address: "john@example.com", User: `EXAMPLE\john`, Password: secret, FullAccess: []string{"info@example.com"}},
		{Address: "service@example.com", User: `EXAMPLE\service`, Password: secret, Impersonates: true},
		{Address: "info@example.com"},
	}
	for i := range 5 {
		accounts = append(accounts, ewstest.Account{Address: fmt.Sprintf("room%d@example.com", i)})
	}
	if exchange, err = ewstest.NewServer(ewstest.Config{Accounts: accounts, Authenticate: authenticate}); err != nil {
		return 0, err
	}
	servers := httptest.NewUnstartedServer(http.HandlerFunc(serve))
	servers.Config.ErrorLog = log.New(io.Discard, "", 0)
	servers.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	servers.StartTLS()
	defer servers.Close()
	proxy := httptest.NewServer(http.HandlerFunc(connect(servers.Listener.Addr().String())))
	defer proxy.Close()

	// What programs connect to by default.
	t := http.DefaultTransport.(*http.Transport).Clone()
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	t.TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Proxy = nil
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(address)
		switch host {
		case "proxy.example.com":
			address = proxy.Listener.Addr().String()
		case "localhost", "127.0.0.1": // a browser that comes back
		default:
			address = servers.Listener.Addr().String()
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	http.DefaultTransport = t
	return run(), nil
}

// certificate makes a certificate that signs itself.
func certificate(names ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "world"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// writeCertificate writes it, and with its key.
func writeCertificate(dir string, c tls.Certificate) (certFile, bothFile string, err error) {
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return "", "", err
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
	both := append(cert[:len(cert):len(cert)], pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	certFile, bothFile = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "john.pem")
	if err := os.WriteFile(certFile, cert, 0o600); err != nil {
		return "", "", err
	}
	return certFile, bothFile, os.WriteFile(bothFile, both, 0o600)
}

// authenticate takes passwords and the token of the authorization server here.
func authenticate(w http.ResponseWriter, r *http.Request) (string, bool) {
	if user, password, ok := r.BasicAuth(); ok && password == secret {
		return user, true
	}
	switch r.Header.Get("Authorization") {
	case "Bearer of-the-program":
		return "service@example.com", true
	case "Bearer of-john":
		return "john@example.com", true
	}
	w.Header().Add("WWW-Authenticate", `Basic realm="here"`)
	w.Header().Add("WWW-Authenticate", "Bearer")
	w.WriteHeader(http.StatusUnauthorized)
	return "", false
}

// serve is all servers but the proxy.
func serve(w http.ResponseWriter, r *http.Request) {
	switch r.Host {
	case "login.microsoftonline.com", "fs.example.com":
		token := "of-john"
		if r.FormValue("grant_type") == "client_credentials" {
			token = "of-the-program"
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": token, "refresh_token": "again", "token_type": "Bearer", "expires_in": 3600, // of the token endpoint
			"device_code": "d", "user_code": "ABCD", "verification_uri": "https://login.microsoftonline.com/device", "interval": 1,
		})
	default:
		exchange.ServeHTTP(w, r)
	}
}

// connect is a proxy that connects a user to a server.
func connect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
		if user, password, ok := r.BasicAuth(); r.Method != http.MethodConnect || !ok || user != "john" || password != secret {
			w.Header().Set("Proxy-Authenticate", "Basic")
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		server, err := net.Dial("tcp", to)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer server.Close()
		client, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer client.Close()
		_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { _, _ = io.Copy(server, client) }()
		_, _ = io.Copy(client, server)
	}
}

// browser is what a browser does with the address of a sign-in, in the hands of
// a user who agrees: where it goes next.
func browser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		return address
	}
	back.RawQuery = url.Values{"code": {"c"}, "state": {q.Get("state")}}.Encode()
	return back.String()
}
