package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

func dec(method string) *jen.Statement { return jen.Id("d").Dot(method) }

// decodeMethod emits DecodeXML: a loop over attributes, then one over
// children, one case a field.
func (e *emitter) decodeMethod(f *jen.File, st *plan.Struct) {
	var attrs []*plan.Field
	var text, wild *plan.Field
	var names []string
	cases := map[*plan.Field][]jen.Code{}
	add := func(n xsdName, fd *plan.Field) {
		if name := prefixed(n); !slices.Contains(names, name) {
			if n.Space != xsd.Types && n.Space != xsd.Messages {
				e.fail("element %s of %s is in neither namespace of EWS", name, st.Go)
			}
			cases[fd] = append(cases[fd], jen.Lit(len(names)))
			names = append(names, name)
		}
	}
	for _, fd := range st.Fields {
		switch fd.Kind {
		case plan.Attr:
			attrs = append(attrs, fd)
		case plan.Text:
			text = fd
		case plan.Wild:
			wild = fd
		case plan.Member, plan.Members:
			for _, a := range fd.Val.Codec.Alts {
				add(a.Name, fd)
			}
		default:
			add(fd.Name, fd)
		}
	}
	if len(names) > 250 {
		e.fail("%s has %d kinds of children; a decoder tells 250 apart", st.Go, len(names))
	}
	table := "names" + st.Go
	if len(names) > 0 && text == nil {
		e.names(f, table, names)
	}
	f.Comment("DecodeXML reads the element that d stands on.")
	f.Func().Params(jen.Id("v").Op("*").Id(st.Go)).Id("DecodeXML").Params(jen.Id("d").Op("*").Qual(e.wire(), "Decoder")).BlockFunc(func(g *jen.Group) {
		if len(attrs) > 0 {
			g.For(dec("Attr").Call()).Block(
				jen.Switch(jen.String().Call(dec("AttrName").Call())).BlockFunc(func(g *jen.Group) {
					for _, fd := range attrs {
						g.Case(jen.Lit(localAttr(fd.Name.Local))).Block(e.setBit(st, fd, jen.Id("v").Dot(fd.Go).Op("=").Add(e.scalarFrom(fd.Val)))...)
					}
				}),
			)
		}
		if text != nil {
			g.Id("v").Dot(text.Go).Op("=").Add(e.scalarFrom(text.Val))
			return
		}
		if len(names) == 0 && wild == nil {
			g.Add(dec("End").Call())
			return
		}
		if len(names) == 0 {
			g.For(dec("Child").Call()).Block(
				jen.Id("v").Dot(wild.Go).Op("+=").Add(dec("RawElement").Call()))
			return
		}
		g.For(
			jen.Id("i").Op(":=").Add(dec("Next").Call(jen.Op("&").Id(table), jen.Lit(-1))),
			jen.Id("i").Op(">=").Lit(0),
			jen.Id("i").Op("=").Add(dec("Next").Call(jen.Op("&").Id(table), jen.Id("i"))),
		).Block(jen.Switch(jen.Id("i")).BlockFunc(func(g *jen.Group) {
			for _, fd := range st.Fields {
				if len(cases[fd]) > 0 {
					g.Case(cases[fd]...).Block(e.decodeField(st, fd)...)
				}
			}
			if wild != nil {
				g.Default().Block(jen.Id("v").Dot(wild.Go).Op("+=").Add(dec("RawElement").Call()))
				return
			}
			g.Default().Block(dec("Skip").Call())
		}))
	})
}

// names emits the table of the names of a struct's children.
func (e *emitter) names(f *jen.File, table string, names []string) {
	all := strings.Join(names, ">") + ">"
	f.Var().Id(table).Op("=").Qual(e.wire(), "Names").Values(jen.Dict{
		jen.Id("Seed"): jen.Lit(e.seed),
		jen.Id("All"):  jen.Lit(all).Op("+").Qual(e.wire(), "Pad"),
		jen.Id("At"): jen.Index().Uint16().ValuesFunc(func(g *jen.Group) {
			at := 0
			for _, n := range names {
				g.Lit(at)
				at += len(n) + 1
			}
			g.Lit(at)
		}),
	})
	e.seed += len(names) + 1
}

func localAttr(name string) string {
	if name == "xml:lang" {
		return "lang"
	}
	return name
}

// setBit puts the presence bit of fd before statements.
func (e *emitter) setBit(st *plan.Struct, fd *plan.Field, stmts ...jen.Code) []jen.Code {
	if fd.Bit < 0 {
		return stmts
	}
	target := jen.Id("v").Dot("Present")
	if st.Wide {
		target = target.Index(jen.Lit(fd.Bit / 64))
	}
	return append([]jen.Code{target.Op("|=").Lit(1).Op("<<").Lit(fd.Bit % 64)}, stmts...)
}

