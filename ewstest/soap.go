package ewstest

import (
	"errors"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
	"github.com/seed-1937cc67/goews/internal/xsd/validate"
)

// serveCall answers a SOAP request.
func (x *exchange) serveCall(user *mailbox, body []byte) {
	s := x.srv
	c := &call{ctx: x.r.Context(), srv: s, host: x.r.Host, store: s.store, user: user, version: firstVersion, loc: time.UTC}
	req, h, err := s.read(c, body)
	x.log.Version = c.version
	if c.op != nil {
		x.log.Op = c.op.Name
	}
	if c.user != user {
		x.log.As = c.user.account.Address
	}
	if err != nil {
		x.refuse(err)
		return
	}
	x.release = s.releaseFor(c.user)
	if x.rule = s.faults.hit(x.log.Request); x.rule != nil {
		x.log.Fault = true
		x.rule.serve(x, served{refuse: func(f *refusal) { x.refuse(f) }, work: func(r *rule) (answer, note func()) {
			res, err := r.work(c, h, req)
			return func() { x.finish(c, h, res, err) }, func() {
				if err == nil {
					x.log.outcome(res)
				}
			}
		}})
		return
	}
	res, err := h.do(c, req)
	x.finish(c, h, res, err)
}

// finish answers with the outcome of an operation.
func (x *exchange) finish(c *call, h handler, res messages.Message, err error) {
	if err != nil {
		x.refuse(err)
		return
	}
	x.log.outcome(res)
	x.answer(c.version, "m:"+h.op.Response, res)
}

// firstVersion is the version of requests that name none.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/requestserverversion
const firstVersion = types.ExchangeVersionExchange2007SP1

// read takes the request apart: who, which version, which operation.
func (s *Server) read(c *call, body []byte) (messages.Message, handler, error) {
	var h handler
	hd, name, err := readHeader(body)
	if hd.version != "" {
		c.version = hd.version
	}
	if err != nil {
		return nil, h, err
	}
	if err := s.checkVersion(c.version); err != nil {
		return nil, h, err
	}
	h, known := s.handlers[name]
	if !known {
		return nil, h, noOperation(name)
	}
	c.op = h.op
	if !s.cfg.Lenient {
		if body, err = checkSchema(body, c.version, h.op.Name); err != nil {
			return nil, h, err
		}
	}
	if err := s.applyHeader(c, &hd); err != nil {
		return nil, h, err
	}
	if behind := s.releaseFor(c.user); behind.version.Before(c.version) {
		return nil, h, refuse(messages.ErrorInvalidSchemaVersionForMailboxVersion)
	}
	req := h.op.NewRequest()
	d := wire.NewDecoderBytes(body, wire.Limits{})
	if d.Root() && d.ChildNamed(wire.NSSOAP, "Body") && d.Child() {
		req.DecodeXML(d)
	}
	if err := d.Err(); err != nil {
		return nil, h, schemaRefusal(0, 0, err.Error())
	}
	return req, h, nil
}

// releaseFor returns the server that does what is asked of a mailbox: this one,
// or an older one behind it.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
func (s *Server) releaseFor(box *mailbox) release {
	if r, ok := releaseOf(box.account.Version); ok {
		return r
	}
	return s.release
}

// applyHeader does what the header says.
func (s *Server) applyHeader(c *call, hd *header) error {
	c.culture = hd.culture
	if hd.impersonate != nil {
		as, err := s.impersonate(c.user, hd.impersonate)
		if err != nil {
			return err
		}
		c.user = as
	}
	if hd.zone != nil {
		loc, err := zoneOf(hd.zone)
		if err != nil {
			return refuse(messages.ErrorTimeZone)
		}
		c.zone, c.loc = hd.zone.ID, loc
	}
	return nil
}

// location returns the zone of times that have none: that of the request's
// TimeZoneContext, else UTC.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/timezonecontext
func (c *call) location() *time.Location {
	if c.loc == nil {
		return time.UTC
	}
	return c.loc
}

// noOperation refuses what the server does not do. Exchange does all of the
// contract, so it has no word for an operation that is missing; clients take
// ErrorInvalidRequest for a sign that the version is wrong, and try others.
func noOperation(name string) error {
	for _, op := range messages.Operations() {
		if _, local, _ := strings.Cut(op.Request, ":"); local == name {
			return &refusal{code: messages.ErrorInvalidOperation, text: "ewstest does not have the operation " + op.Name + "."}
		}
	}
	return refuse(messages.ErrorInvalidRequest)
}

