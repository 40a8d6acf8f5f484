package xsd

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// node is an element of a schema document, its names resolved.
type node struct {
	name     xml.Name
	attrs    map[string]string // unqualified attributes
	versions Versions
	scope    map[string]string // prefix -> namespace URI
	children []*node
	line     int
}

// Read reads the named schema documents of fsys and merges them into one
// Schema. Imports are not followed: name every document. It fails on a
// construct outside the subset that the model keeps, rather than losing it.
func Read(fsys fs.FS, names ...string) (*Schema, error) {
	s := &Schema{
		Types:           map[Name]*Type{},
		Elements:        map[Name]*Element{},
		Groups:          map[Name]*Group{},
		AttributeGroups: map[Name]*AttrGroup{},
	}
	for _, name := range names {
		f, err := fsys.Open(name)
		if err != nil {
			return nil, fmt.Errorf("xsd: %w", err)
		}
		root, err := parse(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("xsd: %s: %w", name, err)
		}
		r := reader{s: s}
		if err := r.document(root); err != nil {
			return nil, fmt.Errorf("xsd: %s: %w", name, err)
		}
		s.Files = append(s.Files, path.Base(name))
	}
	if err := s.resolveAttributeGroups(); err != nil {
		return nil, fmt.Errorf("xsd: %w", err)
	}
	return s, nil
}

func parse(r io.Reader) (*node, error) {
	d := xml.NewDecoder(r)
	var stack []*node
	var root *node
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			if root == nil {
				return nil, errors.New("no root element")
			}
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			line, _ := d.InputPos()
			n := &node{name: tok.Name, attrs: map[string]string{}, line: line}
			if len(stack) > 0 {
				n.scope = stack[len(stack)-1].scope
			}
			n.take(tok.Attr)
			if len(stack) > 0 {
				p := stack[len(stack)-1]
				p.children = append(p.children, n)
			} else {
				root = n
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
}

func (n *node) take(attrs []xml.Attr) {
	for _, a := range attrs {
		prefix, isNS := "", false
		switch {
		case a.Name.Space == "xmlns":
			prefix, isNS = a.Name.Local, true
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			isNS = true
		}
		if !isNS {
			continue
		}
		scope := make(map[string]string, len(n.scope)+1)
		for k, v := range n.scope {
			scope[k] = v
		}
		scope[prefix] = a.Value
		n.scope = scope
	}
	for _, a := range attrs {
		switch a.Name.Space {
		case "":
			n.attrs[a.Name.Local] = a.Value
		case VersionNS:
			switch a.Name.Local {
			case "since":
				n.versions.Since = a.Value
			case "until":
				n.versions.Until = a.Value
			case "online":
				n.versions.Online = a.Value == "true"
			}
		}
	}
}

// reader converts the nodes of one document.
type reader struct {
	s      *Schema
	target string
}

func (r *reader) document(root *node) error {
	if root.name != (xml.Name{Space: XS, Local: "schema"}) {
		return fmt.Errorf("root element is %s, want xs:schema", root.name.Local)
	}
	r.target = root.attrs["targetNamespace"]
	if v := root.attrs["version"]; v != "" {
		r.s.Version = v
	}
	for _, n := range root.children {
		name := Name{r.target, n.attrs["name"]}
		var err error
		switch n.name.Local {
		case "annotation", "import", "include":
		case "complexType":
			var t *Type
			if t, err = r.complexType(n); err == nil {
				t.Name = name
				err = define(r.s.Types, name, t)
			}
		case "simpleType":
			var t *Type
			if t, err = r.simpleType(n); err == nil {
				t.Name = name
				err = define(r.s.Types, name, t)
			}
		case "element":
			var e *Element
			if e, err = r.element(n); err == nil {
				err = define(r.s.Elements, name, e)
			}
		case "group":
			var p *Particle
			if p, err = r.content(n); err == nil {
				err = define(r.s.Groups, name, &Group{Name: name, Content: p, Versions: n.versions})
			}
		case "attributeGroup":
			t := &Type{}
			if err = r.attributes(n, t); err == nil {
				err = define(r.s.AttributeGroups, name, &AttrGroup{Name: name, Attrs: t.Attrs, Versions: n.versions})
			}
		case "attribute": // global attributes: only xml.xsd has them
		default:
			err = fmt.Errorf("xs:%s is not supported at the top", n.name.Local)
		}
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", n.line, name.Local, err)
		}
	}
	return nil
}

