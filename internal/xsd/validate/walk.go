package validate

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// place is what an element is in a document.
type place uint8

const (
	inSchema place = iota // checked against decl and typ
	ignored               // in a wildcard, or a header block nobody declared
	envelope
	header
	body
)

// frame is an open element.
type frame struct {
	raw   xml.Name // as written: prefix and local name
	name  xsd.Name
	off   int // of its start tag
	binds int // bindings in scope outside it
	place place
	lax   bool // ignored, but children that are declared are checked
	decl  *element
	typ   *ctype
	isNil bool
	count int // child elements
	cur   []int32
	next  []int32
	seen  []bool // members of an xs:all that were there
	text  []byte
}

type binding struct{ prefix, uri string }

// walker checks one document.
type walker struct {
	view     *view
	doc      []byte
	opts     Options
	envelope bool

	base   int // bytes of a byte order mark
	dec    *xml.Decoder
	stack  []*frame
	free   []*frame
	scope  []binding
	rooted bool
}

func (w *walker) run() *Error {
	if len(w.doc) > w.opts.MaxBytes {
		return w.fail(Limit, 0, fmt.Sprintf("The document has more than %d bytes.", w.opts.MaxBytes))
	}
	doc := w.doc
	if bytes.HasPrefix(doc, []byte("\ufeff")) {
		w.base = 3
		doc = doc[3:]
	}
	w.scope = append(w.scope, binding{"xml", xsd.XML})
	w.dec = xml.NewDecoder(bytes.NewReader(doc))
	for {
		off := w.base + int(w.dec.InputOffset())
		tok, err := w.dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return w.syntaxError(err)
		}
		if e := w.token(tok, off); e != nil {
			return e
		}
	}
	switch {
	case len(w.stack) > 0:
		var open []string
		for i := len(w.stack) - 1; i >= 0; i-- {
			open = append(open, written(w.stack[i].raw))
		}
		return w.syntax(len(w.doc), "Unexpected end of file has occurred. The following elements are not closed: "+strings.Join(open, ", ")+".")
	case !w.rooted:
		return w.syntax(len(w.doc), "Root element is missing.")
	}
	return nil
}

func (w *walker) token(tok xml.Token, off int) *Error {
	switch tok := tok.(type) {
	case xml.StartElement:
		return w.start(tok, off)
	case xml.EndElement:
		return w.end(tok, off)
	case xml.CharData:
		return w.chars(tok, off)
	case xml.Directive:
		return w.syntax(off+2, "For security reasons DTD is prohibited in this XML document.")
	case xml.ProcInst:
		if strings.EqualFold(tok.Target, "xml") && off != w.base {
			return w.syntax(off+2, "Unexpected XML declaration. The XML declaration must be the first node in the document, and no white space characters are allowed to appear before it.")
		}
	}
	return nil
}

func (w *walker) top() *frame {
	if len(w.stack) == 0 {
		return nil
	}
	return w.stack[len(w.stack)-1]
}

// push opens a frame, reusing a closed one.
func (w *walker) push() *frame {
	f := &frame{}
	if n := len(w.free); n > 0 {
		f, w.free = w.free[n-1], w.free[:n-1]
		*f = frame{cur: f.cur[:0], next: f.next[:0], text: f.text[:0]}
	}
	w.stack = append(w.stack, f)
	return f
}

func (w *walker) start(tok xml.StartElement, off int) *Error {
	p := w.top()
	switch {
	case p == nil && w.rooted:
		return w.syntax(off+1, "There are multiple root elements.")
	case len(w.stack) >= w.opts.MaxDepth:
		return w.fail(Limit, off+1, fmt.Sprintf("The document has elements nested more than %d deep.", w.opts.MaxDepth))
	}
	w.rooted = true
	f := w.push()
	f.raw, f.off, f.binds = tok.Name, off, len(w.scope)
	if e := w.bind(tok.Attr, off); e != nil {
		return e
	}
	uri, ok := w.lookup(tok.Name.Space)
	switch {
	case strings.Contains(tok.Name.Local, ":"):
		return w.syntax(off+1, "The ':' character, hexadecimal value 0x3A, cannot be included in a name.")
	case !ok:
		return w.undeclared(off+1, tok.Name.Space)
	}
	f.name = xsd.Name{Space: uri, Local: tok.Name.Local}
	attrs, e := w.attributes(tok.Attr, off)
	if e != nil {
		return e
	}
	if e := w.locate(p, f); e != nil {
		return e
	}
	switch {
	case f.place == inSchema:
		return w.open(f, attrs)
	case f.lax:
		return w.openLax(f, attrs)
	}
	return nil
}

