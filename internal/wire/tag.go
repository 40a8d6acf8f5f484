package wire

import "bytes"

// open consumes the start tag at pos and makes its element the current one.
func (d *Decoder) open() bool {
	i := d.tagEnd()
	if i < 0 {
		return false
	}
	tag := d.buf[d.pos+1 : d.pos+i]
	d.empty = len(tag) > 0 && tag[len(tag)-1] == '/'
	if d.empty {
		tag = tag[:len(tag)-1]
	}
	n := 0
	for n < len(tag) && !isSpace(tag[n]) {
		n++
	}
	name := tag[:n]
	if !validName(name) {
		d.failf("malformed element name %q", shorten(name))
		return false
	}
	if len(d.stack) >= d.lim.MaxDepth {
		d.limit("MaxDepth", int64(d.lim.MaxDepth))
		return false
	}
	if d.elems++; d.elems > d.lim.MaxElements {
		d.limit("MaxElements", d.lim.MaxElements)
		return false
	}
	e := element{start: len(d.names), end: len(d.names) + len(name), binding: -1}
	e.local = e.start
	prefix := name[:0]
	if c := bytes.IndexByte(name, ':'); c >= 0 {
		e.local += c + 1
		prefix = name[:c]
	}
	d.names = append(d.names, name...)
	d.stack = append(d.stack, e)
	d.attrs = d.attrs[:0]
	if n < len(tag) && !d.attributes(tag[n:]) {
		return false
	}
	top := &d.stack[len(d.stack)-1]
	ok := false
	if top.ns, top.binding, ok = d.resolve(prefix); !ok {
		return false
	}
	d.pos += i + 1
	d.fresh, d.attr = true, -1
	return true
}

// tagEnd returns the distance from pos to the '>' that ends the start tag
// there, past any in quotes.
func (d *Decoder) tagEnd() int {
	i := d.index(1, '>')
	if i < 0 {
		return -1
	}
	tag := d.buf[d.pos : d.pos+i]
	from := 0
	for {
		q := bytes.IndexAny(tag[from:], `"'`)
		if q < 0 {
			return i
		}
		q += from
		c := tag[q]
		end := bytes.IndexByte(tag[q+1:], c)
		if end < 0 { // the quoted value goes on behind this '>'
			j := d.index(q+1, c)
			if j < 0 {
				return -1
			}
			if i = d.index(j+1, '>'); i < 0 {
				return -1
			}
			tag = d.buf[d.pos : d.pos+i]
			from = j + 1
			continue
		}
		from = q + 1 + end + 1
	}
}

// attributes splits the attributes of a start tag, and takes namespace
// declarations into scope.
func (d *Decoder) attributes(s []byte) bool {
	for {
		n := 0
		for n < len(s) && isSpace(s[n]) {
			n++
		}
		if n == len(s) {
			break
		}
		if n == 0 {
			d.failf("no space between attributes")
			return false
		}
		s = s[n:]
		eq := bytes.IndexByte(s, '=')
		if eq < 0 {
			d.failf("attribute %q has no value", shorten(s))
			return false
		}
		name := bytes.TrimRight(s[:eq], " \t\r\n")
		if !validName(name) {
			d.failf("malformed attribute name %q", shorten(name))
			return false
		}
		s = bytes.TrimLeft(s[eq+1:], " \t\r\n")
		if len(s) < 2 || s[0] != '"' && s[0] != '\'' {
			d.failf("the value of attribute %s is not quoted", name)
			return false
		}
		end := bytes.IndexByte(s[1:], s[0])
		if end < 0 {
			d.failf("the value of attribute %s has no end", name)
			return false
		}
		value := s[1 : 1+end]
		s = s[end+2:]
		if bytes.IndexByte(value, '<') >= 0 {
			d.failf("a < in the value of attribute %s", name)
			return false
		}
		if !d.attribute(name, value) {
			return false
		}
	}
	for i := range d.attrs {
		a := &d.attrs[i]
		if len(a.prefix) > 0 {
			ns, _, ok := d.resolve(a.prefix)
			if !ok {
				return false
			}
			a.ns = ns
		}
	}
	return true
}

