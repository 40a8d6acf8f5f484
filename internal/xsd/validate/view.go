package validate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// view is a schema as of one version, ready for use. Types are compiled when a
// document first needs them.
type view struct {
	src      *xsd.Schema
	types    map[xsd.Name]*ctype
	elements map[xsd.Name]*element
	local    map[*xsd.Element]*element
	members  map[xsd.Name][]*element // head -> concrete members, by name
	anyType  *ctype
}

// element is an element declaration.
type element struct {
	name     xsd.Name
	abstract bool
	nillable bool
	preset   string // the value of an empty element
	typ      *ctype
}

// contentKind says what a type has between its tags.
type contentKind uint8

const (
	noContent contentKind = iota
	elementContent
	textContent
	anyContent
)

// ctype is a type, complex or simple.
type ctype struct {
	name   xsd.Name // zero for an anonymous type
	src    *xsd.Type
	view   *view
	target string // target namespace of the declaring schema
	late   bool   // newer than the view: no document can name it

	once     sync.Once
	err      error
	kind     contentKind
	model    *model
	text     *simple
	attrs    map[string]*attribute
	required []*attribute
	anyAttr  bool
}

// attribute is an attribute declaration.
type attribute struct {
	name       string
	typ        *ctype
	prohibited bool
}

// newView prepares a schema, after checking what it refers to. In a marked one
// the types that still have a mark are late.
func newView(s *xsd.Schema, marked bool) (*view, error) {
	v := &view{
		src:      s,
		types:    make(map[xsd.Name]*ctype, len(s.Types)+len(builtins)),
		elements: make(map[xsd.Name]*element, len(s.Elements)),
		local:    map[*xsd.Element]*element{},
		members:  map[xsd.Name][]*element{},
	}
	v.anyType = &ctype{name: xsd.Name{Space: xsd.XS, Local: "anyType"}, view: v}
	v.anyType.once.Do(func() { v.anyType.kind, v.anyType.anyAttr = anyContent, true })
	v.types[v.anyType.name] = v.anyType
	for name := range builtins {
		n := xsd.Name{Space: xsd.XS, Local: name}
		t := &ctype{name: n, view: v}
		t.once.Do(func() { t.kind, t.text = textContent, builtin(name) })
		v.types[n] = t
	}
	for n, t := range s.Types {
		v.types[n] = &ctype{name: n, src: t, view: v, target: n.Space, late: marked && t.Since != ""}
	}
	for n, t := range s.Types {
		if err := v.circle(t); err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
	}
	for n, e := range s.Elements {
		c, err := v.declare(e, n.Space)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		v.elements[n] = c
	}
	for n, e := range s.Elements {
		for head, i := e.Subst, 0; !head.IsZero() && i < 16; i++ {
			h := s.Elements[head]
			if h == nil {
				break // the head came later than the member
			}
			v.members[head] = append(v.members[head], v.elements[n])
			head = h.Subst
		}
	}
	for _, m := range v.members {
		slices.SortFunc(m, func(a, b *element) int { return strings.Compare(a.name.String(), b.name.String()) })
	}
	return v, v.declareLocals()
}

// declareLocals makes the declarations inside types and groups.
func (v *view) declareLocals() error {
	for n, t := range v.src.Types {
		if err := v.locals(t.Content, n.Space); err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
	}
	for n, g := range v.src.Groups {
		if err := v.locals(g.Content, n.Space); err != nil {
			return fmt.Errorf("group %s: %w", n, err)
		}
	}
	return nil
}

func (v *view) locals(p *xsd.Particle, target string) error {
	if p == nil {
		return nil
	}
	if p.Kind == xsd.ElementParticle && !p.Element.Ref {
		if v.local[p.Element] != nil {
			return nil
		}
		c, err := v.declare(p.Element, target)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Element.Name.Local, err)
		}
		v.local[p.Element] = c
	}
	for _, q := range p.Children {
		if err := v.locals(q, target); err != nil {
			return err
		}
	}
	return nil
}

