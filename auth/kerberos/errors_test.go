package kerberos_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/kerberos"
)

// TestKDCError holds what is made of what gokrb5 says; internal/interop has the
// real errors of a KDC.
func TestKDCError(t *testing.T) {
	const said = "[Root cause: KDC_Error] KDC_Error: AS Exchange Error: kerberos error response from KDC: KRB Error: "
	for _, tt := range []struct {
		text   string
		kind   error
		code   int
		denied bool
	}{
		{said + "(6) KDC_ERR_C_PRINCIPAL_UNKNOWN Client not found in Kerberos database", kerberos.ErrUnknownUser, 6, true},
		{said + "(7) KDC_ERR_S_PRINCIPAL_UNKNOWN Server not found in Kerberos database", kerberos.ErrUnknownService, 7, false},
		{said + "(18) KDC_ERR_CLIENT_REVOKED Clients credentials have been revoked", kerberos.ErrLocked, 18, true},
		{said + "(23) KDC_ERR_KEY_EXPIRED Password has expired; change password to reset", kerberos.ErrLocked, 23, true},
		{said + "(24) KDC_ERR_PREAUTH_FAILED Pre-authentication information was invalid", kerberos.ErrPassword, 24, true},
		{said + "(29) KDC_ERR_SVC_UNAVAILABLE A service is not available", kerberos.ErrUnreachable, 29, false},
		{said + "(32) KRB_AP_ERR_TKT_EXPIRED Ticket expired", kerberos.ErrExpired, 32, false},
		{said + "(37) KRB_AP_ERR_SKEW Clock skew too great", kerberos.ErrClockSkew, 37, false},
		{said + "(14) KDC_ERR_ETYPE_NOSUPP KDC has no support for encryption type", nil, 14, false},
		{"[Root cause: KRBMessage_Handling_Error] clock skew with KDC too large. Greater than 300 seconds", kerberos.ErrClockSkew, 0, false},
		{"[Root cause: Networking_Error] Networking_Error: AS Exchange Error: failed sending AS_REQ to KDC", kerberos.ErrUnreachable, 0, false},
		{"client krb5 config does not have any defined KDCs for the default realm", kerberos.ErrUnreachable, 0, false},
		{"[Root cause: Decrypting_Error] KRBMessage_Handling_Error: AS Exchange Error: AS_REP is not valid or client password/keytab incorrect", kerberos.ErrPassword, 0, true},
		{"something else", nil, 0, false},
	} {
		e := kerberos.KDCError(errors.New(tt.text))
		if e.Kind != tt.kind || e.Code != tt.code || errors.Is(e, fs.ErrPermission) != tt.denied || e.Temporary() != (tt.kind == kerberos.ErrUnreachable) ||
			e.Refused() != (tt.denied && tt.kind != kerberos.ErrUnknownUser) || tt.kind != nil && !errors.Is(e, tt.kind) {
			t.Errorf("%s: kind %v, code %d", tt.text, e.Kind, e.Code)
		}
		if tail := tt.text[strings.LastIndexAny(tt.text, ":]")+1:]; !strings.Contains(e.Error(), strings.TrimSpace(tail)) || strings.Contains(e.Error(), "_Error") {
			t.Errorf("the error does not say %q alone: %v", tail, e)
		}
	}
	e := &kerberos.Error{Kind: kerberos.ErrUnknownService, User: "ann@EXAMPLE.COM", Service: "HTTP/mail.example.com"}
	const want = "kerberos: ann@EXAMPLE.COM: ticket for HTTP/mail.example.com: unknown service: " +
		"set Config.SPN to the name that the server's account has, or ask its administrator to run setspn"
	if e.Error() != want {
		t.Error(e)
	}
}

// TestUnreachable holds that a KDC which is not there, or which sends nonsense,
// is an error and no panic.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_, _ = c.Write([]byte("\x00\x00\x00\x04nope"))
			c.Close()
		}
	}()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, tt := range []struct {
		name, addr string
		kind       error
	}{
		{"nobody", closed.Addr().String(), kerberos.ErrUnreachable},
		{"nonsense", l.Addr().String(), nil},
	} {
		m, err := kerberos.New(kerberos.Config{User: "ann", Password: "hush", Krb5ConfText: "[libdefaults]\n default_realm = EXAMPLE.COM\n dns_lookup_kdc = false\n udp_preference_limit = 1\n" +
			"[realms]\n EXAMPLE.COM = {\n kdc = " + tt.addr + "\n }\n"})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, _, err = get(t, httpClient(m), "http://mail.example.com/")
		var none *auth.TokenError
		var krb *kerberos.Error
		if !errors.As(err, &none) || !errors.As(err, &krb) || krb.Kind != tt.kind || krb.User != "ann@EXAMPLE.COM" || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: error %v", tt.name, err)
		}
		t.Logf("%s after %v: %v", tt.name, time.Since(start), err)
	}
}

// TestSilentKDC holds that a caller can leave while a KDC says nothing.
func TestSilentKDC(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	errEnough := errors.New("enough")
	go func() {
		c, err := l.Accept()
		cancel(errEnough)
		if err == nil {
			<-t.Context().Done() // before clean-up
			c.Close()
		}
	}()
	m, err := kerberos.New(kerberos.Config{User: "ann", Password: "hush", Krb5ConfText: "[libdefaults]\n default_realm = EXAMPLE.COM\n" +
		"[realms]\n EXAMPLE.COM = {\n kdc = " + l.Addr().String() + "\n }\n"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://mail.example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	var none *auth.TokenError
	res, err := m.Wrap(noServer{}).RoundTrip(r)
	if err == nil {
		res.Body.Close()
	}
	if !errors.Is(err, errEnough) || !errors.As(err, &none) {
		t.Errorf("error %v", err)
	}
}
