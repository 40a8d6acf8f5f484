// Package plan turns the schema model into the Go declarations that are to
// be generated: structs with their fields, enumerations, closed interfaces,
// operations and property descriptors. It decides names and representation;
// package emit writes them down.
package plan

import (
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/support"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// Plan is everything that is to be generated.
type Plan struct {
	Structs    []*Struct    // by package, then name
	Enums      []*Enum      // by package, then name
	Interfaces []*Interface // by name; all in package types
	Codecs     []*Codec     // by name; all in package types
	Ops        []*Op        // by name
	Classes    []*Class     // by name
	// RequestMarks and ValueMarks say which versions know what.
	RequestMarks, ValueMarks *support.Table
}

// Struct is a complex type as a Go struct.
type Struct struct {
	Pkg    string // "types" or "messages"
	Go     string
	Type   *xsd.Type
	Elem   xsd.Name // set if the struct stands for an element of a shared type
	Fields []*Field
	// Bits is the number of presence bits in use.
	Bits int
	// Wide is set if the presence set is a types.Presence rather than Bits.
	Wide bool
	// Class is set if property paths name the fields.
	Class *Class
	// Ifaces are the closed interfaces that the struct is a member of.
	Ifaces []*Interface
	// Doc says what the struct is, one sentence, without its name.
	Doc string
	// Status is set for response messages, Batch for answers with a list of them.
	Status   bool
	Batch    *Field
	Group    []Choice
	Topic    string
	Versions xsd.Versions
	// Heavy structs are held by pointer in the structs that contain them.
	Heavy bool
	size  int
	done  bool
}

// Choice is a one-of group of fields of which at most one may be set.
type Choice []*Field

// FieldKind says where a field stands in the XML.
type FieldKind uint8

// The kinds of fields.
const (
	Attr     FieldKind = iota // an attribute
	Element                   // a child element
	Repeated                  // a child element, any number of times
	Member                    // an alternative of a choice, named by its own element
	Members                   // the same, any number of times
	Text                      // the text of simple content
	Wild                      // xs:any: the children no other field takes, raw
)

// Field is a field of a struct.
type Field struct {
	Go       string
	Kind     FieldKind
	Name     xsd.Name // of the element or attribute; zero for Member, Members, Text, Wild
	Val      *Val
	Required bool
	Bit      int // presence bit, -1 if none
	Nillable bool
	Versions xsd.Versions
}

// Shape is the shape of a value.
type Shape uint8

// The shapes of values. The last four are wrappers that Go does not see.
const (
	Scalar     Shape = iota
	StructVal        // a struct
	XSI              // a closed interface, told apart by xsi:type
	One              // an element whose only content is one element
	Many             // an element whose only content is a list of one kind of element
	ChoiceOne        // an element whose only content is one of several
	ChoiceMany       // an element whose only content is a list of several kinds
)

// Basic is a scalar's kind.
type Basic uint8

// The kinds of scalars.
const (
	String Basic = iota
	Bool
	Int32
	Int64
	Float64
	Time
	Date
	Bytes
	Raw
	Duration
	EnumString
)

// Val is the Go representation of the content of an element or attribute.
type Val struct {
	Shape  Shape
	Basic  Basic
	Enum   *Enum
	List   bool // xs:list: a slice of the scalar
	Struct *Struct
	Elem   xsd.Name
	Inner  *Val
	Codec  *Codec
}

// Enum is an enumeration as a string type.
type Enum struct {
	Pkg    string
	Go     string
	Prefix string // of the constants
	Type   *xsd.Type
	Wire   string // name for the comment
	Topic  string
	Values []EnumValue
}

// EnumValue is a constant of an Enum.
type EnumValue struct {
	Go, Wire string
	Versions xsd.Versions
}

// Interface is a closed set of structs.
type Interface struct {
	Go      string
	Members []*Struct
	Doc     string
	Topic   string
}

// Codec decodes and encodes the members of an Interface: by element name, or
// by xsi:type.
type Codec struct {
	Go    string // suffix of the functions: Decode<Go>, Encode<Go>
	Iface *Interface
	XSI   bool
	Alts  []Alt
}

// Alt is an alternative of a Codec.
type Alt struct {
	Name   xsd.Name // element, or type if XSI
	Struct *Struct
}

// Op is an operation.
type Op struct {
	wsdl.Operation
	Go         string // Go name, as in FindItem
	ReqType    *Struct
	ResType    *Struct
	Idempotent bool
	Doc        string
}

// Class is a struct whose fields have property paths.
type Class struct {
	Struct *Struct
	Props  []*Prop
}

// Prop returns the property that f has in c, nil if c is nil or f has no
// property path.
func (c *Class) Prop(f *Field) *Prop {
	if c == nil {
		return nil
	}
	for _, p := range c.Props {
		if p.Field == f {
			return p
		}
	}
	return nil
}

// Prop is a property of a class.
type Prop struct {
	Field    *Field
	URI      string // as in "item:Subject"
	Kind     string // descriptor: Text, Ordered, Bool, Enum, List, Value
	ReadOnly bool
	Indexed  *IndexedProp
	Versions xsd.Versions
}

// IndexedProp says how the entries of a dictionary property are addressed.
type IndexedProp struct {
	URIs []string // DictionaryURIType values
	Key  *Enum    // nil: a string
}

// GoType returns the Go type of v as seen from package pkg.
func (v *Val) GoType(pkg string) string {
	switch v.Shape {
	case Scalar:
		s := v.scalar(pkg)
		if v.List {
			return "[]" + s
		}
		return s
	case StructVal:
		return qualify(pkg, v.Struct.Pkg, v.Struct.Go)
	case XSI, ChoiceOne:
		return qualify(pkg, "types", v.Codec.Iface.Go)
	case ChoiceMany:
		return "[]" + qualify(pkg, "types", v.Codec.Iface.Go)
	case One:
		return v.Inner.GoType(pkg)
	}
	return "[]" + v.Inner.GoType(pkg)
}

func (v *Val) scalar(pkg string) string {
	switch v.Basic {
	case String:
		return "string"
	case Bool:
		return "bool"
	case Int32:
		return "int32"
	case Int64:
		return "int64"
	case Float64:
		return "float64"
	case Time, Date:
		return "time.Time"
	case Bytes:
		return "[]byte"
	case Raw:
		return qualify(pkg, "types", "Raw")
	case Duration:
		return qualify(pkg, "types", "Duration")
	}
	return qualify(pkg, v.Enum.Pkg, v.Enum.Go)
}

func qualify(from, pkg, name string) string {
	if from == pkg {
		return name
	}
	return pkg + "." + name
}

// GoType returns the Go type of f as seen from the package of its struct.
func (f *Field) GoType(pkg string) string {
	t := f.Val.GoType(pkg)
	switch {
	case f.Kind == Repeated, f.Kind == Members:
		return "[]" + t
	case f.Pointer():
		return "*" + t
	}
	return t
}

// Pointer reports whether f is held by pointer: its struct is large or
// contains itself, or the element may be nil.
func (f *Field) Pointer() bool {
	if f.Kind == Repeated || f.Kind == Members {
		return false
	}
	v := f.Val
	for v.Shape == One {
		v = v.Inner
	}
	return v.Shape == StructVal && v.Struct.Heavy || f.Nillable && v.Shape <= StructVal
}
