package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/types"
)

func TestParse(t *testing.T) {
	o, err := parse([]string{
		"-addr", "localhost:0", "-account", "a@example.com:s3cret:Ann Example", "-account", "b@example.com:x",
		"-impersonator", "B@example.com", "-full-access", "b@example.com=a@example.com",
		"-version", "Exchange2013_SP1", "-lang", "da-DK", "-seed", "3", "-max-find", "50", "-log",
		"-alias", "ann@example.com=A@example.com", "-redirect", "x@example.com=b@example.com", "-redirect", "example.net=https://x.example.net/",
		"-external-url", "https://mail.example.com/EWS/Exchange.asmx", "-internal-url", "https://mbx/EWS/Exchange.asmx", "-no-autodiscover", "SOAP,json",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := ewstest.Config{
		Accounts: []ewstest.Account{
			{Address: "a@example.com", Password: "s3cret", Name: "Ann Example", Aliases: []string{"ann@example.com"}},
			{Address: "b@example.com", Password: "x", Impersonates: true, FullAccess: []string{"a@example.com"}},
		},
		Version: types.ExchangeVersionExchange2013SP1, Language: "da-DK", MaxFind: 50,
		Autodiscover: ewstest.Autodiscover{
			ExternalURL: "https://mail.example.com/EWS/Exchange.asmx", InternalURL: "https://mbx/EWS/Exchange.asmx", NoSOAP: true, NoJSON: true,
			Redirects: map[string]string{"x@example.com": "b@example.com", "example.net": "https://x.example.net/"},
		},
	}
	if diff := cmp.Diff(want, o.config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if o.addr != "localhost:0" || o.seed != 3 || !o.log {
		t.Errorf("options %+v", o)
	}
}

func TestBadFlags(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"-account nobody", "not address:password"},
		{"-account a@example.com:", "not address:password"},
		{"-account secret:hush", "not address:password"},
		{"-impersonator x@example.com", "x@example.com is no account"},
		{"-full-access alice@example.com", "is not user=mailbox"},
		{"-full-access x@example.com=alice@example.com", "x@example.com is no account"},
		{"-full-access alice@example.com=x@example.com", "x@example.com is no account"},
		{"-alias ann@example.com", "is not alias=address"},
		{"-alias ann=alice@example.com", "is not alias=address"},
		{"-alias ann@example.com=x@example.com", "x@example.com is no account"},
		{"-redirect x@example.com", "is not from=to"},
		{"-no-autodiscover scp", "there is soap, pox and json"},
		{"-cert a.pem", "-cert and -key go together"},
		{"-cert a.pem -key b.pem -ca-out c.pem", "-ca-out goes with"},
		{"-plain -cert a.pem -key b.pem", "-plain goes with no certificate"},
		{"-plain -ca-out c.pem", "-plain goes with no certificate"},
		{"-plain -addr :8080", "has to be a loopback address"},
		{"-user-header X-Remote-User -addr 10.0.0.1:8443", "has to be a loopback address"},
		{"-seed -1", "-seed is -1"},
		{"-max-find -1", "-max-find is -1"},
		{"-nonsense", "not defined: -nonsense"},
		{"more", `unexpected argument "more"`},
	} {
		var stderr bytes.Buffer
		if status := run(t.Context(), strings.Fields(tt.args), io.Discard, &stderr); status != 2 {
			t.Errorf("%s: status %d", tt.args, status)
		}
		if !strings.Contains(stderr.String(), tt.want) || strings.Contains(stderr.String(), "hush") {
			t.Errorf("%s: %s", tt.args, &stderr)
		}
	}
	for _, tt := range []struct{ args, want string }{
		{"-addr 127.0.0.1:0 -version Exchange1999", "Exchange1999"},
		{"-addr 127.0.0.1:0 -lang tlh", "da-DK"},
		{"-addr 127.0.0.1:0 -redirect x@example.com=elsewhere", "neither an address nor an absolute URL"},
		{"-addr nowhere:at:all", "nowhere"},
		{"-cert missing.pem -key missing.pem", "missing.pem"},
	} {
		var stderr bytes.Buffer
		if status := run(t.Context(), strings.Fields(tt.args), io.Discard, &stderr); status != 1 || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("%s: status %d: %s", tt.args, status, &stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	var stderr bytes.Buffer
	if status := run(t.Context(), []string{"-help"}, io.Discard, &stderr); status != 0 {
		t.Errorf("status %d", status)
	}
	for _, name := range []string{"account", "impersonator", "full-access", "version", "cert", "key", "ca-out", "lang", "seed", "max-find", "log", "addr", "plain", "user-header"} {
		if !strings.Contains(stderr.String(), "  -"+name) {
			t.Errorf("help says nothing of -%s", name)
		}
	}
}

// TestServe runs the command as a user would: a client trusts what -ca-out
// has, and the interrupt ends it.
func TestServe(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	url, end := runServer(t, "-ca-out", ca, "-account", "a@example.com:hush", "-seed", "7", "-log")
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("no certificate in %s", pem)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	status, body := getInbox(t, client, url, func(r *http.Request) { r.SetBasicAuth("a@example.com", "hush") })
	if status != http.StatusOK || !strings.Contains(body, "<t:TotalCount>7</t:TotalCount>") {
		t.Errorf("status %d: %s", status, body)
	}
	if log := end(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "op=GetFolder") || strings.Contains(log, "hush") {
		t.Errorf("log:\n%s", log)
	}
}

// TestBehindFrontEnd serves plain HTTP, to whom a header names.
func TestBehindFrontEnd(t *testing.T) {
	url, end := runServer(t, "-plain", "-user-header", "X-Remote-User", "-account", "ann@example.com:hush", "-log")
	if !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Errorf("listening on %s", url)
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for user, want := range map[string]int{
		"ann": http.StatusOK, "ann@EXAMPLE.COM": http.StatusOK, `EXAMPLE\ann`: http.StatusOK, "CN=ann,O=Example": http.StatusOK,
		"eve": http.StatusForbidden, "": http.StatusUnauthorized,
	} {
		status, body := getInbox(t, client, url, func(r *http.Request) {
			r.SetBasicAuth("ann@example.com", "hush") // counts for nothing
			if user != "" {
				r.Header.Set("X-Remote-User", user)
			}
		})
		if status != want {
			t.Errorf("%q: status %d: %s", user, status, body)
		}
	}
	if log := end(); !strings.Contains(log, "user=ann@example.com") {
		t.Errorf("log:\n%s", log)
	}
}

// runServer runs the command, and returns what it says that it listens on. end
// interrupts it, and returns what it logged.
func runServer(t *testing.T, args ...string) (url string, end func() string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var stderr bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, &stderr)
		in.Close()
	}()
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`https?://\S+`).FindString(string(line[:n])), func() string {
		t.Helper()
		stop()
		if got := <-status; got != 0 {
			t.Errorf("status %d: %s", got, &stderr)
		}
		return stderr.String()
	}
}

// getInbox asks for the inbox, and returns status and body of the answer.
func getInbox(t *testing.T, client *http.Client, url string, change func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"`+
		` xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body>`+
		`<GetFolder xmlns="http://schemas.microsoft.com/exchange/services/2006/messages"><FolderShape><t:BaseShape>Default</t:BaseShape></FolderShape>`+
		`<FolderIds><t:DistinguishedFolderId Id="inbox"/></FolderIds></GetFolder></s:Body></s:Envelope>`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/xml")
	change(r)
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}