// openLax checks the start tag of an undeclared element that a lax wildcard
// let in: what its attributes say of themselves must be right.
func (w *walker) openLax(f *frame, attrs []attr) *Error {
	for _, a := range attrs {
		switch {
		case a.name == xsd.Name{Space: xsiNS, Local: "type"}:
			f.place, f.typ = inSchema, w.view.anyType
			f.decl = &element{name: f.name, nillable: true, typ: f.typ}
			return w.open(f, attrs)
		case a.name == xsd.Name{Space: xsd.XML, Local: "lang"} && a.value != "":
			if reason := builtin("language").check(a.value); reason != "" {
				return w.fail(Schema, w.attrOffset(f.off, a.index), badAttrValue("xml:lang", a.value, xsd.XS+":language", reason))
			}
		case a.name.Space == soapNS:
			if reason := soapAttr(a); reason != "" {
				return w.fail(Schema, w.attrOffset(f.off, a.index), reason)
			}
		}
	}
	return nil
}

// bind takes the namespace declarations of a start tag into scope.
func (w *walker) bind(attrs []xml.Attr, off int) *Error {
	for i, a := range attrs {
		prefix, ok := declares(a.Name)
		if !ok {
			continue
		}
		switch {
		case len(w.scope) >= maxBindings:
			return w.fail(Limit, off+1, fmt.Sprintf("More than %d namespace declarations are in scope.", maxBindings))
		case prefix == "xmlns", prefix == "xml" && a.Value != xsd.XML:
			return w.syntax(w.attrOffset(off, i), "Prefix '"+prefix+"' cannot be mapped to namespace name '"+cut(a.Value)+"'.")
		case prefix != "" && a.Value == "":
			return w.syntax(w.attrOffset(off, i), "Invalid namespace declaration.")
		}
		w.scope = append(w.scope, binding{prefix, a.Value})
	}
	return nil
}

// declares returns the prefix that an attribute binds; ok is false if it is no
// namespace declaration.
func declares(n xml.Name) (prefix string, ok bool) {
	if n.Space == "xmlns" {
		return n.Local, true
	}
	return "", n.Space == "" && n.Local == "xmlns"
}

func (w *walker) lookup(prefix string) (string, bool) {
	for i := len(w.scope) - 1; i >= 0; i-- {
		if w.scope[i].prefix == prefix {
			return w.scope[i].uri, true
		}
	}
	return "", prefix == ""
}

// attr is an attribute of an element, its name resolved.
type attr struct {
	name  xsd.Name
	value string
	index int // place in the start tag
}

func (w *walker) attributes(in []xml.Attr, off int) ([]attr, *Error) {
	if len(in) == 0 {
		return nil, nil
	}
	out := make([]attr, 0, len(in))
	seen := make(map[xsd.Name]bool, len(in))
	for i, a := range in {
		n := xsd.Name{Space: a.Name.Space, Local: a.Name.Local}
		prefix, isDecl := declares(a.Name)
		if isDecl {
			n = xsd.Name{Space: "xmlns", Local: prefix}
		} else if n.Space != "" || strings.Contains(n.Local, ":") {
			uri, ok := w.lookup(n.Space)
			if !ok || strings.Contains(n.Local, ":") {
				return nil, w.undeclared(w.attrOffset(off, i), n.Space)
			}
			n.Space = uri
		}
		if seen[n] {
			return nil, w.syntax(w.attrOffset(off, i), "'"+written(a.Name)+"' is a duplicate attribute name.")
		}
		seen[n] = true
		if !isDecl {
			out = append(out, attr{name: n, value: a.Value, index: i})
		}
	}
	return out, nil
}