func (v *view) declare(e *xsd.Element, target string) (*element, error) {
	c := &element{name: e.Name, abstract: e.Abstract, nillable: e.Nillable, preset: e.Default}
	if e.Inline == nil && e.Type.IsZero() && !e.Subst.IsZero() && v.src.Elements[e.Subst] != nil {
		e = v.src.Elements[e.Subst] // a member without a type has its head's
	}
	t, err := v.typeOf(e.Type, e.Inline, target)
	c.typ = t
	if err == nil && e.Inline != nil {
		err = v.locals(e.Inline.Content, target)
	}
	return c, err
}

// use returns the declaration that an element particle stands for.
func (v *view) use(e *xsd.Element) (*element, error) {
	c := v.local[e]
	if e.Ref {
		c = v.elements[e.Name]
	}
	if c == nil {
		return nil, fmt.Errorf("no element %s", e.Name)
	}
	return c, nil
}

func (v *view) typeOf(n xsd.Name, inline *xsd.Type, target string) (*ctype, error) {
	switch {
	case inline != nil:
		if err := v.circle(inline); err != nil {
			return nil, err
		}
		return &ctype{src: inline, view: v, target: target}, nil
	case n.IsZero():
		return v.anyType, nil
	}
	if t := v.types[n]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("no type %s", n)
}