// checkVersion refuses a version that the server does not have. Exchange 2016
// and later say ErrorInvalidRequest, also to names that never were one, such
// as Exchange2019; the servers before them have a code for it.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/requestserverversion
func (s *Server) checkVersion(version types.ExchangeVersion) error {
	v, err := validator()
	if err != nil {
		return err
	}
	if v.Knows(string(version)) && !s.cfg.Version.Before(version) {
		return nil
	}
	if s.cfg.Version.Before(types.ExchangeVersionExchange2016) {
		return refuse(messages.ErrorInvalidServerVersion)
	}
	return refuse(messages.ErrorInvalidRequest)
}

// checkSchema holds the request against the contract of its version. It
// returns the request, put right if Exchange takes it although it is invalid.
func checkSchema(body []byte, version types.ExchangeVersion, op string) ([]byte, error) {
	v, err := validator()
	if err != nil {
		return nil, err
	}
	o := validate.Options{Version: string(version)}
	err = v.Envelope(body, o)
	if err == nil {
		return body, nil
	}
	if fixed := putRight(body, op); fixed != nil && v.Envelope(fixed, o) == nil {
		return fixed, nil
	}
	var bad *validate.Error
	if !errors.As(err, &bad) {
		return nil, err
	}
	if bad.Kind == validate.Envelope || bad.Kind == validate.Unknown {
		return nil, refuse(messages.ErrorInvalidRequest)
	}
	return nil, schemaRefusal(bad.Line, bad.Column, bad.Violation)
}

// header is what the SOAP header says.
type header struct {
	version     types.ExchangeVersion
	impersonate *types.ExchangeImpersonation
	zone        *types.TimeZoneDefinition
	culture     string
}

// readHeader reads the header and the local name of the body's element. What
// is wrong with the document's form is said as the validator says it.
func readHeader(body []byte) (header, string, error) {
	var hd header
	name := ""
	d := wire.NewDecoderBytes(body, wire.Limits{})
	if d.Root() && string(d.Local(wire.NSSOAP)) == "Envelope" {
		for d.Child() {
			switch string(d.Local(wire.NSSOAP)) {
			case "Header":
				hd.read(d)
			case "Body":
				if name == "" && d.Child() {
					name = string(d.Local(wire.NSMessages))
					d.End()
				}
				d.End()
			default:
				d.Skip()
			}
		}
	}
	if d.Err() == nil && name != "" {
		return hd, name, nil
	}
	v, err := validator()
	if err != nil {
		return hd, "", err
	}
	var bad *validate.Error
	if err := v.Envelope(body, validate.Options{}); errors.As(err, &bad) && bad.Kind == validate.Syntax && len(body) > 0 {
		return hd, "", schemaRefusal(bad.Line, bad.Column, bad.Violation)
	}
	return hd, "", refuse(messages.ErrorInvalidRequest)
}

func (hd *header) read(d *wire.Decoder) {
	for d.Child() {
		switch string(d.Local(wire.NSTypes)) {
		case "RequestServerVersion":
			var v types.RequestServerVersion
			v.DecodeXML(d)
			hd.version = types.ExchangeVersion(v.Version)
		case "ExchangeImpersonation":
			hd.impersonate = new(types.ExchangeImpersonation)
			hd.impersonate.DecodeXML(d)
		case "MailboxCulture":
			hd.culture = d.Text()
		case "TimeZoneContext":
			var z types.TimeZoneContext
			z.DecodeXML(d)
			hd.zone = &z.TimeZoneDefinition
		default:
			d.Skip()
		}
	}
}

// impersonate returns the mailbox of the user that the header names, if the
// other user may act for it.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/exchangeimpersonation
func (s *Server) impersonate(user *mailbox, as *types.ExchangeImpersonation) (*mailbox, error) {
	id := as.ConnectingSID
	var box *mailbox
	missing := messages.ErrorNonExistentMailbox
	switch {
	case id.PrimarySMTPAddress != "":
		box = s.store.mailboxOf(id.PrimarySMTPAddress)
	case id.SMTPAddress != "":
		box = s.store.mailboxOf(id.SMTPAddress)
	case id.PrincipalName != "":
		box, missing = s.store.mailboxOf(id.PrincipalName), messages.ErrorInvalidUserPrincipalName
	case id.SID != "":
		box, missing = s.store.bySID(id.SID), messages.ErrorInvalidUserSid
		if !strings.HasPrefix(strings.ToUpper(id.SID), "S-1-") {
			missing = messages.ErrorInvalidSid
		}
	default:
		return nil, refuse(messages.ErrorInvalidExchangeImpersonationHeaderData)
	}
	switch {
	case box == nil:
		return nil, refuse(missing)
	case box != user && !user.account.Impersonates:
		return nil, refuse(messages.ErrorImpersonateUserDenied)
	}
	return box, nil
}
