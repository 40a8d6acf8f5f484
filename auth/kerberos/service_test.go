package kerberos_test

import (
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/kerberos"
)

// services are keys of the services in these tests, by host.
func services(t testing.TB, hosts ...string) *keytab.Keytab {
	t.Helper()
	kt := keytab.New()
	names := []string{"krbtgt/EXAMPLE.COM"}
	for _, h := range hosts {
		names = append(names, "HTTP/"+h)
	}
	for _, n := range names {
		if err := kt.AddEntry(n, "EXAMPLE.COM", "key of "+n, time.Unix(1, 0), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
			t.Fatal(err)
		}
	}
	return kt
}

// service is an HTTP server that takes tokens as Windows and MIT's library do:
// it decrypts the ticket by its key, and proves that it could.
type service struct {
	t      testing.TB
	keys   *keytab.Keytab
	accept func(token) bool                                          // nil: all
	prove  func(good messages.APRep, key types.EncryptionKey) []byte // the answer's token; nil: a good one

	mu     sync.Mutex
	tokens []token
	bodies []string
}

// token is what the service knows of a request.
type token struct {
	user    string // empty: without a token
	spn     string
	binding string // hex; empty: none
	mutual  bool
	at      time.Time
	raw     string // of the ticket
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	tok, proof := s.read(r.Header.Get("Authorization"))
	s.mu.Lock()
	s.tokens = append(s.tokens, tok)
	s.bodies = append(s.bodies, string(body))
	s.mu.Unlock()
	if tok.user == "" || s.accept != nil && !s.accept(tok) {
		w.Header().Set("WWW-Authenticate", "Negotiate")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if proof != nil {
		w.Header().Set("WWW-Authenticate", "Negotiate "+base64.StdEncoding.EncodeToString(proof))
	}
	_, _ = io.WriteString(w, "hello "+tok.user)
}

// read takes a token apart, and makes the proof.
func (s *service) read(header string) (token, []byte) {
	s.t.Helper()
	text, ok := strings.CutPrefix(header, "Negotiate ")
	if !ok {
		return token{}, nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		s.t.Errorf("header %q: %v", header, err)
		return token{}, nil
	}
	var outer spnego.SPNEGOToken
	var inner spnego.KRB5Token
	if err := outer.Unmarshal(raw); err != nil || !outer.Init {
		s.t.Errorf("no NegTokenInit: %v", err)
		return token{}, nil
	}
	if err := inner.Unmarshal(outer.NegTokenInit.MechTokenBytes); err != nil || !inner.IsAPReq() {
		s.t.Errorf("no AP_REQ: %v", err)
		return token{}, nil
	}
	req := inner.APReq
	if ok, err := req.Verify(s.keys, 5*time.Minute, types.HostAddress{}, nil); !ok || err != nil {
		s.t.Errorf("AP_REQ is not valid: %v", err)
		return token{}, nil
	}
	sum := req.Authenticator.Cksum.Checksum
	tok := token{
		user: req.Authenticator.CName.PrincipalNameString() + "@" + req.Authenticator.CRealm, spn: req.Ticket.SName.PrincipalNameString(),
		mutual: types.IsFlagSet(&req.APOptions, flags.APOptionMutualRequired) && sum[20]&gssapi.ContextFlagMutual != 0,
		at:     req.Authenticator.CTime.Add(time.Duration(req.Authenticator.Cusec) * time.Microsecond),
		raw:    string(req.Ticket.EncPart.Cipher),
	}
	if b := fmt.Sprintf("%x", sum[4:20]); strings.Trim(b, "0") != "" {
		tok.binding = b
	}
	key := req.Ticket.DecryptedEncPart.Key
	rep := newProof(s.t, key, req.Authenticator.CTime, req.Authenticator.Cusec)
	if s.prove != nil {
		return tok, s.prove(rep, key)
	}
	return tok, wrapProof(s.t, rep)
}

// newProof makes a KRB_AP_REP, which gokrb5 cannot.
func newProof(t testing.TB, key types.EncryptionKey, at time.Time, usec int) messages.APRep {
	t.Helper()
	part, err := asn1.Marshal(struct {
		CTime time.Time `asn1:"generalized,explicit,tag:0"`
		Cusec int       `asn1:"explicit,tag:1"`
	}{at, usec})
	if err != nil {
		t.Fatal(err)
	}
	enc, err := crypto.GetEncryptedData(asn1tools.AddASNAppTag(part, asnAppTag.EncAPRepPart), key, keyusage.AP_REP_ENCPART, 0)
	if err != nil {
		t.Fatal(err)
	}
	return messages.APRep{PVNO: 5, MsgType: 15, EncPart: enc}
}

// wrapProof puts it into SPNEGO.
func wrapProof(t testing.TB, rep messages.APRep) []byte {
	t.Helper()
	raw, err := asn1.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	oid, err := asn1.Marshal(asn1.ObjectIdentifier(gssapi.OIDKRB5.OID()))
	if err != nil {
		t.Fatal(err)
	}
	inner := asn1tools.AddASNAppTag(append(append(oid, 2, 0), asn1tools.AddASNAppTag(raw, asnAppTag.APREP)...), 0)
	resp := spnego.NegTokenResp{NegState: 0, SupportedMech: gssapi.OIDKRB5.OID(), ResponseToken: inner}
	out, err := resp.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// seen returns what the service got.
func (s *service) seen() ([]token, []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]token(nil), s.tokens...), append([]string(nil), s.bodies...)
}

// roundTrip serves requests without a network, for tests in a bubble of
// synctest.
func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r
	return res, nil
}

// setup returns a method of ann's, a realm and a service of these hosts that
// know each other.
func setup(t testing.TB, cfg kerberos.Config, hosts ...string) (auth.Method, *kerberos.FakeRealm, *service) {
	t.Helper()
	keys := services(t, hosts...)
	realm := &kerberos.FakeRealm{Services: keys, Lifetime: 10 * time.Hour}
	return kerberos.NewFake(cfg, realm), realm, &service{t: t, keys: keys}
}

// get sends a request, and returns status and body.
func get(t testing.TB, client *http.Client, url string) (int, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("what is asked"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), nil
}

// httpClient returns a client of m's that reaches no server.
func httpClient(m auth.Method) *http.Client {
	return &http.Client{Transport: m.Wrap(noServer{})}
}

type noServer struct{}

func (noServer) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("a request was sent to %s", r.URL)
}