// circle fails if t is made, in the end, of itself.
func (v *view) circle(t *xsd.Type) error {
	active := map[*xsd.Type]bool{}
	var walk func(t *xsd.Type) error
	named := func(n xsd.Name) error {
		if s := v.src.Types[n]; s != nil {
			return walk(s)
		}
		if _, ok := v.types[n]; !ok && !n.IsZero() {
			return fmt.Errorf("no type %s", n)
		}
		return nil
	}
	walk = func(t *xsd.Type) error {
		if t == nil {
			return nil
		}
		if active[t] {
			return errors.New("a type derived from itself")
		}
		active[t] = true
		defer delete(active, t)
		for _, n := range append([]xsd.Name{t.Base, t.Item}, t.Members...) {
			if err := named(n); err != nil {
				return err
			}
		}
		for _, s := range append([]*xsd.Type{t.BaseType, t.ItemType}, t.MemberTypes...) {
			if err := walk(s); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(t)
}

// compileAll compiles every type, to find what is wrong with a schema before
// the first document does.
func (v *view) compileAll() error {
	check := func(name string, t *ctype) error {
		t.compile()
		if t.err != nil {
			return fmt.Errorf("%s: %w", name, t.err)
		}
		for _, a := range t.attrs {
			if a.typ.compile(); a.typ.err != nil {
				return fmt.Errorf("%s: attribute %s: %w", name, a.name, a.typ.err)
			}
		}
		return nil
	}
	for n, t := range v.types {
		if err := check(n.String(), t); err != nil {
			return err
		}
	}
	for n, e := range v.elements {
		if err := check(n.String(), e.typ); err != nil {
			return err
		}
	}
	for _, e := range v.local {
		if err := check(e.name.String(), e.typ); err != nil {
			return err
		}
	}
	return nil
}

func (t *ctype) compile() {
	t.once.Do(func() { t.err = t.fill() })
}

func (t *ctype) fill() error {
	if t.src.IsSimple() {
		t.kind = textContent
		s, err := t.view.simple(t.src)
		t.text = s
		return err
	}
	if t.src.Variety == xsd.SimpleContent {
		t.kind = textContent
		if err := t.valueType(); err != nil {
			return err
		}
	} else if err := t.particles(); err != nil {
		return err
	}
	t.attrs = map[string]*attribute{}
	return t.attributes(t.src)
}

// valueType finds the type of the text of a type with simple content.
func (t *ctype) valueType() error {
	base := t.view.types[t.src.Base]
	if base == nil {
		return fmt.Errorf("no type %s", t.src.Base)
	}
	base.compile()
	if base.err != nil || base.text == nil {
		return fmt.Errorf("simple content of %s: %w", t.src.Base, errors.Join(base.err, errors.New("no text")))
	}
	t.text = base.text
	if len(t.src.Facets)+len(t.src.Enum) > 0 {
		s, err := derive(base.text, t.src)
		t.text = s
		return err
	}
	return nil
}

// chain returns t and the complex types it extends, base first. A restriction
// ends the chain: it repeats the content of its base.
func (t *ctype) chain(follow func(*xsd.Type) bool) []*xsd.Type {
	var c []*xsd.Type
	for s := t.src; s != nil; s = t.view.src.Types[s.Base] {
		c = append(c, s)
		if !follow(s) {
			break
		}
	}
	slices.Reverse(c)
	return c
}

func (t *ctype) particles() error {
	var parts []*xsd.Particle
	for _, s := range t.chain(func(s *xsd.Type) bool { return s.Derived == xsd.Extension }) {
		p := s.Content
		switch {
		case p == nil || p.Max == 0 || p.Kind != xsd.ElementParticle && p.Kind != xsd.Any && p.Kind != xsd.GroupRef && len(p.Children) == 0:
			continue
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		t.kind = noContent
		return nil
	}
	m, err := t.view.build(t.target, parts)
	if err != nil {
		return err
	}
	if m != nil {
		t.kind, t.model = elementContent, m
	}
	return nil
}

// attributes collects the attributes of a complex type, those of its bases
// first.
func (t *ctype) attributes(src *xsd.Type) error {
	if b := t.view.src.Types[src.Base]; b != nil && !b.IsSimple() {
		if err := t.attributes(b); err != nil {
			return err
		}
	} else if src.Base == t.view.anyType.name {
		t.anyAttr = true
	}
	t.anyAttr = t.anyAttr || src.AnyAttr
	for _, a := range src.Attrs {
		if a.Name == "" {
			g := t.view.src.AttributeGroups[a.Group]
			if g == nil {
				return fmt.Errorf("no attribute group %s", a.Group)
			}
			if err := t.attributes(&xsd.Type{Attrs: g.Attrs}); err != nil {
				return err
			}
			continue
		}
		n, inline := a.Type, a.Inline
		if n.IsZero() && inline == nil {
			n = xsd.Name{Space: xsd.XS, Local: "anySimpleType"}
		}
		typ, err := t.view.typeOf(n, inline, t.target)
		if err != nil {
			return fmt.Errorf("attribute %s: %w", a.Name, err)
		}
		c := &attribute{name: a.Name, typ: typ, prohibited: a.Prohibited}
		t.attrs[a.Name] = c
		t.required = slices.DeleteFunc(t.required, func(r *attribute) bool { return r.name == a.Name })
		if a.Required {
			t.required = append(t.required, c)
		}
	}
	return nil
}

// derivesFrom reports whether t may stand where base is declared.
func (t *ctype) derivesFrom(base *ctype) bool {
	if base == t.view.anyType {
		return true
	}
	for c, i := t, 0; c != nil && i < 64; i++ {
		if c == base {
			return true
		}
		c = c.parent()
	}
	if base.src != nil && base.src.Variety == xsd.Union {
		for _, m := range base.src.Members {
			if b := t.view.types[m]; b != nil && t.derivesFrom(b) {
				return true
			}
		}
	}
	return false
}

func (t *ctype) parent() *ctype {
	if t.src == nil {
		if b, ok := builtins[t.name.Local]; ok && b.base != "" {
			return t.view.types[xsd.Name{Space: xsd.XS, Local: b.base}]
		}
		return nil
	}
	switch {
	case t.src.BaseType != nil:
		return nil
	case t.src.Base.IsZero() && t.src.IsSimple():
		return t.view.types[xsd.Name{Space: xsd.XS, Local: "anySimpleType"}]
	}
	return t.view.types[t.src.Base]
}

// label is the name of a type in a violation.
func (t *ctype) label() string {
	if !t.name.IsZero() {
		return colonName(t.name)
	}
	if t.text == nil {
		return ""
	}
	return t.text.label()
}
