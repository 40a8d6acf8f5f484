package autodiscover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// UserSettings is what a server says of one of several users: a Result, whose
// EWS may be empty, or an error. An *AnswerError with a Target says where the
// settings are to be had.
type UserSettings struct {
	Address string
	Result  *Result
	Err     error
}

// DomainSettings is what a server says of one of several domains, as in
// "ExternalEwsUrl" and "ExternalEwsVersion".
type DomainSettings struct {
	Domain        string
	Settings      map[string]string
	SettingErrors []SettingError
	Err           error
}

// GetUserSettings asks the SOAP service at an endpoint, as in Result.Endpoint,
// for the settings of several users with one request. It sends Config.Auth's
// credentials, follows no redirect, and looks nowhere else. Its answers line up
// with addresses. The request as a whole fails with an *Error.
//
// A service account learns so where all mailboxes of its organisation are. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getusersettings-operation-soap.
func GetUserSettings(ctx context.Context, endpoint string, addresses []string, cfg Config) ([]UserSettings, error) {
	for _, a := range addresses {
		if _, err := domainOf(a); err != nil {
			return nil, err
		}
	}
	q := &question{endpoint: endpoint, names: addresses, body: func(cfg *Config, to string) []byte {
		return userSettings(string(cfg.Version), to, addresses, cfg.Settings)
	}}
	m, err := q.ask(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	out := make([]UserSettings, len(addresses))
	for i := range m.answers {
		a := &m.answers[i]
		out[i].Address = addresses[i]
		if out[i].Err = a.err(); out[i].Err != nil {
			continue
		}
		m.fill(a)
		r := a.result(&cfg, addresses[i])
		r.Requested, r.Endpoint, r.Service, r.Steps = addresses[i], q.url, SOAP, q.steps
		out[i].Result = r
	}
	return out, nil
}

// GetDomainSettings asks the SOAP service at an endpoint for settings of
// domains; for "ExternalEwsUrl" and "ExternalEwsVersion" if Config.Settings is
// empty. It is as GetUserSettings otherwise. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getdomainsettings-operation-soap.
func GetDomainSettings(ctx context.Context, endpoint string, domains []string, cfg Config) ([]DomainSettings, error) {
	if len(cfg.Settings) == 0 {
		cfg.Settings = []string{"ExternalEwsUrl", "ExternalEwsVersion"}
	}
	q := &question{endpoint: endpoint, names: domains, body: func(cfg *Config, to string) []byte {
		return domainSettings(string(cfg.Version), to, domains, cfg.Settings)
	}}
	m, err := q.ask(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	out := make([]DomainSettings, len(domains))
	for i, a := range m.answers {
		out[i] = DomainSettings{Domain: domains[i], Settings: a.values, SettingErrors: a.errors, Err: a.err()}
	}
	return out, nil
}

// domainSettings is a GetDomainSettings request.
func domainSettings(version, to string, domains, settings []string) []byte {
	return envelope("GetDomainSettings", version, to, func(b *strings.Builder) {
		b.WriteString(`<a:Domains>`)
		for _, d := range domains {
			fmt.Fprintf(b, `<a:Domain>%s</a:Domain>`, escape(d))
		}
		b.WriteString(`</a:Domains>`)
	}, settings)
}

// err returns the error that an answer is; nil if it has settings.
func (a *answer) err() error {
	if a.code == "" || a.code == "NoError" {
		return nil
	}
	return &AnswerError{Service: SOAP, Code: a.code, Message: a.message, Target: a.target}
}

// question is one request to the SOAP service of one place.
type question struct {
	endpoint string
	names    []string
	body     func(cfg *Config, to string) []byte

	url   string
	steps []Step
}

// ask returns an answer that has as many parts as the question.
func (q *question) ask(ctx context.Context, cfg *Config) (*soapAnswer, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	*cfg = cfg.withDefaults()
	u, err := url.Parse(q.endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("autodiscover: the endpoint %q is no https URL such as https://autodiscover.example.com/autodiscover/autodiscover.svc", cleanURL(q.endpoint))
	}
	p := placeOf(u)
	u = p.url(SOAP, "")
	q.url = showURL(u)
	if len(q.names) == 0 {
		return new(soapAnswer), nil
	}
	s := newSender(cfg)
	defer s.close()
	r := &reply{step: Step{Kind: SOAP, Address: q.names[0], URL: q.url, Credentials: s.authed != nil}}
	h, err := s.send(ctx, s.authed != nil, http.MethodPost, u, q.body(cfg, u.String()), q.names[0])
	if h != nil {
		r.step.Status, r.step.Took = h.status, h.took
	}
	m, err := r.several(s, h, err, len(q.names))
	q.steps = []Step{r.step}
	if cfg.Trace != nil {
		cfg.Trace(r.step)
	}
	if err != nil {
		return nil, &Error{Address: strings.Join(q.names[:min(len(q.names), 3)], ", "), Steps: q.steps, Err: err}
	}
	return m, nil
}

// several reads an answer with n parts.
func (r *reply) several(s *sender, h *response, err error, n int) (*soapAnswer, error) {
	switch {
	case err != nil:
		r.unreachable(s, err)
		return nil, err
	case h.status == http.StatusUnauthorized:
		if r.unauthorized(h); r.step.Err == nil {
			r.step.Err = &CredentialsError{URL: r.step.URL, Offered: h.offered}
		}
		return nil, r.step.Err
	case h.status == http.StatusTooManyRequests || h.status == http.StatusServiceUnavailable:
		err = &AnswerError{Service: SOAP, Code: strconv.Itoa(h.status), Message: http.StatusText(h.status)}
		r.step.Outcome, r.step.Err = Busy, err
		return nil, err
	case h.cut != nil:
		r.step.Outcome, r.step.Err = Failed, h.cut
		return nil, h.cut
	case h.status != http.StatusOK && h.status != http.StatusInternalServerError:
		r.step.Outcome = NotThere
		return nil, ErrNotFound
	}
	m, err := readSOAP(h.body)
	switch {
	case err != nil:
		r.step.Outcome, r.step.Err = NotThere, err
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	case m.fault != "":
		err = &AnswerError{Service: SOAP, Code: m.fault, Message: m.message}
	case m.code != "" && m.code != "NoError":
		err = &AnswerError{Service: SOAP, Code: m.code, Message: m.message}
	case len(m.answers) != n:
		err = errors.New("the server did not answer for each of those that were asked about")
	default:
		r.step.Outcome = Found
		return m, nil
	}
	r.step.Outcome, r.step.Err = Declined, err
	return nil, err
}
