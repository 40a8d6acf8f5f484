package ewstest

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// answer writes an envelope with an answer as clients of the version know it.
func (x *exchange) answer(version types.ExchangeVersion, element string, res wire.Marshaler) {
	e := wire.NewEncoder(nil)
	e.Elem(element, res)
	body, err := e.Bytes(), e.Err()
	if err == nil && version.Before(x.srv.cfg.Version) {
		body, err = prune(body, version)
	}
	if err != nil {
		http.Error(x.w, "ewstest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	x.send(http.StatusOK, func(e *wire.Encoder) { e.Raw(types.Raw(body)) })
}

// send writes an envelope with the body that write writes.
func (x *exchange) send(status int, write func(*wire.Encoder)) {
	doc, err := x.envelope(write)
	if err != nil {
		http.Error(x.w, "ewstest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	x.write(status, doc)
}

func (x *exchange) envelope(write func(*wire.Encoder)) ([]byte, error) {
	info := x.release.info()
	if x.rule != nil && x.rule.ServerVersion != nil {
		info = *x.rule.ServerVersion
	}
	e := wire.NewEncoder(append(make([]byte, 0, 4096), `<?xml version="1.0" encoding="utf-8"?>`...))
	e.Start("s:Envelope")
	e.AttrString("xmlns:s", wire.SOAPURI, true)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	e.AttrString("xmlns:m", wire.MessagesURI, true)
	e.Start("s:Header")
	e.Elem("t:ServerVersionInfo", &info)
	e.End("s:Header")
	e.Start("s:Body")
	write(e)
	e.End("s:Body")
	e.End("s:Envelope")
	return e.Bytes(), e.Err()
}

// info is what answers say of the server.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversioninfo
func (r release) info() types.ServerVersionInfo {
	return types.ServerVersionInfo{
		MajorVersion: r.major, MinorVersion: r.minor, MajorBuildNumber: r.build, MinorBuildNumber: r.minorBuild, Version: r.announced,
		Present: types.ServerVersionInfoHasMajorVersion | types.ServerVersionInfoHasMinorVersion |
			types.ServerVersionInfoHasMajorBuildNumber | types.ServerVersionInfoHasMinorBuildNumber,
	}
}

// refuse answers with a SOAP fault. Exchange gives status 500 to each.
func (x *exchange) refuse(err error) {
	var f *refusal
	if !errors.As(err, &f) {
		fl := asFailure(err)
		f = &refusal{code: fl.code, text: fl.text}
	}
	x.log.Code = f.code
	x.send(http.StatusInternalServerError, f.encode)
}

// refuse returns a refusal with the text that Exchange gives for the code.
func refuse(code messages.ResponseCode) *refusal { return &refusal{code: code, text: textOf(code)} }

// schemaRefusal refuses a request that does not hold to the contract.
func schemaRefusal(line, column int, violation string) *refusal {
	return &refusal{
		code: messages.ErrorSchemaValidation, line: line, column: column, violation: violation,
		text: textOf(messages.ErrorSchemaValidation) + ": " + violation,
	}
}

// encode writes the fault as Exchange does: children of detail in the
// namespace of errors, but the last.
func (f *refusal) encode(e *wire.Encoder) {
	message := f.text
	if f.violation != "" {
		message = textOf(f.code) + "."
	}
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
	e.Text(message)
	e.End("e:Message")
	f.details(e)
	e.End("detail")
	e.End("s:Fault")
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
		e.Raw(types.Raw(backOffXML(f.backOff)))
	}
	e.End("t:MessageXml")
}

// backOffXML says for how long the server wants to be left alone.
//
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
func backOffXML(d time.Duration) string {
	return `<t:Value xmlns:t="` + wire.TypesURI + `" Name="BackOffMilliseconds">` + strconv.FormatInt(d.Milliseconds(), 10) + `</t:Value>`
}
