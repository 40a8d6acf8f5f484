package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/reference"
)

// structFile returns the file of a struct: one an operation in messages, one
// a topic in types.
func (e *emitter) structFile(st *plan.Struct) *jen.File {
	n := len(st.Fields)*6 + 20
	if e.pkg == "messages" {
		for _, op := range e.p.Ops {
			if op.ReqType == st || op.ResType == st || op.ResType.Batch != nil && op.ResType.Batch.Val.Inner.Struct == st {
				return e.file("op_"+snake(op.Go), n)
			}
		}
		return e.file("common", n)
	}
	if st.Class != nil {
		return e.file("class_"+snake(st.Go), n)
	}
	return e.file(topic(st.Go), n)
}

func snake(s string) string {
	var b strings.Builder
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			if i > 0 && (s[i-1] < 'A' || s[i-1] > 'Z' || i+1 < len(s) && s[i+1] >= 'a' && s[i+1] <= 'z') {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

func (e *emitter) structType(st *plan.Struct) {
	f := e.structFile(st)
	wire := st.Type.Name.String()
	switch {
	case !st.Elem.IsZero():
		wire = "element " + st.Elem.String()
	case wire == "":
		wire = "a type without a name"
	}
	ref := reference.Type(st.Type.Name)
	is := wire + " on the wire"
	if ref.Says != "" {
		is = ref.Says + ": " + is
	}
	f.Comment(wrap(fmt.Sprintf("%s is %s%s.", st.Go, is, since(st.Type.Versions))) + page(ref.Page))
	f.Type().Id(st.Go).StructFunc(func(g *jen.Group) {
		for _, fd := range st.Fields {
			g.Id(fd.Go).Add(e.fieldType(fd)).Comment(fieldNote(st, fd))
		}
		if st.Bits > 0 {
			g.Comment("Present says which optional fields were there, or are to be sent although zero.")
			g.Id("Present").Add(e.presentType(st))
		}
	})
	e.bitConstants(f, st)
	e.decodeMethod(f, st)
	e.encodeMethod(f, st)
	if e.asked[st] {
		e.zeroMethod(f, st)
	}
	if st.Class != nil {
		e.classMethods(f, st)
	}
	if st.Status {
		e.statusMethod(f, st)
	}
	if st.Batch != nil {
		e.batchMethod(f, st)
	}
}

func fieldNote(st *plan.Struct, fd *plan.Field) string {
	var s string
	switch fd.Kind {
	case plan.Attr:
		s = "attribute " + fd.Name.Local
	case plan.Element, plan.Repeated:
		s = prefixed(fd.Name)
		for v := fd.Val; v.Shape == plan.One || v.Shape == plan.Many; v = v.Inner {
			s += "/" + prefixed(v.Elem)
		}
	case plan.Member, plan.Members:
		s = "by the element of its kind"
	case plan.Text:
		s = "the text"
	case plan.Wild:
		s = "any other elements"
	}
	if u := reference.Unit(st.Type.Name, fd.Name.Local); u != "" {
		s += "; " + u
	}
	if p := st.Class.Prop(fd); p != nil && p.ReadOnly {
		s += "; read-only"
	}
	if n := versionNote(fd.Versions, st.Type.Versions); n != "" {
		s += "; " + n
	}
	return s
}

func (e *emitter) presentType(st *plan.Struct) *jen.Statement {
	name := "Bits"
	if st.Wide {
		name = "Presence"
	}
	return e.typesName(name)
}

// typesName returns a name of package types as seen from the package under way.
func (e *emitter) typesName(name string) *jen.Statement {
	if e.pkg == "types" {
		return jen.Id(name)
	}
	return jen.Qual(e.path("types"), name)
}

func (e *emitter) fieldType(fd *plan.Field) *jen.Statement {
	t := e.valType(fd.Val)
	switch {
	case fd.Kind == plan.Repeated, fd.Kind == plan.Members:
		return jen.Index().Add(t)
	case fd.Pointer():
		return jen.Op("*").Add(t)
	}
	return t
}

func (e *emitter) valType(v *plan.Val) *jen.Statement {
	switch v.Shape {
	case plan.Scalar:
		t := e.scalarType(v)
		if v.List {
			return jen.Index().Add(t)
		}
		return t
	case plan.StructVal:
		return e.structName(v.Struct)
	case plan.XSI, plan.ChoiceOne:
		return e.typesName(v.Codec.Iface.Go)
	case plan.ChoiceMany:
		return jen.Index().Add(e.typesName(v.Codec.Iface.Go))
	case plan.One:
		return e.valType(v.Inner)
	}
	return jen.Index().Add(e.valType(v.Inner))
}

func (e *emitter) structName(st *plan.Struct) *jen.Statement {
	if st.Pkg == e.pkg {
		return jen.Id(st.Go)
	}
	return jen.Qual(e.path(st.Pkg), st.Go)
}

func (e *emitter) scalarType(v *plan.Val) *jen.Statement {
	switch v.Basic {
	case plan.Bool:
		return jen.Bool()
	case plan.Int32:
		return jen.Int32()
	case plan.Int64:
		return jen.Int64()
	case plan.Float64:
		return jen.Float64()
	case plan.Time, plan.Date:
		return jen.Qual("time", "Time")
	case plan.Bytes:
		return jen.Index().Byte()
	case plan.Raw:
		return e.typesName("Raw")
	case plan.Duration:
		return e.typesName("Duration")
	case plan.EnumString:
		if v.Enum.Pkg == e.pkg {
			return jen.Id(v.Enum.Go)
		}
		return jen.Qual(e.path(v.Enum.Pkg), v.Enum.Go)
	}
	return jen.String()
}

// bitConstants names the presence bits of a struct whose fields no
// descriptor names.
func (e *emitter) bitConstants(f *jen.File, st *plan.Struct) {
	if st.Wide || st.Bits == 0 {
		return
	}
	f.Commentf("The optional fields of %s, for its Present.", st.Go)
	f.Const().DefsFunc(func(g *jen.Group) {
		for _, fd := range st.Fields {
			if fd.Bit >= 0 {
				g.Id(st.Go + "Has" + fd.Go).Add(e.typesName("Bits")).Op("=").Lit(1).Op("<<").Lit(fd.Bit)
			}
		}
	})
}

func (e *emitter) classMethods(f *jen.File, st *plan.Struct) {
	f.Comment("PropertyPtr returns a pointer to the field with presence bit i, nil if there is none.\nThe bits are those of the descriptors in package field.")
	f.Func().Params(jen.Id("v").Op("*").Id(st.Go)).Id("PropertyPtr").Params(jen.Id("i").Uint8()).Any().Block(
		jen.Switch(jen.Id("i")).BlockFunc(func(g *jen.Group) {
			for _, fd := range st.Fields {
				if fd.Bit >= 0 {
					g.Case(jen.Lit(fd.Bit)).Block(jen.Return(jen.Op("&").Id("v").Dot(fd.Go)))
				}
			}
		}),
		jen.Return(jen.Nil()),
	)
	f.Comment("PresenceSet returns a pointer to v.Present.")
	f.Func().Params(jen.Id("v").Op("*").Id(st.Go)).Id("PresenceSet").Params().Op("*").Id("Presence").Block(
		jen.Return(jen.Op("&").Id("v").Dot("Present")),
	)
	list := jen.Nil()
	for _, fd := range st.Fields {
		if fd.Name.Local == "ExtendedProperty" {
			list = jen.Op("&").Id("v").Dot(fd.Go)
		}
	}
	f.Comment("ExtendedPtr returns a pointer to the item's extended properties, nil if the\nclass has none.")
	f.Func().Params(jen.Id("v").Op("*").Id(st.Go)).Id("ExtendedPtr").Params().Op("*").Index().Id("ExtendedProperty").Block(
		jen.Return(list),
	)
}

func (e *emitter) statusMethod(f *jen.File, st *plan.Struct) {
	f.Comment("Status says how the server dealt with this part of the request.")
	f.Func().Params(jen.Id("v").Op("*").Id(st.Go)).Id("Status").Params().Id("Status").Block(
		jen.Return(jen.Id("Status").Values(
			jen.Id("v").Dot("ResponseClass"), jen.Id("v").Dot("ResponseCode"), jen.Id("v").Dot("MessageText"), jen.Id("v").Dot("MessageXML"))),
	)
}

func (e *emitter) batchMethod(f *jen.File, st *plan.Struct) {
	fd := "v." + st.Batch.Go
	f.Comment("Statuses returns the status of each response message, in the order of the request.")
	f.Func().Params(jen.Id("v").Op("*").Id(st.Go)).Id("Statuses").Params().Index().Id("Status").Block(
		jen.Id("out").Op(":=").Make(jen.Index().Id("Status"), jen.Len(jen.Id(fd))),
		jen.For(jen.Id("i").Op(":=").Range().Id(fd)).Block(
			jen.Id("out").Index(jen.Id("i")).Op("=").Id(fd).Index(jen.Id("i")).Dot("Status").Call(),
		),
		jen.Return(jen.Id("out")),
	)
}