func define[T any](m map[Name]*T, name Name, v *T) error {
	if name.Local == "" {
		return errors.New("no name")
	}
	if _, ok := m[name]; ok {
		return errors.New("declared twice")
	}
	m[name] = v
	return nil
}

func (n *node) qname(value string) (Name, error) {
	if value == "" {
		return Name{}, nil
	}
	prefix, local, ok := strings.Cut(value, ":")
	if !ok {
		prefix, local = "", value
	}
	if prefix == "xml" {
		return Name{XML, local}, nil
	}
	uri, ok := n.scope[prefix]
	if !ok && prefix != "" {
		return Name{}, fmt.Errorf("undeclared prefix in %q", value)
	}
	return Name{uri, local}, nil
}

func (r *reader) complexType(n *node) (*Type, error) {
	t := &Type{Abstract: n.attrs["abstract"] == "true", Versions: n.versions}
	if n.attrs["mixed"] == "true" {
		return nil, errors.New("mixed content is not supported")
	}
	for _, c := range n.children {
		switch c.name.Local {
		case "complexContent", "simpleContent":
			if c.name.Local == "simpleContent" {
				t.Variety = SimpleContent
			}
			for _, d := range c.children {
				switch d.name.Local {
				case "extension":
					t.Derived = Extension
				case "restriction":
					t.Derived = Restriction
				case "annotation":
					continue
				default:
					return nil, fmt.Errorf("xs:%s in xs:%s", d.name.Local, c.name.Local)
				}
				base, err := d.qname(d.attrs["base"])
				if err != nil {
					return nil, err
				}
				t.Base = base
				if err := r.body(d, t); err != nil {
					return nil, err
				}
			}
			return t, nil
		}
	}
	return t, r.body(n, t)
}

// body reads content model and attributes below a complex type, an extension
// or a restriction.
func (r *reader) body(n *node, t *Type) error {
	p, err := r.content(n)
	if err != nil {
		return err
	}
	t.Content = p
	for _, c := range n.children {
		if isFacet(c.name.Local) {
			t.Facets = append(t.Facets, Facet{c.name.Local, c.attrs["value"]})
		}
	}
	return r.attributes(n, t)
}

// content returns the one particle below n, nil if there is none.
func (r *reader) content(n *node) (*Particle, error) {
	var found *Particle
	for _, c := range n.children {
		switch c.name.Local {
		case "sequence", "choice", "all", "group":
			if found != nil {
				return nil, errors.New("two content models")
			}
			p, err := r.particle(c)
			if err != nil {
				return nil, err
			}
			found = p
		}
	}
	return found, nil
}

func (r *reader) particle(n *node) (*Particle, error) {
	p := &Particle{Min: 1, Max: 1}
	if v := n.attrs["minOccurs"]; v != "" {
		i, err := strconv.Atoi(v)
		if err != nil {
			return nil, fmt.Errorf("minOccurs: %w", err)
		}
		p.Min = i
	}
	if v := n.attrs["maxOccurs"]; v == "unbounded" {
		p.Max = Unbounded
	} else if v != "" {
		i, err := strconv.Atoi(v)
		if err != nil {
			return nil, fmt.Errorf("maxOccurs: %w", err)
		}
		p.Max = i
	}
	switch n.name.Local {
	case "element":
		p.Kind = ElementParticle
		e, err := r.element(n)
		if err != nil {
			return nil, err
		}
		p.Element = e
		return p, nil
	case "any":
		p.Kind, p.Process, p.AnyNS = Any, n.attrs["processContents"], n.attrs["namespace"]
		return p, nil
	case "group":
		p.Kind = GroupRef
		ref, err := n.qname(n.attrs["ref"])
		p.Ref = ref
		return p, err
	case "sequence":
		p.Kind = Sequence
	case "choice":
		p.Kind = Choice
	case "all":
		p.Kind = All
	default:
		return nil, fmt.Errorf("xs:%s in a content model", n.name.Local)
	}
	for _, c := range n.children {
		if c.name.Local == "annotation" {
			continue
		}
		q, err := r.particle(c)
		if err != nil {
			return nil, err
		}
		p.Children = append(p.Children, q)
	}
	return p, nil
}

