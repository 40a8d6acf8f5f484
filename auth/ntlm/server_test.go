package ntlm_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
)

// The server side of NTLM, from MS-NLMP, for tests. It has nothing of
// go-ntlmssp.

// ntHash is the NT hash of "Password" (MS-NLMP 4.2.2.1.2).
const ntHash = "a4f49c406510bdcab6824ee7c30fd852"

// server is a web server that wants NTLM.
type server struct {
	schemes []string // offered; NTLM if nil
	binding bool     // a channel binding token is required
	forgets bool     // each request wants a handshake
	hangsUp bool     // after a challenge
	handler http.HandlerFunc

	mu         sync.Mutex
	conns      map[net.Conn]*session
	challenges int // type 2 sent
	accepted   int
	refused    int
	anonymous  int   // requests without credentials, refused
	read       int64 // bytes of bodies
	user       string
	station    string
	bound      bool // the last had a channel binding token

	*httptest.Server
}

// session is what is known of a connection.
type session struct {
	challenge []byte
	user      string
	requests  int
}

type connKey struct{}

func serve(t testing.TB, s *server, start func(*httptest.Server)) *server {
	t.Helper()
	s.conns = map[net.Conn]*session{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		v := new(session)
		s.mu.Lock()
		s.conns[c] = v
		s.mu.Unlock()
		return context.WithValue(ctx, connKey{}, v)
	}
	start(s.Server)
	t.Cleanup(s.Close)
	return s
}

func plain(s *httptest.Server)   { s.Start() }
func overTLS(s *httptest.Server) { s.StartTLS() }

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body)
	c := r.Context().Value(connKey{}).(*session)
	s.mu.Lock()
	s.read += n
	status := s.authenticate(w, r, c)
	s.mu.Unlock()
	if status != http.StatusOK {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "who are you?")
		return
	}
	if s.handler != nil {
		s.handler(w, r)
		return
	}
	_, _ = io.WriteString(w, "hello "+c.user)
}