// locate decides what an element is: part of the envelope, or declared by the
// schema and by whom.
func (w *walker) locate(p, f *frame) *Error {
	if p == nil {
		if w.envelope {
			f.place = envelope
			if f.name != (xsd.Name{Space: soapNS, Local: "Envelope"}) {
				return w.fail(Envelope, f.off+1, "The '"+colonName(f.name)+"' element is not declared.")
			}
			return nil
		}
		return w.global(f)
	}
	p.count++
	switch p.place {
	case envelope:
		return w.part(p, f)
	case header:
		if w.view.elements[f.name] != nil {
			return w.global(f)
		}
		f.place = ignored
		return nil
	case body:
		if p.count > 1 {
			return w.fail(Envelope, f.off+1, invalidChild(p.name, f.name, nil))
		}
		return w.global(f)
	case ignored:
		f.place, f.lax = ignored, p.lax
		if f.lax && w.view.elements[f.name] != nil {
			return w.global(f)
		}
		return nil
	}
	return w.child(p, f)
}

// part places a child of the envelope: one header at most, then one body.
func (w *walker) part(p, f *frame) *Error {
	switch {
	case f.name == xsd.Name{Space: soapNS, Local: "Header"} && p.count == 1:
		f.place = header
	case f.name == xsd.Name{Space: soapNS, Local: "Body"} && !p.isNil:
		f.place, p.isNil = body, true // isNil of the envelope: the body was there
	default:
		return w.fail(Envelope, f.off+1, invalidChild(p.name, f.name, nil))
	}
	return nil
}

func (w *walker) global(f *frame) *Error {
	f.place = inSchema
	f.decl = w.view.elements[f.name]
	if f.decl == nil {
		return w.fail(Unknown, f.off+1, "The '"+colonName(f.name)+"' element is not declared.")
	}
	f.typ = f.decl.typ
	return nil
}

// child finds the declaration of an element in the content model of its
// parent.
func (w *walker) child(p, f *frame) *Error {
	switch {
	case p.isNil:
		return w.fail(Schema, f.off+1, "Element '"+colonName(p.name)+"' must have no character or element children.")
	case p.typ.kind == noContent:
		return w.fail(Schema, f.off+1, "The element '"+colonName(p.name)+"' cannot contain child element '"+colonName(f.name)+"' because the parent element's content model is empty.")
	case p.typ.kind == textContent:
		return w.fail(Schema, f.off+1, "The element '"+colonName(p.name)+"' cannot contain child element '"+colonName(f.name)+"' because the parent element's content model is text only.")
	case p.typ.kind == anyContent:
		return w.wild(f, lax)
	case p.typ.model.all:
		return w.member(p, f)
	}
	var governs *position
	p.next, governs = p.typ.model.next(p.next[:0], p.cur, p.count > 1, f.name)
	if governs == nil {
		return w.fail(Schema, f.off+1, invalidChild(p.name, f.name, p.typ.model.expected(p.cur, p.count > 1)))
	}
	p.cur, p.next = p.next, p.cur
	if governs.wild != nil {
		return w.wild(f, governs.wild.process)
	}
	f.place, f.decl, f.typ = inSchema, governs.elem, governs.elem.typ
	return nil
}

// member places a child in an xs:all.
func (w *walker) member(p, f *frame) *Error {
	m := p.typ.model
	if p.seen == nil {
		p.seen = make([]bool, len(m.positions))
	}
	for i := range m.positions {
		if !m.positions[i].accepts(f.name) {
			continue
		}
		if p.seen[i] {
			return w.fail(Schema, f.off+1, "Element '"+f.name.Local+"' cannot appear more than once if content model type is \"all\".")
		}
		p.seen[i] = true
		f.place, f.decl, f.typ = inSchema, m.positions[i].elem, m.positions[i].elem.typ
		return nil
	}
	return w.fail(Schema, f.off+1, invalidChild(p.name, f.name, p.missing(false)))
}

// expected lists what may come next in an element.
func (f *frame) expected() []*position {
	if f.typ.model.all {
		return f.missing(false)
	}
	return f.typ.model.expected(f.cur, f.count > 0)
}

// missing lists the members of an xs:all that were not there yet.
func (f *frame) missing(neededOnly bool) []*position {
	var list []*position
	for i := range f.typ.model.positions {
		p := &f.typ.model.positions[i]
		if (f.seen == nil || !f.seen[i]) && (p.needed || !neededOnly) {
			list = append(list, p)
		}
	}
	return list
}

