package ewstest

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/internal/xsd/validate"
	"github.com/seed-1937cc67/goews/schemas"
)

// contract is the contract of the service. It is read once a process.
var contract = sync.OnceValues(func() (*xsd.Schema, error) {
	return xsd.Read(schemas.FS, "types.xsd", "messages.xsd")
})

// validator checks requests against the contract. It is compiled once a
// process, when the first request comes.
var validator = sync.OnceValues(func() (*validate.Validator, error) {
	s, err := contract()
	if err != nil {
		return nil, err
	}
	return validate.New(s)
})

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &entry{start: time.Now()}
	defer s.log(r, e)
	w = counter{w, e}
	if strings.EqualFold(r.URL.Path, EndpointPath) {
		s.serveCall(w, r, e)
		return
	}
	// Exchange serves its contract beside the endpoint.
	if dir, file, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); ok && strings.EqualFold(dir, "EWS") && r.Method == http.MethodGet {
		for _, name := range []string{"Services.wsdl", "messages.xsd", "types.xsd"} {
			if strings.EqualFold(file, name) {
				if s.authenticate(w, r) != nil {
					serveContract(w, strings.ToLower(name))
				}
				return
			}
		}
	}
	http.NotFound(w, r)
}

func serveContract(w http.ResponseWriter, name string) {
	data, err := fs.ReadFile(schemas.FS, name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	_, _ = w.Write(data)
}

// authenticate returns the mailbox of the user that sent r. If there is none
// it answers, and returns nil.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) *mailbox {
	user, password, ok := r.BasicAuth()
	if ok {
		if b := s.store.mailboxOf(user); b != nil && b.account.Password == password {
			return b
		}
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="`+r.Host+`"`)
	w.WriteHeader(http.StatusUnauthorized)
	return nil
}

// serveCall answers a SOAP request.
func (s *Server) serveCall(w http.ResponseWriter, r *http.Request, e *entry) {
	user := s.authenticate(w, r)
	if user == nil {
		return
	}
	e.user = user.account.Address
	if r.Method != http.MethodPost {
		// As Exchange does, which shows the contract to a browser.
		http.Redirect(w, r, "/EWS/Services.wsdl", http.StatusFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.cfg.MaxRequestBytes))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
		return
	}
	e.received = int64(len(body))
	c := &call{ctx: r.Context(), srv: s, store: s.store, user: user, version: s.cfg.Version}
	req, h, err := s.read(c, body)
	e.version = string(c.version)
	if c.op != nil {
		e.op = c.op.Name
	}
	if c.user != user {
		e.as = c.user.account.Address
	}
	if err != nil {
		s.refuse(w, err)
		return
	}
	if s.faults.apply(w, r, c) {
		return
	}
	res, err := h.do(c, req)
	if err != nil {
		s.refuse(w, err)
		return
	}
	s.answer(w, c.version, "m:"+h.op.Response, res)
}

// read takes the request apart: who, which version, which operation.
func (s *Server) read(c *call, body []byte) (messages.Message, handler, error) {
	var h handler
	hd, name, err := readHeader(body)
	if err != nil {
		return nil, h, err
	}
	if hd.version != "" {
		c.version = hd.version
	}
	if err := s.checkVersion(c.version); err != nil {
		return nil, h, err
	}
	if !s.cfg.Lenient {
		if err := checkSchema(body, c.version); err != nil {
			return nil, h, err
		}
	}
	h, ok := s.handlers[name]
	if !ok {
		return nil, h, noOperation(name)
	}
	c.op, c.zone, c.culture = h.op, hd.zone, hd.culture
	if hd.impersonate != nil {
		as, err := s.impersonate(c.user, hd.impersonate)
		if err != nil {
			return nil, h, err
		}
		c.user = as
	}
	req := h.op.NewRequest()
	d := wire.NewDecoderBytes(body, wire.Limits{})
	if enter(d, "Body") && d.Child() {
		req.DecodeXML(d)
	}
	if err := d.Err(); err != nil {
		return nil, h, &refusal{code: messages.ErrorSchemaValidation, client: true,
			text: "The request failed schema validation: " + err.Error()}
	}
	return req, h, nil
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
	return &refusal{code: messages.ErrorInvalidRequest, text: texts[messages.ErrorInvalidRequest]}
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
	code := messages.ErrorInvalidServerVersion
	if !s.cfg.Version.Before(types.ExchangeVersionExchange2016) {
		code = messages.ErrorInvalidRequest
	}
	return &refusal{code: code, text: texts[code]}
}

// header is what the SOAP header says.
type header struct {
	version     types.ExchangeVersion
	impersonate *types.ExchangeImpersonation
	zone        string
	culture     string
}

// readHeader reads the header and the local name of the body's element.
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
	if err := d.Err(); err != nil {
		return hd, "", &refusal{code: messages.ErrorInvalidRequest, client: true, text: "The request is no well-formed XML: " + err.Error()}
	}
	if name == "" {
		return hd, "", &refusal{code: messages.ErrorInvalidRequest, client: true, text: "The request is no SOAP envelope with an element of the messages namespace."}
	}
	return hd, name, nil
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
			for d.Child() {
				for d.Attr() {
					if string(d.Name()) == "Id" {
						hd.zone = d.Text()
					}
				}
				d.End()
			}
		default:
			d.Skip()
		}
	}
}

// enter advances into the child of the root with the name.
func enter(d *wire.Decoder, name string) bool {
	return d.Root() && d.ChildNamed(wire.NSSOAP, name)
}

// checkSchema holds the request against the contract of its version.
func checkSchema(body []byte, version types.ExchangeVersion) error {
	v, err := validator()
	if err != nil {
		return err
	}
	err = v.Envelope(body, validate.Options{Version: string(version)})
	var bad *validate.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		return &refusal{
			code: messages.ErrorSchemaValidation, client: true, line: bad.Line, column: bad.Column, violation: bad.Violation,
			text: "The request failed schema validation: " + bad.Violation,
		}
	}
	return err
}

// impersonate returns the mailbox that the header names, if user may.
func (s *Server) impersonate(user *mailbox, as *types.ExchangeImpersonation) (*mailbox, error) {
	sid := as.ConnectingSID
	for _, name := range []string{sid.PrimarySMTPAddress, sid.SMTPAddress, sid.PrincipalName} {
		if name == "" {
			continue
		}
		box := s.store.mailboxOf(name)
		switch {
		case box == nil:
			return nil, &refusal{code: messages.ErrorNonExistentMailbox, text: texts[messages.ErrorNonExistentMailbox]}
		case box != user && !user.account.Impersonates:
			return nil, &refusal{code: messages.ErrorImpersonateUserDenied, text: texts[messages.ErrorImpersonateUserDenied]}
		}
		return box, nil
	}
	return nil, &refusal{code: messages.ErrorInvalidExchangeImpersonationHeaderData, text: "The ExchangeImpersonation header names no user."}
}

// answer writes an envelope with an answer as clients of the version know it.
func (s *Server) answer(w http.ResponseWriter, version types.ExchangeVersion, element string, res wire.Marshaler) {
	e := wire.NewEncoder(nil)
	e.Elem(element, res)
	body, err := e.Bytes(), e.Err()
	if err == nil && version.Before(s.cfg.Version) {
		body, err = prune(body, version)
	}
	if err != nil {
		http.Error(w, "ewstest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	s.send(w, http.StatusOK, func(e *wire.Encoder) { e.Raw(types.Raw(body)) })
}

// send writes an envelope with the body that write writes.
func (s *Server) send(w http.ResponseWriter, status int, write func(*wire.Encoder)) {
	e := wire.NewEncoder(append(make([]byte, 0, 4096), `<?xml version="1.0" encoding="utf-8"?>`...))
	e.Start("s:Envelope")
	e.AttrString("xmlns:s", wire.SOAPURI, true)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	e.AttrString("xmlns:m", wire.MessagesURI, true)
	e.Start("s:Header")
	e.Elem("t:ServerVersionInfo", &types.ServerVersionInfo{
		MajorVersion: s.release.major, MinorVersion: s.release.minor,
		MajorBuildNumber: s.release.build, MinorBuildNumber: s.release.minorBuild,
		Version: string(s.release.version),
		Present: types.ServerVersionInfoHasMajorVersion | types.ServerVersionInfoHasMinorVersion |
			types.ServerVersionInfoHasMajorBuildNumber | types.ServerVersionInfoHasMinorBuildNumber,
	})
	e.End("s:Header")
	e.Start("s:Body")
	write(e)
	e.End("s:Body")
	e.End("s:Envelope")
	if err := e.Err(); err != nil {
		http.Error(w, "ewstest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(e.Bytes())))
	w.WriteHeader(status)
	_, _ = w.Write(e.Bytes())
}

// refuse answers with a SOAP fault. Exchange gives status 500 to each.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	var f *refusal
	if !errors.As(err, &f) {
		fl := asFailure(err)
		f = &refusal{code: fl.code, text: fl.text}
	}
	s.send(w, http.StatusInternalServerError, func(e *wire.Encoder) {
		e.Start("s:Fault")
		e.Start("faultcode")
		e.AttrString("xmlns:a", wire.TypesURI, true)
		e.Text("a:" + string(f.code))
		e.End("faultcode")
		e.Start("faultstring")
		e.AttrString("xml:lang", "en-US", true)
		e.Text(f.text)
		e.End("faultstring")
		e.Start("detail")
		e.Start("e:ResponseCode")
		e.AttrString("xmlns:e", wire.ErrorsURI, true)
		e.Text(string(f.code))
		e.End("e:ResponseCode")
		e.Start("e:Message")
		e.AttrString("xmlns:e", wire.ErrorsURI, true)
		e.Text(f.text)
		e.End("e:Message")
		f.details(e)
		e.End("detail")
		e.End("s:Fault")
	})
}

// details writes what a program may want to know of the fault.
func (f *refusal) details(e *wire.Encoder) {
	if f.violation == "" && f.backOff == 0 {
		return
	}
	e.Start("t:MessageXml")
	if f.violation != "" {
		e.String("t:LineNumber", strconv.Itoa(f.line), true)
		e.String("t:LinePosition", strconv.Itoa(f.column), true)
		e.String("t:Violation", f.violation, true)
	}
	if f.backOff > 0 {
		e.Start("t:Value")
		e.AttrString("Name", "BackOffMilliseconds", true)
		e.Text(strconv.Itoa(f.backOff))
		e.End("t:Value")
	}
	e.End("t:MessageXml")
}