func (s *server) authenticate(w http.ResponseWriter, r *http.Request, c *session) int {
	offers := s.schemes
	if offers == nil {
		offers = []string{"NTLM"}
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for _, o := range offers {
		if !strings.EqualFold(o, scheme) || !strings.EqualFold(scheme, "NTLM") && !strings.EqualFold(scheme, "Negotiate") {
			continue
		}
		c.user = ""
		message, err := base64.StdEncoding.DecodeString(token)
		if err != nil || len(message) < 12 {
			return http.StatusBadRequest
		}
		if message[8] == 1 {
			if message[12]&5 != 5 || len(message) > 40 { // Unicode, and the target's name is wanted; nothing of this machine
				return http.StatusBadRequest
			}
			c.challenge = make([]byte, 8)
			_, _ = rand.Read(c.challenge)
			s.challenges++
			w.Header().Set("WWW-Authenticate", o+" "+base64.StdEncoding.EncodeToString(challengeMessage(c.challenge)))
			if s.hangsUp {
				w.Header().Set("Connection", "close")
			}
			return http.StatusUnauthorized
		}
		var cert *x509.Certificate
		if r.TLS != nil {
			cert = s.Certificate()
		}
		who, err := verify(message, c.challenge, ntHash)
		if c.challenge = nil; who != nil {
			s.bound = who.token != nil
			if err == nil && (who.token != nil || s.binding) && !bytes.Equal(who.token, bindingOf(cert)) {
				err = errors.New("another channel")
			}
		}
		if err != nil {
			s.refused++
			break
		}
		c.user, s.user, s.station = who.name, who.name, who.station
		s.accepted++
		c.requests++
		return http.StatusOK
	}
	if scheme == "" && c.user != "" && (!s.forgets || c.requests == 0) {
		c.requests++
		return http.StatusOK
	}
	c.user, c.requests = "", 0
	if scheme == "" {
		s.anonymous++
	}
	for _, o := range offers {
		w.Header().Add("WWW-Authenticate", o)
	}
	return http.StatusUnauthorized
}

// challengeMessage is the message of type 2 (MS-NLMP 2.2.1.2).
func challengeMessage(nonce []byte) []byte {
	domain := utf16le("Domain")
	var info []byte
	for _, p := range []struct {
		id    uint16
		value []byte
	}{{2, domain}, {1, utf16le("Server")}, {7, make([]byte, 8)}, {0, nil}} {
		info = binary.LittleEndian.AppendUint16(info, p.id)
		info = binary.LittleEndian.AppendUint16(info, uint16(len(p.value)))
		info = append(info, p.value...)
	}
	field := func(b []byte, n, at int) []byte {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		return binary.LittleEndian.AppendUint32(b, uint32(at))
	}
	m := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	m = field(m, len(domain), 56)
	// Unicode, target name, NTLM, always sign, target is a domain, extended
	// session security, target information, key exchange.
	m = binary.LittleEndian.AppendUint32(m, 1|1<<2|1<<9|1<<15|1<<16|1<<19|1<<23|1<<30)
	m = append(m, nonce...)
	m = append(m, make([]byte, 8)...)
	m = field(m, len(info), 56+len(domain))
	m = append(m, 10, 0, 0x39, 0x38, 0, 0, 0, 15)
	return append(append(m, domain...), info...)
}

// identity is who a message of type 3 is from.
type identity struct {
	name, station string
	token         []byte // for channel bindings; nil: none
}

// verify checks a message of type 3 (MS-NLMP 2.2.1.3 and 3.3.2).
func verify(m, nonce []byte, ntHash string) (*identity, error) {
	if len(m) < 64 || m[8] != 3 || nonce == nil {
		return nil, errors.New("no message of type 3, or no challenge before")
	}
	field := func(at int) []byte {
		n, from := int(binary.LittleEndian.Uint16(m[at:])), int(binary.LittleEndian.Uint32(m[at+4:]))
		if from+n > len(m) {
			return nil
		}
		return m[from : from+n]
	}
	response, domain, user, station := field(20), field(28), field(36), field(44)
	if flags := binary.LittleEndian.Uint32(m[60:]); flags&1 == 0 || flags&(1<<30) != 0 {
		return nil, fmt.Errorf("flags %#x", flags)
	}
	if len(response) < 44 {
		return nil, errors.New("not version 2")
	}
	proof, temp := response[:16], response[16:]
	if temp[0] != 1 || temp[1] != 1 {
		return nil, errors.New("not version 1 of the response")
	}
	if want := ntProof(ntowf2(ntHash, utf16String(user), utf16String(domain)), nonce, temp); !hmac.Equal(proof, want) {
		return nil, errors.New("wrong password")
	}
	who := &identity{name: utf16String(domain) + `\` + utf16String(user), station: utf16String(station)}
	seen := map[uint16]bool{}
	for pairs := temp[28:]; ; {
		id, n := binary.LittleEndian.Uint16(pairs), int(binary.LittleEndian.Uint16(pairs[2:]))
		value := pairs[4 : 4+n]
		switch id {
		case 0:
			if !seen[1] || !seen[2] || !seen[7] || len(pairs) != 8 { // the end, and four bytes behind it
				return who, errors.New("target information is not the server's")
			}
			return who, nil
		case 6:
			return nil, errors.New("a flag for a message integrity code that is not there")
		case 10:
			who.token = value
		}
		seen[id] = true
		pairs = pairs[4+n:]
	}
}

func ntowf2(ntHash, user, domain string) []byte {
	key, _ := hex.DecodeString(ntHash)
	return mac(key, utf16le(strings.ToUpper(user)+domain))
}

func ntProof(key, nonce, temp []byte) []byte { return mac(key, nonce, temp) }

func mac(key []byte, data ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, d := range data {
		h.Write(d)
	}
	return h.Sum(nil)
}

// bindingOf is what MsvAvChannelBindings has for a server's certificate.
func bindingOf(c *x509.Certificate) []byte {
	if c == nil {
		return nil
	}
	h := map[x509.SignatureAlgorithm]crypto.Hash{
		x509.SHA256WithRSA: crypto.SHA256, x509.ECDSAWithSHA256: crypto.SHA256, x509.ECDSAWithSHA384: crypto.SHA384, x509.ECDSAWithSHA512: crypto.SHA512,
	}[c.SignatureAlgorithm].New()
	h.Write(c.Raw)
	data := "tls-server-end-point:" + string(h.Sum(nil))
	var b bytes.Buffer
	for _, n := range []uint32{0, 0, 0, 0, uint32(len(data))} {
		_ = binary.Write(&b, binary.LittleEndian, n)
	}
	b.WriteString(data)
	sum := md5.Sum(b.Bytes())
	return sum[:]
}

func utf16le(s string) []byte {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

func utf16String(b []byte) string {
	var c []uint16
	for ; len(b) >= 2; b = b[2:] {
		c = append(c, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(c))
}

// TestVectors holds the server of the tests against MS-NLMP, section 4.2.4.
func TestVectors(t *testing.T) {
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	key := ntowf2(ntHash, "User", "Domain")
	if want := unhex("0c868a403bfd7a93a3001ef22ef02e3f"); !bytes.Equal(key, want) {
		t.Errorf("NTOWFv2 is %x, want %x", key, want)
	}
	temp := unhex("01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000" +
		"02000c0044006f006d00610069006e00" + "01000c005300650072007600650072000000000000000000")
	if got, want := ntProof(key, unhex("0123456789abcdef"), temp), unhex("68cd0ab851e51c96aabc927bebef6a1c"); !bytes.Equal(got, want) {
		t.Errorf("NTProofStr is %x, want %x", got, want)
	}
}
