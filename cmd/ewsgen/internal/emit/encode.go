package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
)

func enc(method string) *jen.Statement { return jen.Id("e").Dot(method) }

// encodeMethod emits EncodeXML: one statement a field, attributes first.
func (e *emitter) encodeMethod(f *jen.File, st *plan.Struct) {
	f.Comment("EncodeXML writes the content of the element whose start tag is open.")
	f.Func().Params(jen.Id("v").Op("*").Id(st.Go)).Id("EncodeXML").Params(jen.Id("e").Op("*").Qual(e.wire(), "Encoder")).BlockFunc(func(g *jen.Group) {
		for _, c := range st.Group {
			e.oneOf(g, st, c)
		}
		for _, fd := range st.Fields {
			if fd.Kind == plan.Attr {
				e.encodeAttr(g, st, fd)
			}
		}
		for _, fd := range st.Fields {
			e.encodeField(g, st, fd)
		}
	})
}

// notZero returns the expression that says whether a value, x, says anything:
// a number that is not zero, a struct with a field that does.
func (e *emitter) notZero(v *plan.Val, x *jen.Statement) *jen.Statement {
	switch v.Shape {
	case plan.Scalar:
		if v.List {
			return jen.Len(x).Op(">").Lit(0)
		}
		switch v.Basic {
		case plan.Bool:
			return x
		case plan.Int32, plan.Int64, plan.Float64:
			return x.Op("!=").Lit(0)
		case plan.Time, plan.Date:
			return jen.Op("!").Add(x).Dot("IsZero").Call()
		case plan.Bytes:
			return jen.Len(x).Op(">").Lit(0)
		}
		return x.Op("!=").Lit("")
	case plan.StructVal:
		return jen.Op("!").Add(x).Dot("IsZero").Call()
	case plan.XSI, plan.ChoiceOne:
		return x.Op("!=").Nil()
	case plan.One:
		return e.notZero(v.Inner, x)
	}
	return jen.Len(x).Op(">").Lit(0)
}

// asked returns the structs that are asked whether they are zero: those that are
// optional in another, and what these hold by value.
func asked(structs []*plan.Struct) map[*plan.Struct]bool {
	set := map[*plan.Struct]bool{}
	var fields func(st *plan.Struct, all bool)
	fields = func(st *plan.Struct, all bool) {
		for _, fd := range st.Fields {
			v := fd.Val
			for v.Shape == plan.One {
				v = v.Inner
			}
			if fd.Kind == plan.Element && !fd.Pointer() && v.Shape == plan.StructVal && !set[v.Struct] && (all || !fd.Required || v != fd.Val) {
				set[v.Struct] = true
				fields(v.Struct, true)
			}
		}
	}
	for _, st := range structs {
		fields(st, false)
	}
	return set
}

// zeroMethod emits IsZero.
func (e *emitter) zeroMethod(f *jen.File, st *plan.Struct) {
	f.Comment("IsZero reports whether v says nothing: no field is set, none is marked as present.")
	f.Func().Params(jen.Id("v").Op("*").Id(st.Go)).Id("IsZero").Params().Bool().BlockFunc(func(g *jen.Group) {
		var or []*jen.Statement
		switch {
		case st.Bits == 0:
		case st.Wide:
			or = append(or, jen.Id("v").Dot("Present").Op("!=").Parens(e.typesName("Presence").Values()))
		default:
			or = append(or, jen.Id("v").Dot("Present").Op("!=").Lit(0))
		}
		for _, fd := range st.Fields {
			x := jen.Id("v").Dot(fd.Go)
			switch {
			case fd.Kind == plan.Repeated, fd.Kind == plan.Members:
				or = append(or, jen.Len(x).Op(">").Lit(0))
			case fd.Kind == plan.Member, fd.Pointer():
				or = append(or, x.Op("!=").Nil())
			default:
				or = append(or, e.notZero(fd.Val, x))
			}
		}
		if len(or) == 0 {
			g.Return(jen.True())
			return
		}
		all := or[0]
		for _, o := range or[1:] {
			all = all.Op("||").Add(o)
		}
		g.Return(jen.Op("!").Parens(all))
	})
}

// keep returns the condition under which a zero field is written.
func keep(st *plan.Struct, fd *plan.Field) *jen.Statement {
	if fd.Bit < 0 {
		return jen.Lit(fd.Required)
	}
	target := jen.Id("v").Dot("Present")
	if st.Wide {
		target = target.Index(jen.Lit(fd.Bit / 64))
	}
	bit := target.Op("&").Parens(jen.Lit(1).Op("<<").Lit(fd.Bit % 64)).Op("!=").Lit(0)
	if fd.Required {
		return jen.True()
	}
	return bit
}

