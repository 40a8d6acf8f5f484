package ews

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// request is a SOAP request, to be sent once or more.
type request struct {
	open    func() (io.Reader, error) // from the beginning
	length  int64                     // in bytes, -1 if not known
	text    []byte                    // without what comes from sources
	sources []*source
}

// request returns the SOAP request of an operation.
func (c *Client) request(op *messages.Operation, version types.ExchangeVersion, req messages.Marshaler) (request, error) {
	sources := sourcesOf(req)
	if len(sources) == 0 {
		e := c.envelope(op, version, req, nil)
		b := e.Bytes()
		return request{func() (io.Reader, error) { return bytes.NewReader(b), nil }, int64(len(b)), b, nil}, e.Err()
	}
	document := func(f func(*source) (io.Reader, error)) (*wire.Encoder, error) {
		var failed error
		e := c.envelope(op, version, req, func(_ string, v []byte) (io.Reader, int64) {
			for _, s := range sources {
				if len(v) > 0 && len(s.marker) > 0 && &v[0] == &s.marker[0] {
					r, err := f(s)
					if err != nil {
						failed = err
					}
					return r, s.size
				}
			}
			return nil, 0
		})
		return e, errors.Join(e.Err(), failed)
	}
	// To begin with, for the length and for what the encoder refuses.
	found := 0
	e, err := document(func(*source) (io.Reader, error) { found++; return strings.NewReader(""), nil })
	switch {
	case err != nil:
		return request{}, err
	case found != len(sources):
		return request{}, fmt.Errorf("of %d markers of FromReader %d stand in base64 fields of the request", len(sources), found)
	}
	open := func() (io.Reader, error) {
		e, err := document((*source).open)
		return e.Document(), err
	}
	return request{open, e.Document().Len(), e.Bytes(), sources}, nil
}

// envelope writes the SOAP request, values from readers as from says; nil is
// for none. Only headers that the operation declares are sent, but for
// ExchangeImpersonation: the service's own client sends that with every request,
// and without it InstallApp, say, would be done to the authenticated user.
//
// https://github.com/OfficeDev/ews-managed-api/blob/master/Core/Requests/ServiceRequestBase.cs
func (c *Client) envelope(op *messages.Operation, version types.ExchangeVersion, req messages.Marshaler, from func(string, []byte) (io.Reader, int64)) *wire.Encoder {
	e := wire.NewEncoder([]byte(`<?xml version="1.0" encoding="utf-8"?>` + "\n"))
	e.Start("s:Envelope")
	e.AttrString("xmlns:s", wire.SOAPURI, true)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	e.AttrString("xmlns:m", wire.MessagesURI, true)
	e.Start("s:Header")
	if op.Headers.Has(messages.HeaderVersion) {
		e.Start("t:RequestServerVersion")
		e.AttrString("Version", string(version), true)
		e.End("t:RequestServerVersion")
	}
	if c.cfg.Culture != "" && op.Headers.Has(messages.HeaderCulture) {
		e.String("t:MailboxCulture", c.cfg.Culture, false)
	}
	if c.cfg.Impersonate != nil {
		e.Elem("t:ExchangeImpersonation", c.cfg.Impersonate)
	}
	if c.cfg.TimeZone != "" && op.Headers.Has(messages.HeaderTimeZone) && !version.Before(types.ExchangeVersionExchange2010) {
		e.Start("t:TimeZoneContext")
		e.Start("t:TimeZoneDefinition")
		e.AttrString("Id", c.cfg.TimeZone, true)
		e.End("t:TimeZoneDefinition")
		e.End("t:TimeZoneContext")
	}
	if c.cfg.DateTimePrecision != "" && op.Headers.Has(messages.HeaderPrecision) && !version.Before(types.ExchangeVersionExchange2010SP2) {
		e.String("t:DateTimePrecision", string(c.cfg.DateTimePrecision), false)
	}
	if c.cfg.ManagementRole != nil && op.Headers.Has(messages.HeaderManagementRole) && !version.Before(types.ExchangeVersionExchange2013) {
		e.Elem("t:ManagementRole", c.cfg.ManagementRole)
	}
	e.End("s:Header")
	e.Start("s:Body")
	if from != nil {
		e.FromReaders(from)
	}
	e.Elem(op.Request, req)
	e.End("s:Body")
	e.End("s:Envelope")
	return e
}

// readFault reads a SOAP fault.
func readFault(op *messages.Operation, d *wire.Decoder) *FaultError {
	f := &FaultError{Op: op.Name}
	for d.Child() {
		switch string(d.Name()) {
		case "faultcode":
			f.FaultCode = strings.TrimSpace(d.Text())
		case "faultstring":
			f.Text = d.Text()
		case "detail":
			for d.Child() {
				switch string(d.Name()) {
				case "ResponseCode":
					f.Code = messages.ResponseCode(strings.TrimSpace(d.Text()))
				case "Message":
					f.Message = d.Text()
				case "MessageXml":
					f.readXML(d)
				default:
					d.Skip()
				}
			}
		default:
			d.Skip()
		}
	}
	if _, local, ok := strings.Cut(f.FaultCode, ":"); ok && f.Code == "" && strings.HasPrefix(local, "Error") {
		f.Code = messages.ResponseCode(local)
	}
	return f
}

// readXML reads where the schema was violated, and how long to wait.
func (f *FaultError) readXML(d *wire.Decoder) {
	for d.Child() {
		switch string(d.Name()) {
		case "LineNumber":
			f.Line = int(d.Int32())
		case "LinePosition":
			f.Column = int(d.Int32())
		case "Violation":
			f.Violation = d.Text()
		case "Value":
			if name, text := readValue(d); name == backOffName {
				f.BackOff = milliseconds(text)
			}
		default:
			d.Skip()
		}
	}
}

// backOffName is the name of the value that says how long to wait. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange.
const backOffName = "BackOffMilliseconds"

// readValue reads t:Value, of which MessageXml has any number.
func readValue(d *wire.Decoder) (name, text string) {
	for d.Attr() {
		if string(d.Name()) == "Name" {
			name = d.Text()
		}
	}
	return name, strings.TrimSpace(d.Text())
}

func milliseconds(text string) time.Duration {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms <= 0 || ms > int64(24*time.Hour/time.Millisecond) {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// valuesOf returns the t:Value of a response message's MessageXml by name;
// nil if there are none or if it is malformed.
func valuesOf(xml types.Raw) map[string]string {
	if !strings.Contains(string(xml), "Value") {
		return nil
	}
	d := wire.NewDecoderBytes([]byte("<m>"+string(xml)+"</m>"), wire.Limits{})
	out := map[string]string{}
	if d.Root() {
		for d.Child() {
			if string(d.Name()) == "Value" {
				name, text := readValue(d)
				out[name] = text
			} else {
				d.Skip()
			}
		}
	}
	if d.Err() != nil {
		return nil
	}
	return out
}