func (r *reader) element(n *node) (*Element, error) {
	e := &Element{
		Name:     Name{r.target, n.attrs["name"]},
		Abstract: n.attrs["abstract"] == "true",
		Nillable: n.attrs["nillable"] == "true",
		Default:  n.attrs["default"],
		Versions: n.versions,
	}
	var err error
	if v := n.attrs["ref"]; v != "" {
		e.Ref = true
		e.Name, err = n.qname(v)
		return e, err
	}
	if e.Type, err = n.qname(n.attrs["type"]); err != nil {
		return nil, err
	}
	if e.Subst, err = n.qname(n.attrs["substitutionGroup"]); err != nil {
		return nil, err
	}
	for _, c := range n.children {
		switch c.name.Local {
		case "complexType":
			e.Inline, err = r.complexType(c)
		case "simpleType":
			e.Inline, err = r.simpleType(c)
		}
		if err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (r *reader) attributes(n *node, t *Type) error {
	for _, c := range n.children {
		switch c.name.Local {
		case "attribute":
			a := &Attribute{
				Name:       c.attrs["name"],
				Required:   c.attrs["use"] == "required",
				Prohibited: c.attrs["use"] == "prohibited",
				Default:    c.attrs["default"],
				Versions:   c.versions,
			}
			var err error
			if ref := c.attrs["ref"]; ref != "" {
				a.Name, a.Type = ref, Name{XS, "language"}
			} else if a.Type, err = c.qname(c.attrs["type"]); err != nil {
				return err
			}
			for _, d := range c.children {
				if d.name.Local == "simpleType" {
					if a.Inline, err = r.simpleType(d); err != nil {
						return err
					}
				}
			}
			t.Attrs = append(t.Attrs, a)
		case "attributeGroup":
			ref, err := c.qname(c.attrs["ref"])
			if err != nil {
				return err
			}
			t.Attrs = append(t.Attrs, &Attribute{Group: ref})
		case "anyAttribute":
			t.AnyAttr = true
		}
	}
	return nil
}

func (r *reader) simpleType(n *node) (*Type, error) {
	t := &Type{Variety: Atomic, Versions: n.versions}
	for _, c := range n.children {
		var err error
		switch c.name.Local {
		case "annotation":
		case "restriction":
			t.Derived = Restriction
			if t.Base, err = c.qname(c.attrs["base"]); err != nil {
				return nil, err
			}
			for _, d := range c.children {
				switch {
				case d.name.Local == "enumeration":
					t.Enum = append(t.Enum, EnumValue{d.attrs["value"], d.versions})
				case d.name.Local == "simpleType":
					if t.BaseType, err = r.simpleType(d); err != nil {
						return nil, err
					}
				case isFacet(d.name.Local):
					t.Facets = append(t.Facets, Facet{d.name.Local, d.attrs["value"]})
				case d.name.Local != "annotation":
					return nil, fmt.Errorf("xs:%s in a restriction", d.name.Local)
				}
			}
		case "list":
			t.Variety = List
			if t.Item, err = c.qname(c.attrs["itemType"]); err != nil {
				return nil, err
			}
			for _, d := range c.children {
				if d.name.Local == "simpleType" {
					if t.ItemType, err = r.simpleType(d); err != nil {
						return nil, err
					}
				}
			}
		case "union":
			t.Variety = Union
			for _, m := range strings.Fields(c.attrs["memberTypes"]) {
				q, err := c.qname(m)
				if err != nil {
					return nil, err
				}
				t.Members = append(t.Members, q)
			}
			for _, d := range c.children {
				if d.name.Local == "simpleType" {
					m, err := r.simpleType(d)
					if err != nil {
						return nil, err
					}
					t.MemberTypes = append(t.MemberTypes, m)
				}
			}
		default:
			return nil, fmt.Errorf("xs:%s in a simple type", c.name.Local)
		}
	}
	return t, nil
}

func isFacet(name string) bool {
	switch name {
	case "pattern", "minLength", "maxLength", "length", "minInclusive", "maxInclusive",
		"minExclusive", "maxExclusive", "whiteSpace", "totalDigits", "fractionDigits":
		return true
	}
	return false
}

// resolveAttributeGroups replaces references to attribute groups by the
// attributes themselves.
func (s *Schema) resolveAttributeGroups() error {
	for _, t := range s.Types {
		var attrs []*Attribute
		for _, a := range t.Attrs {
			if a.Group.IsZero() {
				attrs = append(attrs, a)
				continue
			}
			g := s.AttributeGroups[a.Group]
			if g == nil {
				return fmt.Errorf("%s: no attribute group %s", t.Name, a.Group)
			}
			for _, ga := range g.Attrs {
				c := *ga
				c.Group = a.Group
				attrs = append(attrs, &c)
			}
		}
		t.Attrs = attrs
	}
	return nil
}