// or returns the disjunction of k and x.
func or(k, x *jen.Statement) *jen.Statement {
	switch k.GoString() {
	case "true":
		return jen.True()
	case "false":
		return x
	}
	return k.Clone().Op("||").Add(x)
}

// oneOf emits the check that at most one field of a choice is set, where a
// field says by itself whether it is.
func (e *emitter) oneOf(g *jen.Group, st *plan.Struct, c plan.Choice) {
	var set []jen.Code
	for _, fd := range c {
		x := jen.Id("v").Dot(fd.Go)
		switch t := fd.GoType(st.Pkg); {
		case t == "string":
			set = append(set, x.Op("!=").Lit(""))
		case t[0] == '[':
			set = append(set, jen.Len(x).Op(">").Lit(0))
		case t[0] == '*', fd.Val.Shape == plan.XSI, fd.Val.Shape == plan.ChoiceOne:
			set = append(set, x.Op("!=").Nil())
		default:
			if fd.Bit >= 0 {
				set = append(set, keep(st, fd))
			}
		}
	}
	if len(set) > 1 {
		g.Add(enc("OneOf").Call(append([]jen.Code{jen.Lit(st.Go)}, set...)...))
	}
}

func (e *emitter) encodeAttr(g *jen.Group, st *plan.Struct, fd *plan.Field) {
	method, arg := e.scalarArg(fd.Val, "v."+fd.Go)
	g.Add(enc("Attr"+method).Call(jen.Lit(fd.Name.Local), arg, keep(st, fd)))
}

// scalarArg returns the encoder's method for a scalar and the argument in the
// type that the method takes.
func (e *emitter) scalarArg(v *plan.Val, x string) (string, *jen.Statement) {
	id := jen.Id(x)
	if v.List {
		return "String", jen.Qual(e.wire(), "Join").Call(id)
	}
	switch v.Basic {
	case plan.Bool:
		return "Bool", id
	case plan.Int32:
		return "Int", jen.Int64().Call(id)
	case plan.Int64:
		return "Int", id
	case plan.Float64:
		return "Float", id
	case plan.Time:
		return "Time", id
	case plan.Date:
		return "Date", id
	case plan.Bytes:
		return "Base64", id
	case plan.Raw:
		return "RawElem", id
	case plan.Duration, plan.EnumString:
		return "String", jen.String().Call(id)
	}
	return "String", id
}

func (e *emitter) encodeField(g *jen.Group, st *plan.Struct, fd *plan.Field) {
	x := "v." + fd.Go
	switch fd.Kind {
	case plan.Attr:
	case plan.Text:
		e.encodeText(g, fd.Val, x)
	case plan.Wild:
		g.Add(enc("Raw").Call(jen.Id(x)))
	case plan.Member:
		g.If(jen.Id(x).Op("!=").Nil()).Block(e.typesName("Encode"+fd.Val.Codec.Go).Call(jen.Id("e"), jen.Id(x)))
	case plan.Members:
		g.For(jen.List(jen.Id("_"), jen.Id("x")).Op(":=").Range().Id(x)).Block(
			e.typesName("Encode"+fd.Val.Codec.Go).Call(jen.Id("e"), jen.Id("x")))
	case plan.Repeated:
		e.each(g, x, 0, func(g *jen.Group, item string) { e.always(g, prefixed(fd.Name), fd.Val, item, 1) })
	default:
		e.encodeElement(g, st, fd, x)
	}
}

func (e *emitter) encodeText(g *jen.Group, v *plan.Val, x string) {
	method, arg := e.scalarArg(v, x)
	if method == "String" {
		method = ""
	}
	g.Add(enc("Text" + method).Call(arg))
}

