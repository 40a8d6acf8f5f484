package ewstest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// The namespaces of the SOAP service. Microsoft's pages show them with https,
// the schema has http.
const (
	discoverURI   = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
	addressingURI = "http://www.w3.org/2005/08/addressing"
	dispatcherURI = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"
)

// The codes of the SOAP service.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/errorcode-soap
const (
	discoverNoError         = "NoError"
	discoverRedirectAddress = "RedirectAddress"
	discoverRedirectURL     = "RedirectUrl"
	discoverInvalidUser     = "InvalidUser"
	discoverInvalidRequest  = "InvalidRequest"
	discoverInvalidSetting  = "InvalidSetting"
	discoverNotAvailable    = "SettingIsNotAvailable"
	discoverInvalidDomain   = "InvalidDomain"
	discoverInternal        = "InternalServerError"
)

var discoverCodes = []string{
	discoverNoError, discoverRedirectAddress, discoverRedirectURL, discoverInvalidUser, discoverInvalidRequest, discoverInvalidSetting,
	discoverNotAvailable, "ServerBusy", discoverInvalidDomain, "NotFederated", discoverInternal,
}

// discoverCode is what the service calls a code of EWS.
func discoverCode(code messages.ResponseCode) string {
	if s := strings.TrimPrefix(string(code), "Error"); slices.Contains(discoverCodes, s) {
		return s
	}
	return discoverInternal
}

// discoverCall is a request of the SOAP service.
type discoverCall struct {
	op       string
	targets  []string // addresses or domains
	settings []string
}

// serveDiscoverSOAP answers what is sent to autodiscover.svc.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/soap-autodiscover-web-service-reference-for-exchange
func (x *exchange) serveDiscoverSOAP() {
	user := x.authenticate()
	if user == nil {
		return
	}
	body, ok := x.posted(func() {
		x.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = x.w.Write([]byte("<html><head><title>Autodiscover Service</title></head><body></body></html>"))
	})
	if !ok {
		return
	}
	envelope, err := readElement(body)
	if err != nil {
		x.w.WriteHeader(http.StatusBadRequest)
		return
	}
	c, ok := x.readDiscoverCall(envelope)
	if !ok {
		return
	}
	if x.rule = x.srv.faults.hit(x.log.Request); x.rule != nil {
		x.log.Fault = true
		x.rule.serve(x, served{
			refuse: func(f *refusal) { x.answerDiscover(c, discoverAnswer{code: discoverCode(f.code), text: f.text}) },
			work: func(r *rule) (answer, note func()) {
				a := x.discoverAnswer(c, r.Parts, r.Text)
				return func() { x.answerDiscover(c, a) }, func() { x.noteDiscover(a) }
			},
		})
		return
	}
	x.answerDiscover(c, x.discoverAnswer(c, nil, ""))
}

// readDiscoverCall takes an envelope apart. If that is impossible it answers
// with a fault as Windows Communication Foundation sends them.
func (x *exchange) readDiscoverCall(envelope *xmlElement) (*discoverCall, bool) {
	if envelope.name.Space != wire.SOAPURI || envelope.name.Local != "Envelope" {
		x.w.WriteHeader(http.StatusBadRequest)
		return nil, false
	}
	header, body := envelope.child(wire.SOAPURI, "Header"), envelope.child(wire.SOAPURI, "Body")
	action := header.child(addressingURI, "Action").value()
	op, ok := strings.CutPrefix(action, discoverURI+"/Autodiscover/")
	want := userSettingsShape
	if op == opDomainSettings {
		want = domainSettingsShape
	}
	if !ok || op != opUserSettings && op != opDomainSettings {
		x.faultDiscover("ActionNotSupported", addressingURI, fmt.Sprintf("There is a ContractFilter mismatch: the service has no Action %q.", action))
		return nil, false
	}
	x.log.Op = op
	x.log.Version = types.ExchangeVersion(header.child(discoverURI, "RequestedServerVersion").value())
	if header != nil {
		for _, h := range header.kids {
			if understand(h) && h.name.Space != discoverURI && h.name.Space != addressingURI {
				x.faultDiscover("MustUnderstand", wire.SOAPURI, fmt.Sprintf("The header %s was not understood.", h.name.Local))
				return nil, false
			}
		}
	}
	var message *xmlElement
	if body != nil && len(body.kids) == 1 {
		message = body.kids[0]
	}
	err := fmt.Errorf("%s is not the element of the Action", want.name)
	if message != nil && message.name.Space == discoverURI && message.name.Local == want.name {
		err = want.check(message)
	}
	// The service itself passes over what it does not expect, and then lacks it.
	if err != nil && !x.srv.cfg.Lenient || message == nil {
		x.faultDiscover("DeserializationFailed", dispatcherURI, "The request could not be read: "+err.Error()+".")
		return nil, false
	}
	c := &discoverCall{op: op}
	request := message.child(discoverURI, "Request")
	for _, u := range kidsOf(request.child(discoverURI, "Users")) {
		c.targets = append(c.targets, u.child(discoverURI, "Mailbox").value())
	}
	for _, d := range kidsOf(request.child(discoverURI, "Domains")) {
		c.targets = append(c.targets, d.value())
	}
	for _, s := range kidsOf(request.child(discoverURI, "RequestedSettings")) {
		c.settings = append(c.settings, s.value())
	}
	return c, true
}

