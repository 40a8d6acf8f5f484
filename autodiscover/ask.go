package autodiscover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/auth"
)

// reply is what asking one service led to.
type reply struct {
	step    Step
	result  *Result       // Found
	to      *url.URL      // Redirected to a URL
	address string        // Redirected to an address
	offered []string      // WantsCredentials, Refused
	sure    bool          // WantsCredentials: it shows that it is Exchange
	wait    time.Duration // Busy
	// dead says that other services of the same place need not be asked.
	dead bool
}

// ask asks one service of a place for the settings of an address.
func (s *sender) ask(ctx context.Context, p place, service Kind, address string, credentials bool) *reply {
	u := p.url(service, address)
	r := &reply{step: Step{Kind: service, Address: address, URL: showURL(u), Credentials: credentials}}
	method, body := http.MethodPost, []byte(nil)
	switch service {
	case SOAP:
		body = userSettings(string(s.cfg.Version), u.String(), []string{address}, s.cfg.Settings)
	case POX:
		body = outlook(address)
	default:
		method = http.MethodGet
	}
	h, err := s.send(ctx, credentials, method, u, body, address)
	for n := 0; n < 2 && !credentials && cutOff(err); n++ {
		h, err = s.send(ctx, false, method, u, body, address)
	}
	if h != nil {
		r.step.Took, r.step.Status = h.took, h.status
	}
	if err != nil {
		r.unreachable(s, err)
		return r
	}
	switch h.status {
	case http.StatusOK, http.StatusInternalServerError: // SOAP has faults with the latter
		r.read(s, h, service)
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		r.redirect(u, h)
	case http.StatusUnauthorized:
		r.unauthorized(h)
	case http.StatusForbidden:
		// IIS answers so where a client certificate is missing.
		if !credentials && s.cfg.Auth != nil && strings.HasPrefix(h.header.Get("Server"), "Microsoft-IIS") && service != JSON {
			r.unauthorized(h)
			break
		}
		r.step.Outcome = NotThere
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		r.step.Outcome, r.step.Err, r.wait = Busy, &AnswerError{Service: service, Code: strconv.Itoa(h.status), Message: http.StatusText(h.status)}, h.retry
	default:
		// The documentation has it that any other status means another place.
		r.step.Outcome = NotThere
	}
	if r.step.Outcome == NotThere && service == JSON && h.status != http.StatusOK {
		r.declinedJSON(h)
	}
	return r
}

// unreachable says that no answer came.
func (r *reply) unreachable(s *sender, err error) {
	r.step.Outcome, r.step.Err, r.dead = Failed, err, true
	var timeout *TimeoutError
	var unsent auth.Unsent
	switch {
	case errors.As(err, &unsent):
		r.step.Credentials = false
	case nobody(err):
		r.step.Outcome = NotThere
	case wantsCertificate(err) && !r.step.Credentials && s.cfg.Auth != nil:
		r.step.Outcome, r.offered, r.sure = WantsCredentials, []string{"a client certificate"}, true
	case !errors.As(err, &timeout) && !errors.Is(err, context.Canceled):
		r.step.Err = &connection{err}
	}
}

// read makes the reply of an answer's body.
func (r *reply) read(s *sender, h *response, service Kind) {
	if h.cut != nil {
		r.step.Outcome, r.step.Err = Failed, h.cut
		return
	}
	a, err := decode(service, h.body)
	switch {
	case err != nil && webPage(h):
		r.step.Outcome, r.step.Err = NotThere, errors.New("it is a web page")
		return
	case err != nil && h.status != http.StatusOK:
		r.step.Outcome = NotThere
		return
	case err != nil:
		r.step.Outcome, r.step.Err = NotThere, fmt.Errorf("not the answer of such a service: %w", err)
		return
	}
	switch a.code {
	case "", "NoError":
		found := a.result(s.cfg, r.step.Address)
		if found.EWS == "" {
			r.step.Outcome, r.step.Err = NotThere, errors.New("there is no https URL of EWS among the settings")
			return
		}
		found.Endpoint, found.Service = r.step.URL, service
		r.step.Outcome, r.step.Target, r.result = Found, found.EWS, found
	case "RedirectAddress":
		r.step.Outcome, r.step.Target, r.address = Redirected, shorten(a.target), a.target
	case "RedirectUrl":
		to, err := url.Parse(a.target)
		if err != nil {
			r.step.Outcome, r.step.Err = Failed, errors.New("it redirects to a malformed URL")
			return
		}
		r.step.Outcome, r.step.Target, r.to = Redirected, showURL(to), to
	case "ServerBusy":
		r.step.Outcome, r.step.Err = Busy, &AnswerError{Service: service, Code: a.code, Message: a.message}
	default:
		r.step.Outcome, r.step.Err = Declined, &AnswerError{Service: service, Code: a.code, Message: a.message}
	}
}

