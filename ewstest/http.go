package ewstest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// exchange is one HTTP request and what is answered to it.
type exchange struct {
	srv     *Server
	w       http.ResponseWriter
	r       *http.Request
	log     *entry
	release release // that answers
	rule    *rule   // by which the server misbehaves; nil if it does not
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &entry{Request: Request{Time: s.cfg.Clock(), Method: r.Method, Path: r.URL.Path}, start: time.Now(), log: &s.requests}
	x := &exchange{srv: s, w: counter{w, e}, r: r, log: e, release: s.release}
	defer s.record(r, e)
	name, ok := cutFold(r.URL.Path, "/EWS/")
	_, discovers := cutFold(r.URL.Path, "/autodiscover/")
	switch {
	case discovers:
		x.serveAutodiscover()
	case strings.EqualFold(r.URL.Path, EndpointPath):
		x.serveEndpoint()
	case ok && isContract(name):
		x.serveContract(name)
	default:
		http.NotFound(x.w, r)
	}
}

// cutFold is strings.CutPrefix in any case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// authenticate returns the mailbox of the user that sent the request. If there
// is none it answers, and returns nil.
func (x *exchange) authenticate() *mailbox {
	if other := x.srv.cfg.Authenticate; other != nil {
		user, ok := other(x.w, x.r)
		if !ok {
			return nil
		}
		if b := x.srv.store.mailboxOf(user); b != nil {
			x.log.User = b.account.Address
			return b
		}
		x.w.WriteHeader(http.StatusForbidden) // authenticated, and has no mailbox
		return nil
	}
	user, password, ok := x.r.BasicAuth()
	if ok {
		if b := x.srv.store.mailboxOf(user); b != nil && b.account.Password == password {
			x.log.User = b.account.Address
			return b
		}
	}
	x.unauthorized()
	return nil
}

func (x *exchange) unauthorized() {
	x.w.Header().Set("WWW-Authenticate", `Basic realm="`+x.r.Host+`"`)
	x.w.WriteHeader(http.StatusUnauthorized)
}

// serveEndpoint answers what is sent to Exchange.asmx.
func (x *exchange) serveEndpoint() {
	user := x.authenticate()
	if user == nil {
		return
	}
	body, ok := x.posted(func() { // as Exchange does, which shows the contract to a browser
		http.Redirect(x.w, x.r, "/EWS/Services.wsdl", http.StatusFound)
	})
	if ok {
		x.serveCall(user, body)
	}
}

// posted returns what was posted to a SOAP service. If nothing was it answers,
// a browser by page.
func (x *exchange) posted(page func()) ([]byte, bool) {
	switch x.r.Method {
	case http.MethodPost:
	case http.MethodGet, http.MethodHead:
		page()
		return nil, false
	default:
		x.w.Header().Set("Allow", "GET, HEAD, POST")
		x.w.WriteHeader(http.StatusMethodNotAllowed)
		return nil, false
	}
	if !isXML(x.r.Header.Get("Content-Type")) {
		x.w.WriteHeader(http.StatusUnsupportedMediaType)
		return nil, false
	}
	return x.read()
}

// isXML reports whether a request is SOAP 1.1: SOAP 1.2 has another type.
func isXML(contentType string) bool {
	t, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	return err == nil && t == "text/xml" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// read returns the request's body. If that is too large it answers.
func (x *exchange) read() ([]byte, bool) {
	r := http.MaxBytesReader(x.w, x.r.Body, x.srv.cfg.MaxRequestBytes)
	body, err := io.ReadAll(r)
	x.log.Received = int64(len(body))
	if err == nil && strings.EqualFold(x.r.Header.Get("Content-Encoding"), "gzip") {
		body, err = gunzip(body, x.srv.cfg.MaxRequestBytes)
	}
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return body, true
	case errors.As(err, &large):
		x.w.WriteHeader(http.StatusRequestEntityTooLarge)
	default:
		x.w.WriteHeader(http.StatusBadRequest)
	}
	return nil, false
}

func gunzip(body []byte, limit int64) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(plain)) > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	return plain, err
}

// leastCompressed is the length from which answers are compressed.
const leastCompressed = 1024

var compressors = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

// write sends a body, compressed if the client takes that.
func (x *exchange) write(status int, body []byte) {
	h := x.w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/xml; charset=utf-8")
	}
	h.Set("Vary", "Accept-Encoding")
	plain := x.srv.cfg.Uncompressed || x.rule != nil && x.rule.Padding > 0
	if !plain && len(body) >= leastCompressed && accepts(x.r.Header.Get("Accept-Encoding"), "gzip") {
		var b bytes.Buffer
		z := compressors.Get().(*gzip.Writer)
		z.Reset(&b)
		_, err := z.Write(body)
		if err = errors.Join(err, z.Close()); err == nil {
			h.Set("Content-Encoding", "gzip")
			body = b.Bytes()
		}
		compressors.Put(z)
	}
	if x.rule != nil {
		x.rule.write(x, status, body)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body)
}

// accepts reports whether a header Accept-Encoding allows the coding.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q = strings.ReplaceAll(q, " ", "")
			return !strings.HasPrefix(q, "q=0") || strings.Trim(q[3:], ".0") != ""
		}
	}
	return false
}