func kidsOf(e *xmlElement) []*xmlElement {
	if e == nil {
		return nil
	}
	return e.kids
}

// understand reports whether a header must be understood.
func understand(e *xmlElement) bool {
	for _, a := range e.attrs {
		if a.Name.Space == wire.SOAPURI && a.Name.Local == "mustUnderstand" {
			return a.Value == "1" || a.Value == "true"
		}
	}
	return false
}

// faultDiscover answers with a SOAP fault.
func (x *exchange) faultDiscover(code, uri, text string) {
	x.log.Code = messages.ResponseCode(code)
	x.sendDiscover(http.StatusInternalServerError, "fault", func(e *wire.Encoder) {
		e.Start("s:Fault")
		e.Start("faultcode")
		e.AttrString("xmlns:c", uri, true)
		e.Text("c:" + code)
		e.End("faultcode")
		e.Start("faultstring")
		e.AttrString("xml:lang", "en-US", true)
		e.Text(text)
		e.End("faultstring")
		e.End("s:Fault")
	})
}

// sendDiscover writes an envelope of the SOAP service.
func (x *exchange) sendDiscover(status int, action string, write func(*wire.Encoder)) {
	info := x.srv.release.info()
	info.Version = string(x.srv.productVersion())
	if x.rule != nil && x.rule.ServerVersion != nil {
		info = *x.rule.ServerVersion
	}
	e := wire.NewEncoder([]byte(`<?xml version="1.0" encoding="utf-8"?>`))
	e.Start("s:Envelope")
	e.AttrString("xmlns:s", wire.SOAPURI, true)
	e.AttrString("xmlns:a", addressingURI, true)
	e.Start("s:Header")
	e.Start("a:Action")
	e.AttrString("s:mustUnderstand", "1", true)
	e.Text(cmp.Or(actionOf(action), addressingURI+"/"+action))
	e.End("a:Action")
	e.Start("h:ServerVersionInfo")
	e.AttrString("xmlns:h", discoverURI, true)
	e.Int("h:MajorVersion", int64(info.MajorVersion), true)
	e.Int("h:MinorVersion", int64(info.MinorVersion), true)
	e.Int("h:MajorBuildNumber", int64(info.MajorBuildNumber), true)
	e.Int("h:MinorBuildNumber", int64(info.MinorBuildNumber), true)
	e.String("h:Version", info.Version, true)
	e.End("h:ServerVersionInfo")
	e.End("s:Header")
	e.Start("s:Body")
	write(e)
	e.End("s:Body")
	e.End("s:Envelope")
	if err := e.Err(); err != nil {
		http.Error(x.w, "ewstest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	x.write(status, e.Bytes())
}

// actionOf is the action of an operation's answer; empty for a fault.
func actionOf(op string) string {
	if op == "fault" {
		return ""
	}
	return discoverURI + "/Autodiscover/" + op + "Response"
}
