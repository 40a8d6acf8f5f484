package ewstest_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
)

// TestAuthenticate holds what the server makes of what Config.Authenticate
// says of a request.
func TestAuthenticate(t *testing.T) {
	srv, err := ewstest.NewServer(ewstest.Config{Authenticate: func(w http.ResponseWriter, r *http.Request) (string, bool) {
		switch r.Header.Get("X-Who") {
		case "":
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusUnauthorized)
			return "", false
		case "ann":
			return "Alice@example.com", true
		}
		return "nobody@example.com", true
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		who    string
		status int
		offers string
		logged string // the user in the log
	}{
		{"", http.StatusUnauthorized, "Negotiate", ""},
		{"ann", http.StatusOK, "", "alice@example.com"},
		{"eve", http.StatusForbidden, "", ""},
	} {
		r := httptest.NewRequest(http.MethodPost, ewstest.EndpointPath, strings.NewReader(envelope("Exchange2016", "", getInbox)))
		r.Header.Set("Content-Type", "text/xml")
		r.SetBasicAuth("bob@example.com", ewstest.Password) // counts for nothing here
		if tt.who != "" {
			r.Header.Set("X-Who", tt.who)
		}
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if w.Code != tt.status || w.Header().Get("WWW-Authenticate") != tt.offers {
			t.Errorf("%q: status %d, offers %q", tt.who, w.Code, w.Header().Get("WWW-Authenticate"))
		}
		if log := srv.Requests(); log[len(log)-1].User != tt.logged {
			t.Errorf("%q: the log has user %q", tt.who, log[len(log)-1].User)
		}
		if ok := bytes.Contains(w.Body.Bytes(), []byte("NoError")); ok != (tt.status == http.StatusOK) {
			t.Errorf("%q: answer %s", tt.who, w.Body)
		}
	}
}

func TestUserHeader(t *testing.T) {
	accounts := []ewstest.Account{
		{Address: "alice@example.com", Password: "x"},
		{Address: "bob@example.com", User: `EXAMPLE\robert`},
		{Address: "john@example.com"}, {Address: "john@other.example"},
	}
	who := ewstest.UserHeader("X-Remote-User", accounts)
	for header, want := range map[string]string{
		"alice@example.com":                     "alice@example.com",
		"ALICE@EXAMPLE.COM":                     "alice@example.com",
		"alice@CORP.EXAMPLE.COM":                "alice@example.com",
		"alice":                                 "alice@example.com",
		`EXAMPLE\Alice`:                         "alice@example.com",
		`example\Robert`:                        "bob@example.com",
		"CN=alice,O=Example":                    "alice@example.com",
		"/C=DE/O=Example/CN=alice":              "alice@example.com",
		"emailAddress=bob@example.com,CN=alice": "bob@example.com",
		"john@other.example":                    "john@other.example",
		"john":                                  "john", // which of the two is not known
		"eve@EXAMPLE.COM":                       "eve@EXAMPLE.COM",
		"O=Example":                             "O=Example",
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("X-Remote-User", header)
		got, ok := who(httptest.NewRecorder(), r)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s (-want +got):\n%s", header, diff)
		}
	}
	for name, h := range map[string][]string{"none": nil, "empty": {" "}, "two": {"alice", "bob"}} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header["X-Remote-User"] = h
		w := httptest.NewRecorder()
		if user, ok := who(w, r); ok || user != "" || w.Code != http.StatusUnauthorized {
			t.Errorf("%s: user %q, status %d", name, user, w.Code)
		}
	}
}
