package ewstest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// A client of an older version is not to see what came later: elements and
// attributes that its schema lacks are cut from the answer, as Exchange leaves
// them out.

// pruner knows what each type of the contract may hold, and since when.
type pruner struct {
	schema *xsd.Schema

	mu    sync.Mutex
	types map[*xsd.Type]*members
}

// members are the parts of a complex type, inherited ones too.
type members struct {
	elements map[xsd.Name]*member
	attrs    map[string]types.ExchangeVersion // since when, if it is not from the start
}

type member struct {
	since    types.ExchangeVersion
	typ      *xsd.Type
	optional bool
	values   map[string]types.ExchangeVersion // of an enumeration: since when, if not from the start
}

var newPruner = sync.OnceValues(func() (*pruner, error) {
	schema, err := contract()
	if err != nil {
		return nil, err
	}
	return &pruner{schema: schema, types: map[*xsd.Type]*members{}}, nil
})

// prune returns the body's element without what came after the version. The
// prefixes are those that the server writes: t and m.
func prune(doc []byte, version types.ExchangeVersion) ([]byte, error) {
	p, err := newPruner()
	if err != nil {
		return nil, err
	}
	c := cutter{p: p, doc: doc, version: version}
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		at := int(d.InputOffset())
		tok, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			return append(c.out, doc[c.kept:]...), nil
		case err != nil:
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			c.start(tok, at, int(d.InputOffset()))
		case xml.CharData:
			c.text(string(tok), at, int(d.InputOffset()))
		case xml.EndElement:
			c.end(int(d.InputOffset()))
		}
	}
}

// cutter is a walk over one document.
type cutter struct {
	p       *pruner
	doc     []byte
	version types.ExchangeVersion
	out     []byte
	kept    int // the document up to here is in out
	stack   []level
	dropped int // depth of the element that is left out; 0 for none
}

// level is an open element.
type level struct {
	member *member // nil if the contract does not say
	parts  *members
	name   xsd.Name
	at     int // where it begins
}

func (c *cutter) late(since types.ExchangeVersion) bool { return c.version.Before(since) }

func (c *cutter) start(tok xml.StartElement, at, end int) {
	l := level{name: nameOf(tok.Name), at: at}
	if len(c.stack) == 0 {
		if e := c.p.schema.Elements[l.name]; e != nil {
			l.member = c.p.member(e, 1)
		}
	} else if parts := c.stack[len(c.stack)-1].parts; parts != nil {
		l.member = parts.elements[l.name]
	}
	if l.member != nil && l.member.typ != nil {
		typ := l.member.typ
		for _, a := range tok.Attr {
			if a.Name.Space == "xsi" && a.Name.Local == "type" {
				if t := c.p.schema.Types[prefixed(a.Value)]; t != nil {
					typ = t
				}
			}
		}
		l.parts = c.p.of(typ)
	}
	c.stack = append(c.stack, l)
	if c.dropped > 0 {
		return
	}
	if l.member != nil && c.late(l.member.since) {
		c.cut(at)
		return
	}
	if l.parts != nil {
		c.attributes(tok, l.parts, at, end)
	}
}

// cut leaves out the element that was opened last, which begins at.
func (c *cutter) cut(at int) {
	c.out = append(c.out, c.doc[c.kept:at]...)
	c.dropped = len(c.stack)
}

// attributes leaves out late attributes of a start tag.
func (c *cutter) attributes(tok xml.StartElement, parts *members, at, end int) {
	for _, a := range tok.Attr {
		if a.Name.Space != "" || !c.late(parts.attrs[a.Name.Local]) {
			continue
		}
		tag := c.doc[max(at, c.kept):end]
		n := bytes.Index(tag, []byte(" "+a.Name.Local+`="`))
		if n < 0 {
			continue
		}
		length := bytes.IndexByte(tag[n+len(a.Name.Local)+3:], '"') + len(a.Name.Local) + 4
		from := max(at, c.kept) + n
		c.out = append(c.out, c.doc[c.kept:from]...)
		c.kept = from + length
	}
}

// text leaves out an optional element whose value came later, and puts an
// older code in the place of a later one.
func (c *cutter) text(s string, at, end int) {
	if c.dropped > 0 || len(c.stack) == 0 {
		return
	}
	l := c.stack[len(c.stack)-1]
	if l.member == nil || !c.late(l.member.values[s]) {
		return
	}
	switch {
	case l.name.Local == "ResponseCode":
		c.out = append(c.out, c.doc[c.kept:at]...)
		c.out = append(c.out, messages.ErrorInternalServerError...)
		c.kept = end
	case l.member.optional && c.kept <= l.at:
		c.cut(l.at)
	}
}

func (c *cutter) end(end int) {
	if c.dropped == len(c.stack) && c.dropped > 0 {
		c.dropped, c.kept = 0, end
	}
	if len(c.stack) > 0 {
		c.stack = c.stack[:len(c.stack)-1]
	}
}

func nameOf(n xml.Name) xsd.Name {
	return prefixed(n.Space + ":" + n.Local)
}

func prefixed(name string) xsd.Name {
	prefix, local, _ := strings.Cut(name, ":")
	switch prefix {
	case "t":
		return xsd.Name{Space: xsd.Types, Local: local}
	case "m":
		return xsd.Name{Space: xsd.Messages, Local: local}
	}
	return xsd.Name{Local: local}
}

// of returns the members of a type.
func (p *pruner) of(t *xsd.Type) *members {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.members(t)
}

func (p *pruner) members(t *xsd.Type) *members {
	if m := p.types[t]; m != nil {
		return m
	}
	m := &members{elements: map[xsd.Name]*member{}, attrs: map[string]types.ExchangeVersion{}}
	p.types[t] = m
	for b := t; b != nil; b = p.schema.Types[b.Base] {
		p.particle(m, b.Content)
		for _, a := range b.Attrs {
			if _, ok := m.attrs[a.Name]; !ok {
				m.attrs[a.Name] = types.ExchangeVersion(a.Since)
			}
		}
		if b.Base.IsZero() {
			break
		}
	}
	return m
}

func (p *pruner) particle(m *members, part *xsd.Particle) {
	if part == nil {
		return
	}
	if part.Kind == xsd.GroupRef {
		if g := p.schema.Groups[part.Ref]; g != nil {
			p.particle(m, g.Content)
		}
	}
	if e := part.Element; e != nil {
		p.add(m, e, part.Min)
		if e.Ref {
			for _, g := range p.schema.Elements {
				if g.Subst == e.Name {
					p.add(m, g, part.Min)
				}
			}
		}
	}
	for _, c := range part.Children {
		p.particle(m, c)
	}
}

func (p *pruner) add(m *members, e *xsd.Element, least int) {
	if _, ok := m.elements[e.Name]; !ok {
		m.elements[e.Name] = p.member(e, least)
	}
}

func (p *pruner) member(e *xsd.Element, least int) *member {
	since := types.ExchangeVersion(e.Since)
	if g := p.schema.Elements[e.Name]; e.Ref && g != nil {
		since, e = max(since, types.ExchangeVersion(g.Since)), g
	}
	t := e.Inline
	if t == nil {
		t = p.schema.Types[e.Type]
	}
	m := &member{since: since, typ: t, optional: least == 0}
	if t != nil && len(t.Enum) > 0 {
		m.values = map[string]types.ExchangeVersion{}
		for _, v := range t.Enum {
			if v.Since != "" {
				m.values[v.Value] = types.ExchangeVersion(v.Since)
			}
		}
	}
	if t != nil && t.IsSimple() {
		m.typ = nil
	}
	return m
}
