package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
)

func offers(values ...string) http.Header { return http.Header{"Www-Authenticate": values} }

func TestChallenges(t *testing.T) {
	type params = map[string]string
	for _, tt := range []struct {
		name    string
		headers []string
		want    []auth.Challenge
	}{
		{"none", nil, nil},
		{"empty", []string{"", " , ,"}, nil},
		{"on premises", []string{"Negotiate", "NTLM", `Basic realm="mail.example.com"`}, []auth.Challenge{
			{Scheme: "Negotiate"}, {Scheme: "NTLM"}, {Scheme: "Basic", Params: params{"realm": "mail.example.com"}}}},
		{"in one header", []string{`Negotiate, NTLM,Basic realm="a, b", charset=UTF-8 , Digest qop="auth,auth-int", nonce="n=="`}, []auth.Challenge{
			{Scheme: "Negotiate"}, {Scheme: "NTLM"},
			{Scheme: "Basic", Params: params{"realm": "a, b", "charset": "UTF-8"}},
			{Scheme: "Digest", Params: params{"qop": "auth,auth-int", "nonce": "n=="}}}},
		{"a token", []string{"NTLM TlRMTVNTUAACAAAA", "Negotiate oYG2+/==, Basic realm=x"}, []auth.Challenge{
			{Scheme: "NTLM", Token: "TlRMTVNTUAACAAAA"}, {Scheme: "Negotiate", Token: "oYG2+/=="}, {Scheme: "Basic", Params: params{"realm": "x"}}}},
		{"Exchange Online", []string{`Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="invalid_token"`, `Basic Realm=""`}, []auth.Challenge{
			{Scheme: "Bearer", Params: params{
				"client_id": "00000002-0000-0ff1-ce00-000000000000", "trusted_issuers": "00000001-0000-0000-c000-000000000000@*",
				"authorization_uri": "https://login.microsoftonline.com/common/oauth2/authorize", "error": "invalid_token"}},
			{Scheme: "Basic", Params: params{"realm": ""}}}},
		{"quotes", []string{`Basic realm="say \"a\\b\", please"`}, []auth.Challenge{{Scheme: "Basic", Params: params{"realm": `say "a\b", please`}}}},
		{"spaces around =", []string{"Basic\trealm = x , NTLM"}, []auth.Challenge{{Scheme: "Basic", Params: params{"realm": "x"}}, {Scheme: "NTLM"}}},
		{"a parameter twice", []string{"Basic realm=a, REALM=b"}, []auth.Challenge{{Scheme: "Basic", Params: params{"realm": "a"}}}},
		{"without quotes", []string{"Bearer uri=https://a/b?c=d, error=x"}, []auth.Challenge{{Scheme: "Bearer", Params: params{"uri": "https://a/b?c=d", "error": "x"}}}},
		{"a quote that does not end", []string{`Basic realm="x, NTLM`, "NTLM"}, []auth.Challenge{{Scheme: "Basic", Params: params{"realm": "x, NTLM"}}, {Scheme: "NTLM"}}},
		{"a parameter of nothing", []string{"realm=x, NTLM"}, []auth.Challenge{{Scheme: "NTLM"}}},
		{"words behind a scheme", []string{"NTLM TlRM TVNT, Basic realm=x", "Foo a b=c"}, []auth.Challenge{{Scheme: "NTLM"}, {Scheme: "Basic", Params: params{"realm": "x"}}, {Scheme: "Foo"}}},
		{"a parameter behind a token", []string{"NTLM TlRM, realm=x"}, []auth.Challenge{{Scheme: "NTLM", Token: "TlRM"}}},
		{"nonsense", []string{"()\x00\xff NTLM;"}, []auth.Challenge{{Scheme: "NTLM"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, auth.Challenges(offers(tt.headers...))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestChallengesBounded: a header of a megabyte, as a server or a proxy may send
// it, does not take many times as much memory.
func TestChallengesBounded(t *testing.T) {
	for name, piece := range map[string]string{"schemes": "a,", "parameters": `b="c",`} {
		if name == "parameters" {
			piece = "A " + piece
		}
		h := offers(strings.Repeat(piece, 200_000), strings.Repeat(piece, 200_000), "NTLM")
		if n := len(auth.Challenges(h)); n > 100 || n == 0 {
			t.Errorf("%s: %d challenges", name, n)
		}
	}
	var many strings.Builder
	many.WriteString("Digest ")
	for i := range 100_000 {
		fmt.Fprintf(&many, "p%d=x,", i)
	}
	if c := auth.Challenges(offers(many.String())); len(c) != 1 || len(c[0].Params) > 100 {
		t.Errorf("%d challenges, %d parameters", len(c), len(c[0].Params))
	}
}

func TestChallengeString(t *testing.T) {
	for in, want := range map[string]string{
		"NTLM":                              "NTLM",
		"NTLM TlRMTVNTUAAC":                 "NTLM ***",
		`Digest qop=auth, Realm="say \"a\"`: `Digest qop="auth", realm="say \"a\""`,
	} {
		if got := auth.Challenges(offers(in))[0].String(); got != want {
			t.Errorf("%s prints as %s, want %s", in, got, want)
		}
	}
}

// FuzzChallenges: what is read of a header is read again from what it prints.
func FuzzChallenges(f *testing.F) {
	for _, s := range []string{
		"", "Negotiate", "Negotiate, NTLM", "NTLM TlRMTVNTUAACAAAA==", `Basic realm="a, b", charset=UTF-8, Digest qop="auth,auth-int"`,
		`Basic realm="say \"a\\b"`, `Basic realm="x`, `Basic realm="x\`, "realm=x", "Basic realm = x ,", "a b c=d, =e, f==", "a b, c=", ",,=\x00\xff\"",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range auth.Challenges(offers(s)) {
			if c.Scheme == "" || c.Token != "" && c.Params != nil {
				t.Fatalf("%q has the challenge %#v", s, c)
			}
			if c.Token != "" {
				continue // does not print
			}
			if diff := cmp.Diff([]auth.Challenge{c}, auth.Challenges(offers(c.String()))); diff != "" {
				t.Fatalf("%q prints as %q:\n%s", s, c.String(), diff)
			}
		}
	})
}
