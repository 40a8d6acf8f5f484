package ews

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// envelope returns the SOAP request. Only headers that the operation declares
// are sent.
func (c *Client) envelope(op *messages.Operation, req messages.Marshaler) ([]byte, error) {
	e := wire.NewEncoder([]byte(`<?xml version="1.0" encoding="utf-8"?>` + "\n"))
	e.Start("s:Envelope")
	e.AttrString("xmlns:s", wire.SOAPURI, true)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	e.AttrString("xmlns:m", wire.MessagesURI, true)
	e.Start("s:Header")
	version, _ := c.Version()
	if op.Headers.Has(messages.HeaderVersion) {
		e.Start("t:RequestServerVersion")
		e.AttrString("Version", string(version), true)
		e.End("t:RequestServerVersion")
	}
	if c.cfg.Culture != "" && op.Headers.Has(messages.HeaderCulture) {
		e.String("t:MailboxCulture", c.cfg.Culture, false)
	}
	if c.cfg.Impersonate != nil && op.Headers.Has(messages.HeaderImpersonation) {
		e.Elem("t:ExchangeImpersonation", c.cfg.Impersonate)
	}
	if c.cfg.TimeZone != "" && op.Headers.Has(messages.HeaderTimeZone) && !strings.HasPrefix(string(version), "Exchange2007") {
		e.Start("t:TimeZoneContext")
		e.Start("t:TimeZoneDefinition")
		e.AttrString("Id", c.cfg.TimeZone, true)
		e.End("t:TimeZoneDefinition")
		e.End("t:TimeZoneContext")
	}
	e.End("s:Header")
	e.Start("s:Body")
	e.Elem(op.Request, req)
	e.End("s:Body")
	e.End("s:Envelope")
	return e.Bytes(), e.Err()
}

// versions are the schema versions by build, newest first. A front end of
// Exchange Online, or of a version newer than this table, takes the last
// named schema version. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversioninfo.
var versions = []struct {
	major, minor, build int
	version             types.ExchangeVersion
}{
	{15, 1, 0, "Exchange2016"},
	{15, 0, 847, "Exchange2013_SP1"},
	{15, 0, 0, "Exchange2013"},
	{14, 2, 0, "Exchange2010_SP2"},
	{14, 1, 0, "Exchange2010_SP1"},
	{14, 0, 0, "Exchange2010"},
	{8, 1, 0, "Exchange2007_SP1"},
	{8, 0, 0, "Exchange2007"},
}

// learn reads ServerVersionInfo.
func (c *Client) learn(d *wire.Decoder) {
	var b Build
	for d.Attr() {
		switch string(d.Name()) {
		case "MajorVersion":
			b.Major = int(d.Int32())
		case "MinorVersion":
			b.Minor = int(d.Int32())
		case "MajorBuildNumber":
			b.MajorBuild = int(d.Int32())
		case "MinorBuildNumber":
			b.MinorBuild = int(d.Int32())
		}
	}
	d.End()
	if d.Err() != nil || b.Major == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.build = b
	for _, v := range versions {
		if b.Major > v.major || b.Major == v.major && (b.Minor > v.minor || b.Minor == v.minor && b.MajorBuild >= v.build) {
			c.version = v.version
			return
		}
	}
}

// fault reads a SOAP fault.
func fault(op *messages.Operation, d *wire.Decoder) *FaultError {
	f := &FaultError{Op: op.Name}
	for d.Child() {
		switch string(d.Name()) {
		case "faultcode":
			f.FaultCode = d.Text()
		case "faultstring":
			f.Text = d.Text()
		case "detail":
			for d.Child() {
				switch string(d.Name()) {
				case "ResponseCode":
					f.Code = messages.ResponseCode(d.Text())
				case "Message":
					f.Message = d.Text()
				case "MessageXml":
					faultXML(f, d)
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

// faultXML reads where the schema was violated, and how long to wait.
func faultXML(f *FaultError, d *wire.Decoder) {
	for d.Child() {
		switch string(d.Name()) {
		case "LineNumber":
			f.Line = int(d.Int32())
		case "LinePosition":
			f.Column = int(d.Int32())
		case "Violation":
			f.Violation = d.Text()
		case "Value":
			name := ""
			for d.Attr() {
				if string(d.Name()) == "Name" {
					name = d.Text()
				}
			}
			if text := d.Text(); name == "BackOffMilliseconds" {
				if ms, err := strconv.Atoi(text); err == nil && ms > 0 {
					f.BackOff = time.Duration(ms) * time.Millisecond
				}
			}
		default:
			d.Skip()
		}
	}
}
