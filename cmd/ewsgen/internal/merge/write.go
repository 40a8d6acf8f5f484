package merge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

const header = `<?xml version="1.0" encoding="utf-8"?>
<!-- Written by ewsgen merge: the facts of the contract, with the versions that have them. See README.md. -->
`

// Files returns the files of the contract by name.
func (r *Result) Files() map[string][]byte {
	return map[string][]byte{
		"types.xsd":     r.document(xsd.Types),
		"messages.xsd":  r.document(xsd.Messages),
		"services.wsdl": r.wsdl(),
		"xml.xsd": []byte(header + `<xs:schema xmlns:xs="` + xsd.XS + `" targetNamespace="` + xsd.XML + `">
	<xs:attribute name="lang" type="xs:language"/>
</xs:schema>
`),
	}
}

// writer writes indented XML.
type writer struct {
	strings.Builder
	depth int
}

func (w *writer) indent() { w.WriteString(strings.Repeat("\t", w.depth)) }

// attr is an attribute; an empty value leaves it out.
type attr struct{ name, value string }

func (w *writer) start(name string, attrs []attr, empty bool) {
	w.indent()
	w.WriteString("<" + name)
	for _, a := range attrs {
		if a.value != "" {
			fmt.Fprintf(w, ` %s="%s"`, a.name, escape(a.value))
		}
	}
	if empty {
		w.WriteString("/>\n")
		return
	}
	w.WriteString(">\n")
	w.depth++
}

func (w *writer) end(name string) {
	w.depth--
	w.indent()
	w.WriteString("</" + name + ">\n")
}

