package auth_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
)

// exchangeOnline is what Exchange Online says to a client without a token.
const exchangeOnline = `Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"`

func TestProbe(t *testing.T) {
	type answer struct {
		status  int
		headers []string // name: value
		empty   []string // instead, to an empty Bearer
	}
	for _, tt := range []struct {
		name   string
		answer answer
		want   []string // challenges
		modern bool
		diag   string
	}{
		{"on premises", answer{401, []string{"WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM", `WWW-Authenticate: Basic realm="mail"`}, nil}, []string{"Negotiate", "NTLM", `Basic realm="mail"`}, false, ""},
		{"Exchange Online", answer{401, []string{"WWW-Authenticate: " + exchangeOnline}, nil}, []string{auth.Challenges(offers(exchangeOnline))[0].String()}, true, ""},
		{"asked with an empty token", answer{401, []string{"WWW-Authenticate: NTLM"}, []string{`WWW-Authenticate: Bearer realm="r"`}}, []string{"NTLM", `Bearer realm="r"`}, true, ""},
		{"diagnostics", answer{401, []string{"WWW-Authenticate: Basic", `ms-diagnostics-public: 4000000;reason="Modern Auth is required"`}, nil}, []string{"Basic"}, true, `4000000;reason="Modern Auth is required"`},
		{"anybody", answer{200, nil, nil}, nil, false, ""},
		{"elsewhere", answer{302, []string{"Location: https://login.example.com/"}, nil}, nil, false, ""},
		{"trouble", answer{503, nil, nil}, nil, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if b, _ := io.ReadAll(r.Body); r.Method != http.MethodPost || len(b) > 0 {
					t.Errorf("%s with %d bytes", r.Method, len(b))
				}
				h := tt.answer.headers
				switch a := r.Header.Get("Authorization"); {
				case a == "Bearer" && tt.answer.empty != nil:
					h = tt.answer.empty
				case a != "" && a != "Bearer":
					t.Errorf("Authorization %q", a)
				}
				for _, line := range h {
					name, value, _ := strings.Cut(line, ": ")
					w.Header().Add(name, value)
				}
				w.WriteHeader(tt.answer.status)
			}))
			defer s.Close()
			o, err := auth.Probe(t.Context(), nil, s.URL)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range o.Challenges {
				got = append(got, c.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("challenges, -want +got:\n%s", diff)
			}
			if o.StatusCode != tt.answer.status || o.ModernAuth != tt.modern || o.Diagnostics != tt.diag || o.Certificate {
				t.Errorf("%+v", o)
			}
		})
	}
	if _, err := auth.Probe(t.Context(), nil, "http://127.0.0.1:1/"); err == nil {
		t.Error("no error where nobody is")
	}
	if _, err := auth.Probe(t.Context(), nil, ":"); err == nil {
		t.Error("no error for an address that is none")
	}
}

// TestProbeCertificate: whether the server asks for one in the TLS handshake.
func TestProbeCertificate(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, tt := range []struct {
			wants  tls.ClientAuthType
			asked  bool
			status int
		}{{tls.NoClientCert, false, 401}, {tls.RequestClientCert, true, 401}, {tls.RequireAnyClientCert, true, 0}} {
			t.Run(fmt.Sprint(tls.VersionName(version), tt.wants), func(t *testing.T) {
				s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) }))
				s.TLS = &tls.Config{ClientAuth: tt.wants, MinVersion: version, MaxVersion: version}
				s.Config.ErrorLog = log.New(io.Discard, "", 0)
				s.StartTLS()
				defer s.Close()
				o, err := auth.Probe(t.Context(), s.Client(), s.URL)
				if err != nil || o.Certificate != tt.asked || o.StatusCode != tt.status {
					t.Errorf("%+v, %v; want Certificate %v, status %d", o, err, tt.asked, tt.status)
				}
			})
		}
	}
}
