package ews

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBlotBody(t *testing.T) {
	for in, want := range map[string]string{
		"":                                                      "",
		"<t:Subject>my password</t:Subject>":                    "<t:Subject>my password</t:Subject>",
		"<t:Password>x</t:Password><a>y</a>":                    "<t:Password>***</t:Password><a>y</a>",
		"<Password Type='a'>x<b/>y</Password>":                  "<Password Type='a'>***</Password>",
		"<t:Password/>x":                                        "<t:Password/>x",
		"<t:Password>x":                                         "<t:Password>***",
		"<t:Password":                                           "<t:Password***",
		"<m:NewPassword>x</m:NewPassword>":                      "<m:NewPassword>***</m:NewPassword>",
		"<t:PIN>1234</t:PIN><t:Pink>a</t:Pink>":                 "<t:PIN>***</t:PIN><t:Pink>a</t:Pink>",
		"<t:TokenValue>x</t:TokenValue>":                        "<t:TokenValue>***</t:TokenValue>",
		"<t:TokenType>x</t:TokenType>":                          "<t:TokenType>x</t:TokenType>",
		"<t:ClientPublishSecret>x</t:ClientPublishSecret>":      "<t:ClientPublishSecret>***</t:ClientPublishSecret>",
		"<PasswordExpirationDate>2026</PasswordExpirationDate>": "<PasswordExpirationDate>2026</PasswordExpirationDate>",
		`{"access_token": "x", "other": "y"}`:                   `{"access_token": ***, "other": "y"}`,
		"grant_type=password&password=x&client_secret=y&a=b":    "grant_type=password&password=***&client_secret=***&a=b",
		"https://ann:x@host/a?token=y&b=c":                      "https://***@host/a?token=***&b=c",
		"Authorization: Basic abc\nHost: h":                     "Authorization: Basic ***\nHost: h",
		`"authorization": "Bearer abc"`:                         `"authorization": "Bearer ***"`,
		"Basic authentication is not enabled":                   "Basic authentication is not enabled",
		"mailto:ann@example.com":                                "mailto:ann@example.com",
		"<":                                                     "<",
		"a < b <c":                                              "a < b <c",
	} {
		if diff := cmp.Diff(want, string(blotBody([]byte(in)))); diff != "" {
			t.Errorf("%q -want +got:\n%s", in, diff)
		}
	}
}

func TestBlotHeader(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"Authorization", "Basic abc", "Basic ***"},
		{"Authorization", "abc", "***"},
		{"Proxy-Authorization", "Basic abc", "Basic ***"},
		{"WWW-Authenticate", `Basic realm="x"`, `Basic realm="x"`},
		{"WWW-Authenticate", "Negotiate", "Negotiate"},
		{"WWW-Authenticate", "NTLM TlRMTVNTUAAC==", "NTLM ***"},
		{"WWW-Authenticate", `NTLM TlRMTVNTUAAC==, Basic realm="x"`, `NTLM ***, Basic realm="x"`},
		{"WWW-Authenticate", "Negotiate, NTLM", "Negotiate, NTLM"},
		{"WWW-Authenticate", "NTLM TlRM TVNT", "NTLM ***"},
		{"Set-Cookie", "a=b; path=/", "a=***"},
		{"Cookie", "a=b; c=d", "a=***"},
		{"X-Auth-Token", "abc", "***"},
		{"X-OWA-CANARY", "abc", "***"},
		{"X-AnchorMailbox", "ann@example.com", "ann@example.com"},
		{"Content-Type", "text/xml", "text/xml"},
	} {
		if got := blotHeader(tt.name, tt.value); got != tt.want {
			t.Errorf("%s: %s gives %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

// FuzzMask: a secret that was sent does not show, whole or cut off.
func FuzzMask(f *testing.F) {
	f.Add("hunter2hunter2", "before hunter2hunter2 after hunter2hun")
	f.Add("aaaaaaaa", "aaaaaaaaaaa")
	f.Add("<t:Password>", "<t:Password>x</t:Password>")
	f.Fuzz(func(t *testing.T, secret, text string) {
		if len(secret) < 8 || strings.Contains(secret, "*") || strings.Contains(secret, " ") {
			t.Skip("masks are of secrets of eight bytes and more, without what the mask is made of")
		}
		m := maskFor(http.Header{"Authorization": {"Bearer " + secret}})
		for _, s := range []string{text + secret + text, text + secret[:len(secret)-1]} {
			if got := m.cut(s); strings.Contains(got, secret) && !strings.Contains(blot+text+blot, secret) {
				t.Errorf("%q shows %q", got, secret)
			}
		}
		if got := m.head(bytes.NewReader([]byte(text + secret))); len(got) > 256 {
			t.Errorf("%d bytes are shown", len(got))
		}
	})
}