// decodeField returns the statements that read a field from the child that d
// stands on.
func (e *emitter) decodeField(st *plan.Struct, fd *plan.Field) []jen.Code {
	target := "v." + fd.Go
	var body []jen.Code
	switch {
	case fd.Kind == plan.Member:
		body = append(body, jen.Id(target).Op("=").Add(e.typesName("Decode"+fd.Val.Codec.Go)).Call(jen.Id("d")))
	case fd.Kind == plan.Members:
		body = append(body, jen.Id(target).Op("=").Append(jen.Id(target), e.typesName("Decode"+fd.Val.Codec.Go).Call(jen.Id("d"))))
	case fd.Kind == plan.Repeated:
		body = e.appendTo(target, fd.Val, fd.Nillable)
	case st.Batch == fd:
		body = []jen.Code{jen.For(dec("Child").Call()).Block(e.appendTo(target, fd.Val.Inner, false)...)}
	case fd.Nillable && fd.Pointer():
		body = []jen.Code{jen.If(dec("Nil").Call()).Block(dec("Skip").Call()).Else().Block(
			append([]jen.Code{jen.Id(target).Op("=").New(e.valType(fd.Val))}, e.into(target, fd.Val, true)...)...)}
	default:
		body = e.into(target, fd.Val, fd.Pointer())
		if fd.Pointer() {
			body = append([]jen.Code{jen.Id(target).Op("=").New(e.valType(fd.Val))}, body...)
		}
	}
	return e.setBit(st, fd, body...)
}

// into returns the statements that read the element d stands on into target.
// ptr says that target is a pointer to a fresh value.
func (e *emitter) into(target string, v *plan.Val, ptr bool) []jen.Code {
	deref := target
	if ptr {
		deref = "*" + target
	}
	switch v.Shape {
	case plan.Scalar:
		return []jen.Code{jen.Id(deref).Op("=").Add(e.scalarFrom(v))}
	case plan.StructVal:
		return []jen.Code{jen.Id(target).Dot("DecodeXML").Call(jen.Id("d"))}
	case plan.XSI:
		return []jen.Code{jen.Id(target).Op("=").Add(e.typesName("Decode" + v.Codec.Go)).Call(jen.Id("d"))}
	case plan.One:
		return []jen.Code{jen.For(e.childNamed(v)).Block(e.into(target, v.Inner, ptr)...)}
	case plan.Many:
		return []jen.Code{jen.For(e.childNamed(v)).Block(e.appendTo(target, v.Inner, false)...)}
	case plan.ChoiceOne:
		return []jen.Code{jen.For(dec("Child").Call()).Block(
			jen.If(jen.Id("x").Op(":=").Add(e.typesName("Decode"+v.Codec.Go)).Call(jen.Id("d")), jen.Id("x").Op("!=").Nil()).Block(
				jen.Id(target).Op("=").Id("x")))}
	}
	return []jen.Code{jen.Id(target).Op("=").Add(e.typesName("Decode"+v.Codec.Go+"List")).Call(jen.Id("d"), jen.Id(target))}
}

// appendTo returns the statements that append the element d stands on to target.
func (e *emitter) appendTo(target string, v *plan.Val, _ bool) []jen.Code {
	switch v.Shape {
	case plan.Scalar:
		if !v.List {
			return []jen.Code{jen.Id(target).Op("=").Append(jen.Id(target), e.scalarFrom(v))}
		}
	case plan.StructVal:
		return []jen.Code{
			jen.Id(target).Op("=").Append(jen.Id(target), e.valType(v).Values()),
			jen.Id(target).Index(jen.Len(jen.Id(target)).Op("-").Lit(1)).Dot("DecodeXML").Call(jen.Id("d")),
		}
	case plan.XSI:
		return []jen.Code{jen.If(jen.Id("x").Op(":=").Add(e.typesName("Decode"+v.Codec.Go)).Call(jen.Id("d")), jen.Id("x").Op("!=").Nil()).Block(
			jen.Id(target).Op("=").Append(jen.Id(target), jen.Id("x")))}
	}
	x := "x" // a collapsed element: read it, then append
	return append(append([]jen.Code{jen.Var().Id(x).Add(e.valType(v))}, e.into(x, v, false)...),
		jen.Id(target).Op("=").Append(jen.Id(target), jen.Id(x)))
}

func (e *emitter) childNamed(v *plan.Val) *jen.Statement {
	return dec("Entry").Call(jen.Lit(prefixed(v.Elem)))
}

// scalarFrom returns the expression that reads a scalar.
func (e *emitter) scalarFrom(v *plan.Val) *jen.Statement {
	if v.List {
		if v.Basic == plan.EnumString {
			return jen.Qual(e.wire(), "Split").Index(e.scalarType(v)).Call(dec("Text").Call())
		}
		return dec("List").Call()
	}
	switch v.Basic {
	case plan.Bool:
		return dec("Bool").Call()
	case plan.Int32:
		return dec("Int32").Call()
	case plan.Int64:
		return dec("Int64").Call()
	case plan.Float64:
		return dec("Float64").Call()
	case plan.Time:
		return dec("Time").Call()
	case plan.Date:
		return dec("Date").Call()
	case plan.Bytes:
		return dec("Base64").Call()
	case plan.Raw:
		return dec("Raw").Call()
	case plan.EnumString:
		return e.scalarType(v).Call(dec("Enum").Call())
	case plan.Duration:
		return e.scalarType(v).Call(dec("Text").Call())
	}
	return dec("Text").Call()
}

