package wire

// Raw consumes the current element and returns its content, with the
// declarations of the namespaces it uses.
func (d *Decoder) Raw() Raw {
	var e Encoder
	d.copyContent(&e, "")
	return Raw(e.Bytes())
}

// RawElement is as Raw, with the element itself around the content.
func (d *Decoder) RawElement() Raw {
	var e Encoder
	d.copyElement(&e, "")
	return Raw(e.Bytes())
}

// uri returns the namespace URI of the current element.
func (d *Decoder) uri() string {
	_, b, _ := d.resolve(d.prefix(&d.stack[len(d.stack)-1]))
	if b < 0 {
		return ""
	}
	return d.bindings[b].uri
}

// copyElement writes the current element to e; scope is the namespace that
// names without a prefix have there.
func (d *Decoder) copyElement(e *Encoder, scope string) {
	if len(d.stack) == 0 || d.err != nil {
		return
	}
	name, uri := string(d.local(&d.stack[len(d.stack)-1])), d.uri()
	e.Start(name)
	if uri != scope {
		e.AttrString("xmlns", uri, true)
	}
	var declared []string
	for i := range d.attrs.list[:d.attrs.n] {
		a := &d.attrs.list[i]
		value := string(d.unescape(nil, d.buf[a.value:a.end], inValue))
		if d.err != nil {
			return
		}
		if a.local > a.name && a.ns != NSXML {
			prefix := string(d.buf[a.name : a.local-1])
			_, b, ok := d.resolve([]byte(prefix))
			if !ok || b < 0 {
				continue
			}
			if !contains(declared, prefix) {
				e.AttrString("xmlns:"+prefix, d.bindings[b].uri, true)
				declared = append(declared, prefix)
			}
		}
		e.AttrString(string(d.buf[a.name:a.nameEnd]), value, true)
	}
	d.copyContent(e, uri)
	e.End(name)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// copyContent writes the content of the current element to e, and consumes it
// with its end tag.
func (d *Decoder) copyContent(e *Encoder, scope string) {
	if len(d.stack) == 0 || d.err != nil {
		return
	}
	d.leaveAttrs()
	if d.mode == empty {
		d.pop()
		return
	}
	depth := len(d.stack)
	for d.err == nil {
		i := d.index(0, '<')
		if i < 0 || !d.need(i+2) {
			return
		}
		if i > 0 {
			e.Text(string(d.unescape(nil, d.buf[d.pos:d.pos+i], inText)))
			if d.err != nil {
				return
			}
		}
		d.pos += i
		switch d.buf[d.pos+1] {
		case '/':
			d.closeTag()
			if len(d.stack) < depth {
				return
			}
		case '!', '?':
			cdata, _ := d.markup()
			e.Text(string(d.unescape(nil, cdata, inCDATA)))
		default:
			if d.open() {
				d.copyElement(e, scope)
			}
		}
	}
}