// encodeElement writes a field that is an element of its own.
func (e *emitter) encodeElement(g *jen.Group, st *plan.Struct, fd *plan.Field, x string) {
	name := jen.Lit(prefixed(fd.Name))
	k := keep(st, fd)
	if fd.Pointer() {
		s := g.If(jen.Id(x).Op("!=").Nil()).BlockFunc(func(g *jen.Group) { e.pointer(g, prefixed(fd.Name), fd.Val, x) })
		if fd.Nillable && fd.Required {
			s.Else().Block(enc("NilElem").Call(name))
		} else if fd.Nillable {
			s.Else().If(k).Block(enc("NilElem").Call(name))
		}
		return
	}
	v := fd.Val
	switch v.Shape {
	case plan.Scalar:
		method, arg := e.scalarArg(v, x)
		g.Add(enc(method).Call(name, arg, k))
	case plan.StructVal:
		if fd.Required {
			g.Add(enc("Elem").Call(name, jen.Op("&").Id(x)))
			return
		}
		g.If(or(k, e.notZero(v, jen.Id(x)))).Block(enc("Elem").Call(name, jen.Op("&").Id(x)))
	case plan.XSI:
		g.If(jen.Id(x).Op("!=").Nil()).Block(e.typesName("Encode"+v.Codec.Go).Call(jen.Id("e"), name, jen.Id(x)))
	case plan.One:
		g.If(or(k, e.notZero(v, jen.Id(x)))).BlockFunc(func(g *jen.Group) {
			g.Add(enc("Start").Call(name))
			e.inside(g, prefixed(v.Elem), v.Inner, x)
			g.Add(enc("End").Call(name))
		})
	case plan.ChoiceOne:
		g.If(jen.Id(x).Op("!=").Nil().Op("||").Add(k)).BlockFunc(func(g *jen.Group) {
			g.Add(enc("Start").Call(name))
			g.If(jen.Id(x).Op("!=").Nil()).Block(e.typesName("Encode"+v.Codec.Go).Call(jen.Id("e"), jen.Id(x)))
			g.Add(enc("End").Call(name))
		})
	default:
		g.If(jen.Len(jen.Id(x)).Op(">").Lit(0).Op("||").Add(k)).BlockFunc(func(g *jen.Group) {
			e.always(g, prefixed(fd.Name), v, x, 0)
		})
	}
}

// inside writes the only element of a collapsed wrapper, which the wrapper must
// contain: it is there whenever the wrapper is. There is nothing to write of an
// interface that is nil.
func (e *emitter) inside(g *jen.Group, name string, v *plan.Val, x string) {
	if v.Shape == plan.ChoiceOne || v.Shape == plan.XSI {
		g.If(jen.Id(x).Op("!=").Nil()).BlockFunc(func(g *jen.Group) { e.always(g, name, v, x, 0) })
		return
	}
	e.always(g, name, v, x, 0)
}

// pointer writes what is held by pointer, through collapsed wrappers.
func (e *emitter) pointer(g *jen.Group, name string, v *plan.Val, x string) {
	if v.Shape == plan.One {
		g.Add(enc("Start").Call(jen.Lit(name)))
		e.pointer(g, prefixed(v.Elem), v.Inner, x)
		g.Add(enc("End").Call(jen.Lit(name)))
		return
	}
	if v.Shape == plan.Scalar {
		e.always(g, name, v, "*"+x, 0)
		return
	}
	g.Add(enc("Elem").Call(jen.Lit(name), jen.Id(x)))
}

// always writes element name with value x, zero or not.
func (e *emitter) always(g *jen.Group, name string, v *plan.Val, x string, depth int) {
	switch v.Shape {
	case plan.Scalar:
		method, arg := e.scalarArg(v, x)
		g.Add(enc(method).Call(jen.Lit(name), arg, jen.True()))
	case plan.StructVal:
		g.Add(enc("Elem").Call(jen.Lit(name), jen.Op("&").Id(x)))
	case plan.XSI:
		g.Add(e.typesName("Encode"+v.Codec.Go).Call(jen.Id("e"), jen.Lit(name), jen.Id(x)))
	default:
		g.Add(enc("Start").Call(jen.Lit(name)))
		switch v.Shape {
		case plan.One:
			e.always(g, prefixed(v.Elem), v.Inner, x, depth)
		case plan.Many:
			e.each(g, x, depth, func(g *jen.Group, item string) { e.always(g, prefixed(v.Elem), v.Inner, item, depth+1) })
		case plan.ChoiceOne:
			g.Add(e.typesName("Encode"+v.Codec.Go).Call(jen.Id("e"), jen.Id(x)))
		case plan.ChoiceMany:
			g.For(jen.List(jen.Id("_"), jen.Id("x")).Op(":=").Range().Id(x)).Block(
				e.typesName("Encode"+v.Codec.Go).Call(jen.Id("e"), jen.Id("x")))
		}
		g.Add(enc("End").Call(jen.Lit(name)))
	}
}

// each ranges over slice x.
func (e *emitter) each(g *jen.Group, x string, depth int, body func(g *jen.Group, item string)) {
	i := fmt.Sprintf("%c", 'i'+depth)
	g.For(jen.Id(i).Op(":=").Range().Id(x)).BlockFunc(func(g *jen.Group) { body(g, x+"["+i+"]") })
}
