package ewstest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// xmlElement is an element of a request of autodiscover, for which there are no
// generated bindings.
type xmlElement struct {
	name  xml.Name
	attrs []xml.Attr
	text  string
	kids  []*xmlElement
}

// maxDepth bounds how deep elements are nested.
const maxDepth = 32

// readElement reads a document. Document types are refused, as are other
// encodings than UTF-8.
func readElement(doc []byte) (*xmlElement, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var stack []*xmlElement
	var root *xmlElement
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) && root != nil && len(stack) == 0 {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.Directive:
			return nil, errors.New("a document type is not allowed")
		case xml.StartElement:
			e := &xmlElement{name: tok.Name, attrs: tok.Copy().Attr}
			switch {
			case len(stack) == maxDepth:
				return nil, errors.New("elements are nested too deeply")
			case len(stack) > 0:
				top := stack[len(stack)-1]
				top.kids = append(top.kids, e)
			case root != nil:
				return nil, errors.New("more than one root element")
			default:
				root = e
			}
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(tok)
			} else if len(bytes.TrimSpace(tok)) > 0 {
				return nil, errors.New("text outside of the root element")
			}
		}
	}
}

// child returns the first child with the name, nil if there is none or e is
// nil.
func (e *xmlElement) child(space, local string) *xmlElement {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if k.name.Space == space && k.name.Local == local {
			return k
		}
	}
	return nil
}

// value returns the text without white space around it; empty for nil.
func (e *xmlElement) value() string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(e.text)
}

// shape says what an element of a request may have in it: parts in this order,
// or text if there are none.
type shape struct {
	name     string
	min, max int // how often; a max of 0 means any number
	parts    []shape
}

// check holds e, whose name fits, against its shape.
func (p shape) check(e *xmlElement) error {
	if len(p.parts) == 0 {
		if len(e.kids) > 0 {
			return fmt.Errorf("element %s has element %s in it, where text belongs", p.name, e.kids[0].name.Local)
		}
		return nil
	}
	if strings.TrimSpace(e.text) != "" {
		return fmt.Errorf("element %s has text in it, where elements belong", p.name)
	}
	kids := e.kids
	for _, q := range p.parts {
		n := 0
		for len(kids) > 0 && kids[0].name == (xml.Name{Space: e.name.Space, Local: q.name}) {
			if err := q.check(kids[0]); err != nil {
				return err
			}
			kids = kids[1:]
			n++
		}
		if n < q.min || q.max > 0 && n > q.max {
			return fmt.Errorf("element %s has %d elements %s in it", p.name, n, q.name)
		}
	}
	if len(kids) > 0 {
		return fmt.Errorf("element %s has element %s in it, which does not belong there", p.name, kids[0].name.Local)
	}
	return nil
}

// The requests. What is called nillable in the schema may be empty.
var (
	settingsShape = shape{name: "RequestedSettings", min: 1, max: 1, parts: []shape{{name: "Setting"}}}
	versionShape  = shape{name: "RequestedVersion", max: 1} // clients leave it out, and Microsoft's examples do

	// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getusersettingsrequest-soap
	userSettingsShape = shape{name: "GetUserSettingsRequestMessage", parts: []shape{{name: "Request", max: 1, parts: []shape{
		{name: "Users", min: 1, max: 1, parts: []shape{{name: "User", parts: []shape{{name: "Mailbox", min: 1, max: 1}}}}},
		settingsShape, versionShape,
	}}}}
	// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getdomainsettingsrequest-soap
	domainSettingsShape = shape{name: "GetDomainSettingsRequestMessage", parts: []shape{{name: "Request", max: 1, parts: []shape{
		{name: "Domains", min: 1, max: 1, parts: []shape{{name: "Domain"}}},
		settingsShape, versionShape,
	}}}}
	// https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-request-for-exchange
	poxShape = shape{name: "Autodiscover", parts: []shape{{name: "Request", min: 1, max: 1, parts: []shape{
		{name: "EMailAddress", max: 1}, {name: "LegacyDN", max: 1}, {name: "AcceptableResponseSchema", min: 1, max: 1},
	}}}}
)
