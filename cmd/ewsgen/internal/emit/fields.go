package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/reference"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

type xsdName = xsd.Name

// fields emits package field: for each class a table of its properties, and a
// variable with one descriptor a property, which points into the table.
func (e *emitter) fields() {
	e.pkg = "field"
	for _, c := range e.p.Classes {
		st := c.Struct
		f := e.file(snake(st.Go), len(c.Props)*3+20)
		name := className(c)
		f.Comment(fmt.Sprintf("%s has the properties of types.%s.", name, st.Go))
		f.Var().Id(name).Op("=").StructFunc(func(g *jen.Group) {
			for _, p := range c.Props {
				note := p.URI
				if p.ReadOnly {
					note += ", read-only"
				}
				if u := reference.Unit(st.Type.Name, p.Field.Name.Local); u != "" {
					note += ", " + u
				}
				if n := versionNote(p.Versions, st.Type.Versions); n != "" {
					note += ", " + n
				}
				g.Id(p.Field.Go).Op("*").Add(e.descriptorType(c, p, p.ReadOnly)).Comment(note)
			}
		}).ValuesFunc(func(g *jen.Group) {
			for i, p := range c.Props {
				g.Line().Id(p.Field.Go).Op(":").Add(e.descriptor(c, p, i))
			}
			g.Line()
		})
		f.Var().Id("class"+name).Op("=").Id("class").Values(
			jen.Func().Params().Qual(e.path("types"), "Properties").Block(jen.Return(jen.New(e.structName(st)))),
			jen.Id("fits").Types(e.fitsArg(c)),
			jen.Func().Params().Index().Id("Info").Block(jen.Return(jen.Id("props"+name).Index(jen.Op(":")))),
		)
		f.Var().Id("props" + name).Op("=").Index(jen.Op("...")).Id("Info").ValuesFunc(func(g *jen.Group) {
			for _, p := range c.Props {
				vals := []jen.Code{jen.Lit(p.Field.Go), jen.Lit(p.Field.Name.Local), jen.Lit(p.URI), jen.Lit(e.bit(p)), jen.Id("Kind" + p.Kind), jen.Lit(p.ReadOnly), jen.Lit(p.Versions.Since), jen.Lit(p.Versions.Until), jen.Lit(p.Versions.Online)}
				g.Line().Values(vals...)
			}
			g.Line()
		})
	}
	f := e.file("classes", len(e.p.Classes)*3+20)
	f.Comment("ofClass returns the class of v, nil if it is of none that has property paths.")
	f.Func().Id("ofClass").Params(jen.Id("v").Any()).Op("*").Id("class").Block(
		jen.Switch(jen.Id("v").Op(".").Parens(jen.Type())).BlockFunc(func(g *jen.Group) {
			for _, c := range e.p.Classes {
				g.Case(jen.Op("*").Add(e.structName(c.Struct))).Block(jen.Return(jen.Op("&").Id("class" + className(c))))
			}
		}),
		jen.Return(jen.Nil()),
	)
}

// className is the name of a class's variable.
func className(c *plan.Class) string {
	if c.Struct.Type.Name.Local == "ItemType" {
		return "Item" // every item has these properties
	}
	return c.Struct.Go
}

// queried says what stands for a class in the type arguments of its
// descriptors. A class that queries are of stands for itself; the others are
// found by queries over mixed folders, so that the interface of all items, or
// all folders, stands for them. Each class that stands for itself costs some
// 250 functions to compile in package field, and in every package that uses its
// descriptors.
var queried = map[string]string{
	"GenericItem": "Item", "AbchPersonItem": "Item", "DelveItem": "Item", "DocumentFileItem": "Item", "Network": "Item",
	"OneDriveItem": "Item", "RoleMember": "Item", "SharingMessage": "Item",
	"Folder": "BaseFolder", "CalendarFolder": "BaseFolder", "ContactsFolder": "BaseFolder",
	"SearchFolder": "BaseFolder", "TasksFolder": "BaseFolder",
}

// fitsArg returns the type that an object has to have for a change of the class:
// its own; the changes of field.Item fit every item, those of field.Folder
// every folder.
func (e *emitter) fitsArg(c *plan.Class) *jen.Statement {
	if n := c.Struct.Go; n == "GenericItem" || n == "Folder" {
		return e.classArg(c)
	}
	return jen.Op("*").Add(e.structName(c.Struct))
}

// classArg returns the type argument that stands for the class.
func (e *emitter) classArg(c *plan.Class) *jen.Statement {
	if name, ok := queried[c.Struct.Go]; ok {
		return jen.Qual(e.path("types"), name)
	}
	return jen.Op("*").Add(e.structName(c.Struct))
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
	args := []jen.Code{e.classArg(c)}
	switch p.Kind {
	case "Ordered", "Enum", "Setting":
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

// descriptor returns the literal of the descriptor of the property with index i.
// It is all constants, so that the linker lays it out and no code runs at start.
func (e *emitter) descriptor(c *plan.Class, p *plan.Prop, i int) *jen.Statement {
	args := e.typeArgs(c, p, false)
	name := className(c)
	s := jen.Id("base").Types(e.classArg(c)).Values(jen.Id("desc").Values(
		jen.Id("class").Op(":").Op("&").Id("class"+name), jen.Id("info").Op(":").Op("&").Id("props"+name).Index(jen.Lit(i))))
	switch {
	case p.ReadOnly:
		return jen.Op("&").Id("Read" + p.Kind).Types(args...).Values(s)
	case p.Kind != "Value" && p.Kind != "Setting" && p.Kind != "Enum" && p.Kind != "Recipients":
		s = jen.Id("Read" + p.Kind).Types(args...).Values(s)
	}
	if p.Indexed == nil {
		return jen.Op("&").Id(p.Kind).Types(args...).Values(s)
	}
	s = jen.Id(p.Kind).Types(args...).Values(s)
	return jen.Op("&").Id("Indexed").Types(e.typeArgs(c, p, true)...).Values(s, jen.Lit(strings.Join(p.Indexed.URIs, " ")))
}