// codec emits the functions of a closed interface.
func (e *emitter) codec(c *plan.Codec) {
	f := e.file("codecs", len(c.Alts)*6+20)
	by := "name"
	if c.XSI {
		by = "xsi:type"
	}
	doc := fmt.Sprintf("Decode%s reads the element that d stands on, told by its %s; an unknown one is\nskipped and gives nil.", c.Go, by)
	decoder := func() *jen.Statement { return jen.Id("d").Op("*").Qual(e.wire(), "Decoder") }
	read := func(a plan.Alt) []jen.Code {
		return []jen.Code{
			jen.Id("v").Op(":=").New(jen.Id(a.Struct.Go)),
			jen.Id("v").Dot("DecodeXML").Call(jen.Id("d")),
			jen.Return(jen.Id("v"))}
	}
	if c.XSI {
		f.Comment(doc)
		f.Func().Id("Decode"+c.Go).Params(decoder()).Id(c.Iface.Go).Block(
			jen.Switch(jen.String().Call(dec("XSIType").Call())).BlockFunc(func(g *jen.Group) {
				for _, a := range c.Alts {
					g.Case(jen.Lit(a.Name.Local)).Block(read(a)...)
				}
				for _, a := range c.Alts {
					if !a.Struct.Type.Abstract && c.Iface.Go == "Any"+a.Struct.Go { // the declared type itself
						g.Case(jen.Lit("")).Block(read(a)...)
					}
				}
			}),
			dec("Skip").Call(),
			jen.Return(jen.Nil()))
	} else {
		table, lower := "names"+c.Go+"Codec", "decode"+c.Go
		var names []string
		for _, a := range c.Alts {
			names = append(names, prefixed(a.Name))
		}
		e.names(f, table, names)
		f.Comment(doc)
		f.Func().Id("Decode" + c.Go).Params(decoder()).Id(c.Iface.Go).Block(
			jen.Return(jen.Id(lower).Call(jen.Id("d"), dec("Index").Call(jen.Op("&").Id(table)))))
		f.Comment(fmt.Sprintf("Decode%sList appends to list what the children of the element that d stands on are, unknown\nones left out, and reads that element's end.", c.Go))
		f.Func().Id("Decode"+c.Go+"List").Params(decoder(), jen.Id("list").Index().Id(c.Iface.Go)).Index().Id(c.Iface.Go).Block(
			jen.For(
				jen.Id("i").Op(":=").Add(dec("Next").Call(jen.Op("&").Id(table), jen.Lit(-1))),
				jen.Id("i").Op(">=").Lit(0),
				jen.Id("i").Op("=").Add(dec("Next").Call(jen.Op("&").Id(table), jen.Id("i"))),
			).Block(
				jen.If(jen.Id("x").Op(":=").Id(lower).Call(jen.Id("d"), jen.Id("i")), jen.Id("x").Op("!=").Nil()).Block(
					jen.Id("list").Op("=").Qual(e.wire(), "Append").Call(jen.Id("list"), jen.Id("x")))),
			jen.Return(jen.Id("list")))
		f.Func().Id(lower).Params(decoder(), jen.Id("i").Int()).Id(c.Iface.Go).Block(
			jen.Switch(jen.Id("i")).BlockFunc(func(g *jen.Group) {
				for i, a := range c.Alts {
					g.Case(jen.Lit(i)).Block(read(a)...)
				}
			}),
			dec("Skip").Call(),
			jen.Return(jen.Nil()))
	}
	f.Comment(fmt.Sprintf("Encode%s writes v as the element of its kind.", c.Go))
	params := []jen.Code{jen.Id("e").Op("*").Qual(e.wire(), "Encoder"), jen.Id("v").Id(c.Iface.Go)}
	if c.XSI {
		params = []jen.Code{jen.Id("e").Op("*").Qual(e.wire(), "Encoder"), jen.Id("name").String(), jen.Id("v").Id(c.Iface.Go)}
	}
	f.Func().Id("Encode" + c.Go).Params(params...).Block(
		jen.Switch(jen.Id("v").Op(":=").Id("v").Op(".").Parens(jen.Type())).BlockFunc(func(g *jen.Group) {
			for _, a := range c.Alts {
				isNil := jen.Id("v").Op("==").Nil()
				if c.XSI {
					g.Case(jen.Op("*").Id(a.Struct.Go)).Block(jen.Id("e").Dot("XSIMember").Call(jen.Id("name"), jen.Lit(prefixed(a.Name)), jen.Id("v"), isNil))
					continue
				}
				g.Case(jen.Op("*").Id(a.Struct.Go)).Block(jen.Id("e").Dot("Member").Call(jen.Lit(prefixed(a.Name)), jen.Id("v"), isNil))
			}
			g.Default().Block(jen.Id("e").Dot("NotMember").Call(jen.Lit(c.Iface.Go), jen.Id("v")))
		}),
	)
}
