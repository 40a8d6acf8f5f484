// Package wsdl finds the operations of an EWS contract: those that
// services.wsdl declares, read with gowsdl, and those that only messages.xsd
// has elements for.
package wsdl

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/hooklift/gowsdl"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// FileName is the name of the service description in a schema set.
const FileName = "services.wsdl"

// Operation is an EWS operation.
type Operation struct {
	Name          string
	Action        string // SOAPAction
	Request       xsd.Name
	Response      xsd.Name
	Headers       []xsd.Name // SOAP headers of the request, in order
	OutputHeaders []xsd.Name // SOAP headers of the answer
	InWSDL        bool
	xsd.Versions
}

// Read returns the operations of the set in fsys, sorted by name. s is the
// schema of the same set. A set may lack the WSDL.
func Read(fsys fs.FS, s *xsd.Schema) ([]Operation, error) {
	var ops []Operation
	data, err := fs.ReadFile(fsys, FileName)
	switch {
	case err == nil:
		if ops, err = declared(data); err != nil {
			return nil, fmt.Errorf("wsdl: %s: %w", FileName, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("wsdl: %w", err)
	}
	for i, op := range ops {
		if e := s.Elements[op.Request]; e != nil {
			ops[i].Versions = e.Versions
		}
	}
	ops = append(ops, undeclared(s, ops)...)
	slices.SortFunc(ops, func(a, b Operation) int { return strings.Compare(a.Name, b.Name) })
	return ops, nil
}

// declared reads the WSDL. Operation, elements and headers are read, never
// guessed from names: 70 of the operations do not follow the usual pattern.
func declared(data []byte) ([]Operation, error) {
	var w gowsdl.WSDL
	if err := xml.Unmarshal(data, &w); err != nil {
		return nil, err
	}
	messages := map[string]*gowsdl.WSDLMessage{}
	for _, m := range w.Messages {
		messages[m.Name] = m
	}
	qname := func(s string) xsd.Name {
		prefix, local, _ := strings.Cut(s, ":")
		return xsd.Name{Space: w.Xmlns[prefix], Local: local}
	}
	part := func(message, name string) (xsd.Name, error) {
		_, local, _ := strings.Cut(message, ":")
		m := messages[local]
		if m == nil {
			return xsd.Name{}, fmt.Errorf("no message %q", message)
		}
		for _, p := range m.Parts {
			if p.Name == name || name == "" {
				return qname(p.Element), nil
			}
		}
		return xsd.Name{}, fmt.Errorf("no part %q in message %q", name, message)
	}
	ports := map[string]*gowsdl.WSDLOperation{}
	for _, pt := range w.PortTypes {
		for _, op := range pt.Operations {
			ports[op.Name] = op
		}
	}
	var out []Operation
	for _, b := range w.Binding {
		for _, bo := range b.Operations {
			port := ports[bo.Name]
			if port == nil {
				return nil, fmt.Errorf("operation %s: bound, but in no port type", bo.Name)
			}
			op := Operation{Name: bo.Name, Action: bo.SOAPOperation.SOAPAction, InWSDL: true}
			var err error
			if op.Request, err = part(port.Input.Message, bo.Input.SOAPBody.Parts); err != nil {
				return nil, fmt.Errorf("operation %s: %w", bo.Name, err)
			}
			if op.Response, err = part(port.Output.Message, bo.Output.SOAPBody.Parts); err != nil {
				return nil, fmt.Errorf("operation %s: %w", bo.Name, err)
			}
			for _, h := range bo.Input.SOAPHeader {
				n, err := part(h.Message, h.Part)
				if err != nil {
					return nil, fmt.Errorf("operation %s: %w", bo.Name, err)
				}
				op.Headers = append(op.Headers, n)
			}
			for _, h := range bo.Output.SOAPHeader {
				n, err := part(h.Message, h.Part)
				if err != nil {
					return nil, fmt.Errorf("operation %s: %w", bo.Name, err)
				}
				op.OutputHeaders = append(op.OutputHeaders, n)
			}
			out = append(out, op)
		}
	}
	return out, nil
}

// undeclared returns the operations that the WSDL lacks: a global element of
// messages.xsd whose type derives from BaseRequestType, and the element of
// its answer, the same name with Response or ResponseMessage behind it.
func undeclared(s *xsd.Schema, have []Operation) []Operation {
	base := xsd.Name{Space: xsd.Messages, Local: "BaseRequestType"}
	var out []Operation
	for _, name := range names(s) {
		e := s.Elements[name]
		if name.Space != xsd.Messages || !derives(s, e, base) ||
			slices.ContainsFunc(have, func(o Operation) bool { return o.Request == name }) {
			continue
		}
		op := Operation{
			Name:          name.Local,
			Action:        xsd.Messages + "/" + name.Local,
			Request:       name,
			OutputHeaders: []xsd.Name{{Space: xsd.Types, Local: "ServerVersionInfo"}},
			Headers:       []xsd.Name{{Space: xsd.Types, Local: "ExchangeImpersonation"}, {Space: xsd.Types, Local: "MailboxCulture"}, {Space: xsd.Types, Local: "RequestServerVersion"}},
			Versions:      e.Versions,
		}
		for _, suffix := range []string{"Response", "ResponseMessage"} {
			r := xsd.Name{Space: xsd.Messages, Local: name.Local + suffix}
			if s.Elements[r] != nil {
				op.Response = r
				break
			}
		}
		if op.Response.IsZero() {
			// EndInstantSearchSession: no schema declares its answer. Like
			// every answer it is a response message.
			op.Response = xsd.Name{Space: xsd.Messages, Local: name.Local + "Response"}
			s.Elements[op.Response] = &xsd.Element{
				Name: op.Response, Type: xsd.Name{Space: xsd.Messages, Local: "ResponseMessageType"}, Versions: e.Versions,
			}
		}
		out = append(out, op)
	}
	return out
}

func names(s *xsd.Schema) []xsd.Name {
	out := slices.Collect(maps.Keys(s.Elements))
	slices.SortFunc(out, func(a, b xsd.Name) int { return strings.Compare(a.String(), b.String()) })
	return out
}

func derives(s *xsd.Schema, e *xsd.Element, base xsd.Name) bool {
	n := e.Type
	if e.Inline != nil {
		n = e.Inline.Base
	}
	for !n.IsZero() {
		if n == base {
			return true
		}
		t := s.Types[n]
		if t == nil {
			return false
		}
		n = t.Base
	}
	return false
}