func (w *writer) leaf(name string, attrs ...attr) { w.start(name, attrs, true) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escape(s string) string { return escaper.Replace(s) }

func marks(v xsd.Versions) []attr {
	list := []attr{{"v:since", v.Since}, {"v:until", v.Until}, {"v:online", ""}}
	if v.Online {
		list[2].value = "true"
	}
	return list
}

func flag(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func ref(n xsd.Name) string {
	if n.IsZero() {
		return ""
	}
	return n.String()
}

// document writes the declarations of one namespace, sorted by kind and name.
func (r *Result) document(space string) []byte {
	w := &writer{}
	w.WriteString(header)
	w.start("xs:schema", []attr{
		{"xmlns:xs", xsd.XS}, {"xmlns:t", xsd.Types}, {"xmlns:m", xsd.Messages}, {"xmlns:v", xsd.VersionNS},
		{"targetNamespace", space}, {"elementFormDefault", "qualified"},
	}, false)
	if space == xsd.Types {
		w.leaf("xs:import", attr{"namespace", xsd.XML}, attr{"schemaLocation", "xml.xsd"})
	} else {
		w.leaf("xs:import", attr{"namespace", xsd.Types}, attr{"schemaLocation", "types.xsd"})
	}
	each(r.Schema.AttributeGroups, space, func(g *xsd.AttrGroup) {
		w.start("xs:attributeGroup", append([]attr{{"name", g.Name.Local}}, marks(g.Versions)...), false)
		w.attrs(g.Attrs)
		w.end("xs:attributeGroup")
	})
	each(r.Schema.Groups, space, func(g *xsd.Group) {
		w.start("xs:group", append([]attr{{"name", g.Name.Local}}, marks(g.Versions)...), false)
		w.particle(g.Content)
		w.end("xs:group")
	})
	each(r.Schema.Types, space, func(t *xsd.Type) { w.typ(t, t.Name.Local) })
	each(r.Schema.Elements, space, func(e *xsd.Element) { w.element(e, nil) })
	w.end("xs:schema")
	return []byte(w.String())
}

func each[T any](m map[xsd.Name]*T, space string, f func(*T)) {
	var names []xsd.Name
	for n := range m {
		if n.Space == space {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, func(a, b xsd.Name) int { return strings.Compare(a.Local, b.Local) })
	for _, n := range names {
		f(m[n])
	}
}

// typ writes a type; name is empty for an anonymous one.
func (w *writer) typ(t *xsd.Type, name string) {
	head := append([]attr{{"name", name}}, marks(t.Versions)...)
	if t.IsSimple() {
		w.start("xs:simpleType", head, false)
		w.simple(t)
		w.end("xs:simpleType")
		return
	}
	head = append(head, attr{"abstract", flag(t.Abstract)})
	if t.Derived == xsd.NoDerivation && t.Content == nil && len(t.Attrs) == 0 && !t.AnyAttr {
		w.leaf("xs:complexType", head...)
		return
	}
	w.start("xs:complexType", head, false)
	content, how := "xs:complexContent", "xs:extension"
	if t.Variety == xsd.SimpleContent {
		content = "xs:simpleContent"
	}
	if t.Derived == xsd.Restriction {
		how = "xs:restriction"
	}
	if t.Derived != xsd.NoDerivation {
		w.start(content, nil, false)
		empty := t.Content == nil && len(t.Attrs) == 0 && !t.AnyAttr && len(t.Facets) == 0
		w.start(how, []attr{{"base", ref(t.Base)}}, empty)
		if !empty {
			w.body(t)
			w.end(how)
		}
		w.end(content)
	} else {
		w.body(t)
	}
	w.end("xs:complexType")
}

func (w *writer) body(t *xsd.Type) {
	for _, f := range t.Facets {
		w.leaf("xs:"+f.Kind, attr{"value", f.Value})
	}
	if t.Content != nil {
		w.particle(t.Content)
	}
	w.attrs(t.Attrs)
	if t.AnyAttr {
		w.leaf("xs:anyAttribute", attr{"namespace", "##any"}, attr{"processContents", "lax"})
	}
}

func (w *writer) attrs(list []*xsd.Attribute) {
	var group xsd.Name
	for _, a := range list {
		if !a.Group.IsZero() {
			if a.Group != group {
				group = a.Group
				w.leaf("xs:attributeGroup", attr{"ref", ref(group)})
			}
			continue
		}
		use := ""
		switch {
		case a.Required:
			use = "required"
		case a.Prohibited:
			use = "prohibited"
		}
		head := []attr{{"name", a.Name}, {"type", ref(a.Type)}, {"use", use}, {"default", a.Default}}
		if strings.HasPrefix(a.Name, "xml:") {
			head = []attr{{"ref", a.Name}, {"use", use}}
		}
		head = append(head, marks(a.Versions)...)
		if a.Inline == nil {
			w.leaf("xs:attribute", head...)
			continue
		}
		w.start("xs:attribute", head, false)
		w.typ(a.Inline, "")
		w.end("xs:attribute")
	}
}

func occurs(p *xsd.Particle) []attr {
	var out []attr
	if p.Min != 1 {
		out = append(out, attr{"minOccurs", fmt.Sprint(p.Min)})
	}
	switch {
	case p.Max == xsd.Unbounded:
		out = append(out, attr{"maxOccurs", "unbounded"})
	case p.Max != 1:
		out = append(out, attr{"maxOccurs", fmt.Sprint(p.Max)})
	}
	return out
}

// particle writes a content model.
func (w *writer) particle(p *xsd.Particle) {
	names := map[xsd.ParticleKind]string{xsd.Sequence: "xs:sequence", xsd.Choice: "xs:choice", xsd.All: "xs:all"}
	switch p.Kind {
	case xsd.ElementParticle:
		w.element(p.Element, occurs(p))
	case xsd.GroupRef:
		w.leaf("xs:group", append([]attr{{"ref", ref(p.Ref)}}, occurs(p)...)...)
	case xsd.Any:
		w.leaf("xs:any", append(occurs(p), attr{"namespace", p.AnyNS}, attr{"processContents", p.Process})...)
	default:
		if len(p.Children) == 0 {
			w.leaf(names[p.Kind], occurs(p)...)
			return
		}
		w.start(names[p.Kind], occurs(p), false)
		for _, c := range p.Children {
			w.particle(c)
		}
		w.end(names[p.Kind])
	}
}

func (w *writer) element(e *xsd.Element, occurs []attr) {
	head := []attr{{"name", e.Name.Local}, {"type", ref(e.Type)}}
	if e.Ref {
		head = []attr{{"ref", ref(e.Name)}}
	}
	head = append(head, occurs...)
	head = append(head, attr{"substitutionGroup", ref(e.Subst)}, attr{"abstract", flag(e.Abstract)},
		attr{"nillable", flag(e.Nillable)}, attr{"default", e.Default})
	head = append(head, marks(e.Versions)...)
	if e.Inline == nil {
		w.leaf("xs:element", head...)
		return
	}
	w.start("xs:element", head, false)
	w.typ(e.Inline, "")
	w.end("xs:element")
}

func (w *writer) simple(t *xsd.Type) {
	switch t.Variety {
	case xsd.List:
		if t.ItemType == nil {
			w.leaf("xs:list", attr{"itemType", ref(t.Item)})
			return
		}
		w.start("xs:list", nil, false)
		w.typ(t.ItemType, "")
		w.end("xs:list")
	case xsd.Union:
		var members []string
		for _, n := range t.Members {
			members = append(members, n.String())
		}
		head := []attr{{"memberTypes", strings.Join(members, " ")}}
		w.start("xs:union", head, len(t.MemberTypes) == 0)
		if len(t.MemberTypes) > 0 {
			for _, x := range t.MemberTypes {
				w.typ(x, "")
			}
			w.end("xs:union")
		}
	default:
		empty := len(t.Enum) == 0 && len(t.Facets) == 0 && t.BaseType == nil
		w.start("xs:restriction", []attr{{"base", ref(t.Base)}}, empty)
		if empty {
			return
		}
		if t.BaseType != nil {
			w.typ(t.BaseType, "")
		}
		for _, f := range t.Facets {
			w.leaf("xs:"+f.Kind, attr{"value", f.Value})
		}
		for _, v := range t.Enum {
			w.leaf("xs:enumeration", append([]attr{{"value", v.Value}}, marks(v.Versions)...)...)
		}
		w.end("xs:restriction")
	}
}

// wsdl writes the service description: one port type and its SOAP 1.1 binding.
func (r *Result) wsdl() []byte {
	const ns = "http://schemas.xmlsoap.org/wsdl/"
	w := &writer{}
	w.WriteString(header)
	w.start("wsdl:definitions", []attr{
		{"xmlns:wsdl", ns}, {"xmlns:soap", ns + "soap/"}, {"xmlns:xs", xsd.XS}, {"xmlns:t", xsd.Types}, {"xmlns:m", xsd.Messages},
		{"xmlns:v", xsd.VersionNS}, {"xmlns:tns", xsd.Messages}, {"targetNamespace", xsd.Messages},
	}, false)
	w.start("wsdl:types", nil, false)
	w.start("xs:schema", nil, false)
	w.leaf("xs:import", attr{"namespace", xsd.Messages}, attr{"schemaLocation", "messages.xsd"})
	w.end("xs:schema")
	w.end("wsdl:types")
	message := func(name, part string, body xsd.Name, headers []xsd.Name) {
		w.start("wsdl:message", []attr{{"name", name}}, false)
		w.leaf("wsdl:part", attr{"name", part}, attr{"element", ref(body)})
		for _, h := range headers {
			w.leaf("wsdl:part", attr{"name", h.Local}, attr{"element", ref(h)})
		}
		w.end("wsdl:message")
	}
	for _, op := range r.Ops {
		message(op.Name+"SoapIn", "request", op.Request, op.Headers)
		message(op.Name+"SoapOut", op.Name+"Result", op.Response, op.OutputHeaders)
	}
	w.start("wsdl:portType", []attr{{"name", "ExchangeServicePortType"}}, false)
	for _, op := range r.Ops {
		w.start("wsdl:operation", append([]attr{{"name", op.Name}}, marks(op.Versions)...), false)
		w.leaf("wsdl:input", attr{"message", "tns:" + op.Name + "SoapIn"})
		w.leaf("wsdl:output", attr{"message", "tns:" + op.Name + "SoapOut"})
		w.end("wsdl:operation")
	}
	w.end("wsdl:portType")
	w.start("wsdl:binding", []attr{{"name", "ExchangeServiceBinding"}, {"type", "tns:ExchangeServicePortType"}}, false)
	w.leaf("soap:binding", attr{"style", "document"}, attr{"transport", "http://schemas.xmlsoap.org/soap/http"})
	for _, op := range r.Ops {
		w.binding(op)
	}
	w.end("wsdl:binding")
	w.end("wsdl:definitions")
	return []byte(w.String())
}

func (w *writer) binding(op wsdl.Operation) {
	w.start("wsdl:operation", []attr{{"name", op.Name}}, false)
	w.leaf("soap:operation", attr{"soapAction", op.Action})
	side := func(name, message, part string, headers []xsd.Name) {
		w.start(name, nil, false)
		for _, h := range headers {
			w.leaf("soap:header", attr{"message", "tns:" + message}, attr{"part", h.Local}, attr{"use", "literal"})
		}
		w.leaf("soap:body", attr{"parts", part}, attr{"use", "literal"})
		w.end(name)
	}
	side("wsdl:input", op.Name+"SoapIn", "request", op.Headers)
	side("wsdl:output", op.Name+"SoapOut", op.Name+"Result", op.OutputHeaders)
	w.end("wsdl:operation")
}