func (d *Decoder) attribute(name, value []byte) bool {
	depth := len(d.stack)
	if string(name) == "xmlns" || bytes.HasPrefix(name, []byte("xmlns:")) {
		prefix := ""
		if len(name) > 6 {
			prefix = string(name[6:])
		}
		for i := len(d.bindings) - 1; i >= 0 && d.bindings[i].depth == depth; i-- {
			if d.bindings[i].prefix == prefix {
				d.failf("attribute %s occurs twice", name)
				return false
			}
		}
		if len(d.bindings) >= d.lim.MaxAttrs {
			d.limit("MaxAttrs", int64(d.lim.MaxAttrs))
			return false
		}
		uri := internURI(value)
		if uri == "" && len(value) > 0 {
			uri = string(d.unescape(nil, value, true))
		}
		d.bindings = append(d.bindings, binding{prefix, uri, nsOf(uri), depth})
		return d.err == nil
	}
	if len(d.attrs) >= d.lim.MaxAttrs {
		d.limit("MaxAttrs", int64(d.lim.MaxAttrs))
		return false
	}
	a := attribute{local: name, value: value}
	if c := bytes.IndexByte(name, ':'); c >= 0 {
		a.prefix, a.local = name[:c], name[c+1:]
	}
	for _, o := range d.attrs {
		if bytes.Equal(o.local, a.local) && bytes.Equal(o.prefix, a.prefix) {
			d.failf("attribute %s occurs twice", name)
			return false
		}
	}
	d.attrs = append(d.attrs, a)
	return true
}

// internURI returns the known namespace URI equal to b, "" if there is none.
func internURI(b []byte) string {
	switch string(b) {
	case TypesURI:
		return TypesURI
	case MessagesURI:
		return MessagesURI
	case SOAPURI:
		return SOAPURI
	case XSIURI:
		return XSIURI
	case ErrorsURI:
		return ErrorsURI
	}
	return ""
}

// resolve returns the namespace that prefix is bound to.
func (d *Decoder) resolve(prefix []byte) (NS, int, bool) {
	for i := len(d.bindings) - 1; i >= 0; i-- {
		if d.bindings[i].prefix == string(prefix) {
			return d.bindings[i].ns, i, true
		}
	}
	switch string(prefix) {
	case "":
		return NSNone, -1, true
	case "xml":
		return NSXML, -1, true
	}
	d.failf("prefix %s is not declared", shorten(prefix))
	return NSOther, -1, false
}

// validName checks what the tokenizer relies on, not the whole production.
func validName(b []byte) bool {
	if len(b) == 0 || len(b) > 1024 || b[0] < 'A' && b[0] != ':' || b[len(b)-1] == ':' {
		return false
	}
	colons := 0
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 || c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		case c == ':' && i > 0:
			colons++
		default:
			return false
		}
	}
	return colons <= 1
}

// Attr advances to the next attribute of the element just opened.
// Declarations of namespaces and attributes of the XML Schema instance
// namespace are left out.
func (d *Decoder) Attr() bool {
	if d.err != nil || !d.fresh {
		return false
	}
	for d.attr++; d.attr < len(d.attrs); d.attr++ {
		if d.attrs[d.attr].ns != NSXSI {
			return true
		}
	}
	d.attr, d.fresh = -1, false
	return false
}

func (d *Decoder) xsi(local string) []byte {
	for i := range d.attrs {
		if a := &d.attrs[i]; a.ns == NSXSI && string(a.local) == local {
			return a.value
		}
	}
	return nil
}

// Nil reports whether the element just opened has xsi:nil.
func (d *Decoder) Nil() bool {
	v := bytes.TrimSpace(d.xsi("nil"))
	return string(v) == "true" || string(v) == "1"
}

// XSIType returns the local name in xsi:type of the element just opened; nil
// if it has none. It is good until the next call.
func (d *Decoder) XSIType() []byte {
	v := bytes.TrimSpace(d.xsi("type"))
	if c := bytes.IndexByte(v, ':'); c >= 0 {
		v = v[c+1:]
	}
	return v
}

func shorten(b []byte) string {
	if len(b) > 64 {
		b = b[:64]
	}
	return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
}