// webPage reports whether an answer is HTML.
func webPage(h *response) bool {
	start := strings.ToLower(string(h.body[:min(len(h.body), 256)]))
	return strings.Contains(h.header.Get("Content-Type"), "html") || strings.Contains(start, "<!doctype html") || strings.Contains(start, "<html")
}

// decode reads the answer of a service for one user.
func decode(service Kind, body []byte) (*answer, error) {
	switch service {
	case POX:
		return readPOX(body)
	case JSON:
		return readJSON(body)
	}
	m, err := readSOAP(body)
	if err != nil {
		return nil, err
	}
	return m.one()
}

// one returns the answer for the only user, or what the server says of the
// request as a whole.
func (m *soapAnswer) one() (*answer, error) {
	switch {
	case m.fault != "":
		return &answer{code: m.fault, message: m.message}, nil
	case m.code != "" && m.code != "NoError" || len(m.answers) == 0 && m.message != "":
		return &answer{code: m.code, message: m.message}, nil
	case len(m.answers) == 0:
		return nil, errors.New("there is no user in the answer")
	}
	a := &m.answers[0]
	m.fill(a)
	return a, nil
}

// fill adds what the header says of the server.
func (m *soapAnswer) fill(a *answer) {
	if a.values["CasVersion"] == "" && a.values["ExternalEwsVersion"] == "" && m.build != "" {
		a.values["CasVersion"] = m.build
	}
}

// redirect says where an HTTP status redirects to.
func (r *reply) redirect(from *url.URL, h *response) {
	to, err := from.Parse(h.header.Get("Location"))
	if err != nil || h.header.Get("Location") == "" {
		r.step.Outcome, r.step.Err = Failed, errors.New("it redirects to nowhere: its Location is missing or malformed")
		return
	}
	r.step.Outcome, r.step.Target, r.to = Redirected, showURL(to), to
	// The JSON service redirects to another address by the URL, too.
	if email := to.Query().Get("Email"); r.step.Kind == JSON && email != "" && !strings.EqualFold(email, r.step.Address) {
		r.step.Target, r.to, r.address = shorten(email), nil, email
	}
}

// unauthorized says that the service wants credentials, or others.
func (r *reply) unauthorized(h *response) {
	r.offered = h.offered
	if r.step.Credentials {
		r.step.Outcome = Refused
		r.step.Err = &CredentialsError{URL: r.step.URL, Sent: orUnknown(h.sent), Offered: h.offered}
		return
	}
	r.step.Outcome, r.sure = WantsCredentials, exchange(h)
	if len(h.offered) > 0 {
		r.step.Target = strings.Join(h.offered, ", ")
	}
}

func orUnknown(scheme string) string {
	if scheme == "" {
		return "the credentials"
	}
	return scheme
}

// exchange reports whether an answer shows that it comes from Exchange: by
// headers that Exchange has in it, or by schemes that web servers without it
// rarely have.
func exchange(h *response) bool {
	for _, name := range []string{"X-SOAP-Enabled", "X-WSSecurity-Enabled", "X-OAuth-Enabled", "X-FEServer", "X-CalculatedBETarget", "X-OWA-Version"} {
		if h.header.Get(name) != "" {
			return true
		}
	}
	for _, scheme := range h.offered {
		switch strings.ToLower(scheme) {
		case "ntlm", "negotiate", "bearer":
			return true
		}
	}
	return false
}

// declinedJSON reads the error that the JSON service answers with.
func (r *reply) declinedJSON(h *response) {
	if a, err := readJSON(h.body); err == nil && h.cut == nil && a.code != "" {
		r.step.Outcome, r.step.Err = Declined, &AnswerError{Service: JSON, Code: a.code, Message: a.message}
	}
}
