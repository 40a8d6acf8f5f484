package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDiffCommand(t *testing.T) {
	changed := map[string]string{}
	for k, v := range small {
		changed[k] = strings.Replace(v, `name="Text" type="xs:string"`, `name="Text" type="xs:int"`, 1)
	}
	old, now := schemaSet(t, small), schemaSet(t, changed)
	code, stdout, stderr := ewsgen("diff", old, now)
	if want := "elements changed: 1\n  ~ m:PingResponseType/Text: xs:int; was xs:string\n"; code != 0 || stdout != want || stderr != "" {
		t.Errorf("exit code %d, %q, %q; want %q", code, stdout, stderr, want)
	}
	code, stdout, _ = ewsgen("diff", "-json", old, now)
	var r struct {
		Added, Gone []any
		Changed     []struct{ Kind, Name, Old, New string }
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 || r.Added == nil || len(r.Changed) != 1 || r.Changed[0].New != "xs:int" {
		t.Errorf("exit code %d, %v, %q", code, err, stdout)
	}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"diff"}, 2, "ewsgen diff: OLD is missing"},
		{[]string{"diff", old}, 2, "ewsgen diff: NEW is missing"},
		{[]string{"diff", old, now, now}, 2, "unexpected argument"},
		{[]string{"diff", old, "bogus"}, 1, "the new set: "},
		{[]string{"diff", "-h"}, 0, "usage: ewsgen diff"},
	} {
		if code, _, stderr := ewsgen(tt.args...); code != tt.code || !strings.Contains(stderr, tt.want) {
			t.Errorf("%v: exit code %d, %q; want %q", tt.args, code, stderr, tt.want)
		}
	}
}

// server hands out the files to a user with the password, below /EWS/.
func server(t *testing.T, files map[string]string) *httptest.Server {
	t.Helper()
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(elsewhere.Close)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != `CORP\ann` || password != "s3cret" {
			w.Header().Add("WWW-Authenticate", "Negotiate")
			w.Header().Add("WWW-Authenticate", `Basic realm="mail"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch {
		case strings.HasPrefix(r.URL.Path, "/moved/"):
			http.Redirect(w, r, elsewhere.URL+"/EWS/types.xsd", http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/near/"):
			http.Redirect(w, r, "/EWS/"+strings.TrimPrefix(r.URL.Path, "/near/"), http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/broken/"):
			w.WriteHeader(http.StatusInternalServerError)
		case strings.HasPrefix(r.URL.Path, "/owa/"):
			fmt.Fprint(w, "<!DOCTYPE html><html><body>Sign in</body></html>")
		case strings.HasPrefix(r.URL.Path, "/text/"):
			fmt.Fprint(w, "hello")
		case strings.HasPrefix(r.URL.Path, "/EWS/") && files[strings.TrimPrefix(r.URL.Path, "/EWS/")] != "":
			fmt.Fprint(w, files[strings.TrimPrefix(r.URL.Path, "/EWS/")])
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestFetch(t *testing.T) {
	wsdl, err := os.ReadFile(filepath.Join(schemaDir, "services.wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]string{"Services.wsdl": string(wsdl)}
	for _, name := range []string{"types.xsd", "messages.xsd"} {
		data, err := os.ReadFile(filepath.Join(schemaDir, name))
		if err != nil {
			t.Fatal(err)
		}
		whole[name] = string(data)
	}
	exchange, bare := server(t, whole), server(t, small)
	broken := server(t, map[string]string{"types.xsd": small["types.xsd"], "messages.xsd": "<xs:schema"})
	user := []string{"-user", `CORP\ann`}
	for _, tt := range []struct {
		name     string
		args     []string
		password string
		code     int
		want     string // on stdout if the code is 0, else on stderr
		files    int
	}{
		{"whole", append(user, exchange.URL), "s3cret", 0, "160 operations", 3},
		{"by the endpoint", append(user, exchange.URL+"/EWS/Exchange.asmx"), "s3cret", 0, "160 operations", 3},
		{"redirected on the server", append(user, exchange.URL+"/near/x"), "s3cret", 0, "160 operations", 3},
		{"no WSDL", append(user, bare.URL), "s3cret", 0, "1 operations, no WSDL", 2},
		{"wrong password", append(user, exchange.URL), "wrong", 1, "it takes: Negotiate, Basic", 0},
		{"no password", []string{exchange.URL}, "", 1, "give -user", 0},
		{"another path", append(user, exchange.URL+"/bogus/x"), "s3cret", 1, "/bogus/types.xsd: the server has no such file", 0},
		{"redirected elsewhere", append(user, exchange.URL+"/moved/x"), "s3cret", 1, "the server redirects to", 0},
		{"server error", append(user, exchange.URL+"/broken/x"), "s3cret", 1, "status 500", 0},
		{"page to log in", append(user, exchange.URL+"/owa/x"), "s3cret", 1, "is no schema but <html>", 0},
		{"no XML", append(user, exchange.URL+"/text/x"), "s3cret", 1, "is no schema but no XML", 0},
		{"half a schema", append(user, broken.URL), "s3cret", 1, "messages.xsd", 0},
		{"nobody there", []string{"http://127.0.0.1:1"}, "", 1, "127.0.0.1:1", 0},
		{"plain HTTP", append(user, "http://mail.example.invalid"), "s3cret", 1, "HTTP", 0},
		{"no address", []string{"mail.example.com"}, "", 2, "is no address of a server", 0},
		{"password in the address", []string{"https://ann:s3cret@mail.example.com"}, "", 2, "would end up in logs", 0},
		{"two ways to log in", append(user, "-bearer", exchange.URL), "", 2, "exclude each other", 0},
		{"nothing", nil, "", 2, "ewsgen fetch: URL is missing", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("EWS_PASSWORD", tt.password)
			out := filepath.Join(t.TempDir(), "set")
			code, stdout, stderr := ewsgen(append([]string{"fetch", "-o", out}, tt.args...)...)
			got := stderr
			if tt.code == 0 {
				got = stdout
			}
			if code != tt.code || !strings.Contains(got, tt.want) {
				t.Errorf("exit code %d, %q, %q; want %q", code, stdout, stderr, tt.want)
			}
			if strings.Contains(stdout+stderr, "s3cret") {
				t.Error("the password is in what is written")
			}
			files, _ := filepath.Glob(filepath.Join(out, "*"))
			if len(files) != tt.files {
				t.Errorf("%d files were written, want %d", len(files), tt.files)
			}
			if tt.files == 3 {
				if data, err := os.ReadFile(filepath.Join(out, "services.wsdl")); err != nil || string(data) != string(wsdl) {
					t.Error("services.wsdl is not the server's:", err)
				}
			}
		})
	}
}