// wild places an element that a wildcard lets in.
func (w *walker) wild(f *frame, how process) *Error {
	if how == strict || how == lax && w.view.elements[f.name] != nil {
		return w.global(f)
	}
	f.place, f.lax = ignored, how == lax
	return nil
}

// open checks a start tag: abstractness, xsi:type, xsi:nil and attributes.
func (w *walker) open(f *frame, attrs []attr) *Error {
	abstract := f.decl.abstract
	nilValue, hasNil := "", false
	for _, a := range attrs {
		if a.name.Space != xsiNS {
			continue
		}
		switch a.name.Local {
		case "type":
			t, e := w.instanceType(f, a)
			if e != nil {
				return e
			}
			f.typ = t
		case "nil":
			nilValue, hasNil = collapse.apply(a.value), true
		}
	}
	if hasNil {
		switch {
		case !isBoolean(nilValue):
			return w.fail(Schema, f.off+1, badAttrValue(colonName(xsd.Name{Space: xsiNS, Local: "nil"}), nilValue, xsd.XS+":boolean", builtins["boolean"].unreadable(nilValue)))
		case !f.decl.nillable:
			return w.fail(Schema, f.off+1, "If the 'nillable' attribute is false in the schema, the 'xsi:nil' attribute must not be present in the instance.")
		}
		f.isNil = nilValue == "true" || nilValue == "1"
	}
	if abstract || f.typ.src != nil && f.typ.src.Abstract {
		return w.fail(Schema, f.off+1, "The element '"+colonName(f.name)+"' is abstract or its type is abstract.")
	}
	if f.typ.compile(); f.typ.err != nil {
		return w.fail(Schema, f.off+1, "Type '"+colonName(f.typ.name)+"' is not declared.")
	}
	return w.checkAttrs(f, attrs)
}

func (w *walker) instanceType(f *frame, a attr) (*ctype, *Error) {
	value := collapse.apply(a.value)
	prefix, local, ok := strings.Cut(value, ":")
	if !ok {
		prefix, local = "", value
	}
	uri, ok := w.lookup(prefix)
	t := w.view.types[xsd.Name{Space: uri, Local: local}]
	switch {
	case !ok || t == nil, t.late && t != f.typ:
		return nil, w.fail(Schema, f.off+1, "This is an invalid xsi:type '"+cut(value)+"'.")
	case !t.derivesFrom(f.typ):
		return nil, w.fail(Schema, f.off+1, "The xsi:type attribute value '"+colonName(t.name)+"' is not valid for the element '"+colonName(f.name)+
			"', either because it is not a type validly derived from the type in the schema, or because it has xsi:type derivation blocked.")
	case t.src != nil && t.src.Abstract:
		return nil, w.fail(Schema, f.off+1, "The xsi:type '"+cut(value)+"' cannot be abstract.")
	}
	return t, nil
}

func (w *walker) checkAttrs(f *frame, attrs []attr) *Error {
	for _, a := range attrs {
		if a.name.Space == xsiNS && (a.name.Local == "type" || a.name.Local == "nil" ||
			a.name.Local == "schemaLocation" || a.name.Local == "noNamespaceSchemaLocation") {
			continue
		}
		key := a.name.Local
		switch a.name.Space {
		case "":
		case xsd.XML:
			key = "xml:" + key
		default:
			key = ""
		}
		d := f.typ.attrs[key]
		switch {
		case d == nil && f.typ.anyAttr && (a.name.Space == soapNS || f.typ.kind == anyContent):
			if reason := soapAttr(a); reason != "" {
				return w.fail(Schema, w.attrOffset(f.off, a.index), reason)
			}
			continue
		case d == nil:
			return w.fail(Schema, w.attrOffset(f.off, a.index), "The '"+colonName(a.name)+"' attribute is not declared.")
		case d.prohibited:
			return w.fail(Schema, w.attrOffset(f.off, a.index), "The '"+colonName(a.name)+"' attribute is not allowed.")
		}
		d.typ.compile()
		if d.typ.text == nil {
			continue
		}
		if reason := d.typ.text.check(a.value); reason != "" {
			return w.fail(Schema, w.attrOffset(f.off, a.index), badAttrValue(colonName(a.name), a.value, d.typ.label(), reason))
		}
	}
	for _, r := range f.typ.required {
		if !hasAttr(attrs, r.name) {
			return w.fail(Schema, f.off+1, "The required attribute '"+r.name+"' is missing.")
		}
	}
	return nil
}

