package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

type xsdName = xsd.Name

// fields emits package field: for each class a variable with one descriptor a
// property, and a table of the same for programs that look properties up.
func (e *emitter) fields() {
	e.pkg = "field"
	for _, c := range e.p.Classes {
		st := c.Struct
		f := e.file(snake(st.Go), len(c.Props)*3+20)
		name := st.Go
		if st.Type.Name.Local == "ItemType" {
			name = "Item" // every item has these properties
		}
		f.Comment(fmt.Sprintf("%s has the properties of types.%s.", name, st.Go))
		f.Var().Id(name).Op("=").StructFunc(func(g *jen.Group) {
			for _, p := range c.Props {
				note := p.URI
				if p.ReadOnly {
					note += ", read-only"
				}
				if n := versionNote(p.Versions, st.Type.Versions); n != "" {
					note += ", " + n
				}
				g.Id(p.Field.Go).Add(e.descriptorType(c, p, p.ReadOnly)).Comment(note)
			}
		}).Values(jen.DictFunc(func(d jen.Dict) {
			for _, p := range c.Props {
				d[jen.Id(p.Field.Go)] = e.descriptor(c, p)
			}
		}))
		f.Var().Id("info" + st.Go).Op("=").Index().Id("Info").ValuesFunc(func(g *jen.Group) {
			for _, p := range c.Props {
				vals := []jen.Code{jen.Lit(p.Field.Go), jen.Lit(p.Field.Name.Local), jen.Lit(p.URI), jen.Lit(e.bit(p)), jen.Id("Kind" + p.Kind), jen.Lit(p.ReadOnly), jen.Lit(p.Versions.Since)}
				g.Line().Values(vals...)
			}
			g.Line()
		})
	}
	f := e.file("classes", len(e.p.Classes)*3+20)
	f.Comment("Of returns the properties of the class of v, in schema order; nil if v is of no class\nthat has property paths. The slice is shared: do not change it.")
	f.Func().Id("Of").Params(jen.Id("v").Any()).Index().Id("Info").Block(
		jen.Switch(jen.Id("v").Op(".").Parens(jen.Type())).BlockFunc(func(g *jen.Group) {
			for _, c := range e.p.Classes {
				g.Case(jen.Op("*").Add(e.structName(c.Struct))).Block(jen.Return(jen.Id("info" + c.Struct.Go)))
			}
		}),
		jen.Return(jen.Nil()),
	)
}

func (e *emitter) bit(p *plan.Prop) int {
	if p.Field.Bit < 0 {
		return 255
	}
	return p.Field.Bit
}

// descriptorType returns the type of a property's descriptor.
func (e *emitter) descriptorType(c *plan.Class, p *plan.Prop, readOnly bool) *jen.Statement {
	name := p.Kind
	if readOnly {
		name = "Read" + name
	}
	s := jen.Id(name).Types(e.typeArgs(c, p, false)...)
	if p.Indexed != nil && !readOnly {
		return jen.Id("Indexed").Types(e.typeArgs(c, p, true)...)
	}
	return s
}

func (e *emitter) typeArgs(c *plan.Class, p *plan.Prop, indexed bool) []jen.Code {
	args := []jen.Code{e.structName(c.Struct)}
	switch p.Kind {
	case "Ordered", "Enum", "Value":
		args = append(args, e.fieldType(p.Field))
	}
	if indexed {
		if p.Indexed.Key != nil {
			args = append(args, jen.Qual(e.path("types"), p.Indexed.Key.Go))
		} else {
			args = append(args, jen.String())
		}
	}
	return args
}

// descriptor returns the literal of a property's descriptor. It is all
// constants, so that the linker lays it out and no code runs at start.
func (e *emitter) descriptor(c *plan.Class, p *plan.Prop) *jen.Statement {
	v := e.fieldType(p.Field)
	path := jen.Id("Path").Values(jen.Dict{
		jen.Id("uri"): jen.Lit(p.URI), jen.Id("name"): jen.Lit(p.Field.Go), jen.Id("bit"): jen.Lit(e.bit(p)),
	})
	s := jen.Id("Read").Types(e.structName(c.Struct), v).Values(path)
	s = jen.Id("Read" + p.Kind).Types(e.typeArgs(c, p, false)...).Values(s)
	if p.ReadOnly {
		return s
	}
	s = jen.Id(p.Kind).Types(e.typeArgs(c, p, false)...).Values(s)
	if p.Indexed != nil {
		return jen.Id("Indexed").Types(e.typeArgs(c, p, true)...).Values(s, jen.Lit(strings.Join(p.Indexed.URIs, " ")))
	}
	return s
}