func hasAttr(attrs []attr, name string) bool {
	for _, a := range attrs {
		if a.name.Space == "" && a.name.Local == name || a.name.Space == xsd.XML && "xml:"+a.name.Local == name {
			return true
		}
	}
	return false
}

// soapAttr checks an attribute of the SOAP namespace, which header blocks may
// have.
func soapAttr(a attr) string {
	if a.name.Space != soapNS {
		return ""
	}
	switch a.name.Local {
	case "mustUnderstand":
		if v := collapse.apply(a.value); v != "0" && v != "1" {
			return badAttrValue(colonName(a.name), a.value, "Boolean", "The Pattern constraint failed.")
		}
	case "actor", "encodingStyle":
	default:
		return "The '" + colonName(a.name) + "' attribute is not declared."
	}
	return ""
}

func (w *walker) chars(text xml.CharData, off int) *Error {
	blank := len(bytes.TrimLeft(text, " \t\r\n")) == 0
	f := w.top()
	if f == nil {
		if !blank {
			return w.syntax(off, "Data at the root level is invalid.")
		}
		return nil
	}
	if len(text) == 0 {
		return nil
	}
	switch f.place {
	case ignored:
		return nil
	case envelope, header, body:
		if !blank {
			return w.fail(Envelope, off, "The element "+quoteName(f.name)+" cannot contain text.")
		}
		return nil
	}
	switch {
	case f.isNil:
		return w.fail(Schema, off, "Element '"+colonName(f.name)+"' must have no character or element children.")
	case f.typ.kind == noContent && blank:
		return w.fail(Schema, off, "The element cannot contain white space. Content model is empty.")
	case f.typ.kind == noContent:
		return w.fail(Schema, off, "The element cannot contain text. Content model is empty.")
	case f.typ.kind == textContent:
		f.text = append(f.text, text...)
	case f.typ.kind == elementContent && !blank:
		return w.fail(Schema, off, withExpectation("The element "+quoteName(f.name)+" cannot contain text", f.expected()))
	}
	return nil
}

func (w *walker) end(tok xml.EndElement, off int) *Error {
	f := w.top()
	at := off + 2
	if f != nil && off == w.base+int(w.dec.InputOffset()) {
		at = f.off + 1 // written as one tag
	}
	switch {
	case f == nil:
		return w.syntax(at, "Unexpected end tag '"+written(tok.Name)+"'.")
	case f.raw != tok.Name:
		return w.syntax(at, "The '"+written(f.raw)+"' start tag does not match the end tag of '"+written(tok.Name)+"'.")
	}
	if e := w.close(f, at); e != nil {
		return e
	}
	w.scope = w.scope[:f.binds]
	w.stack = w.stack[:len(w.stack)-1]
	w.free = append(w.free, f)
	return nil
}

// close checks an element as a whole.
func (w *walker) close(f *frame, at int) *Error {
	switch f.place {
	case envelope:
		if !f.isNil {
			return w.fail(Envelope, at, incomplete(f.name, []*position{{elem: &element{name: xsd.Name{Space: soapNS, Local: "Body"}}}}))
		}
		return nil
	case body:
		if f.count == 0 {
			return w.fail(Envelope, at, incomplete(f.name, nil))
		}
		return nil
	case inSchema:
	default:
		return nil
	}
	if f.isNil {
		return nil
	}
	switch f.typ.kind {
	case textContent:
		value := string(f.text)
		if value == "" && f.decl.preset != "" {
			value = f.decl.preset
		}
		if reason := f.typ.text.check(value); reason != "" {
			return w.fail(Schema, at, badElementValue(f.name, value, f.typ.label(), reason))
		}
	case elementContent:
		m := f.typ.model
		if m.all {
			if list := f.missing(true); len(list) > 0 && !(m.empty && f.count == 0) {
				return w.fail(Schema, at, incomplete(f.name, list))
			}
		} else if !m.done(f.cur, f.count > 0) {
			return w.fail(Schema, at, incomplete(f.name, m.expected(f.cur, f.count > 0)))
		}
	}
	return nil
}
