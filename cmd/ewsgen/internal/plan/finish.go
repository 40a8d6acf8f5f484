package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// operations plans request and answer of each operation.
func (b *builder) operations(ops []wsdl.Operation) error {
	for _, o := range ops {
		op := &Op{Operation: o, Go: camel(o.Name), Idempotent: idempotent(o.Name)}
		var err error
		if op.ReqType, err = b.root(o.Request, op.Go+"Request"); err != nil {
			return fmt.Errorf("operation %s: %w", o.Name, err)
		}
		if op.ResType, err = b.root(o.Response, op.Go+"Response"); err != nil {
			return fmt.Errorf("operation %s: %w", o.Name, err)
		}
		b.p.Ops = append(b.p.Ops, op)
	}
	for len(b.todo) > 0 {
		st := b.todo[0]
		b.todo = b.todo[1:]
		b.fill(st)
	}
	return nil
}

// root returns the struct of a request's or an answer's element.
func (b *builder) root(elem xsd.Name, name string) (*Struct, error) {
	e := b.s.Elements[elem]
	if e == nil {
		return nil, fmt.Errorf("no element %s in the schema", elem)
	}
	t := e.Inline
	if t == nil {
		t = b.s.Types[e.Type]
	}
	if t == nil {
		return nil, fmt.Errorf("element %s has no type", elem)
	}
	if t.Name.Local == "ResponseMessageType" {
		// The type of many answers' parts, which keeps its own name.
		return b.structFor(t, elem, name), nil
	}
	for key, st := range b.structs {
		if key.t == t && st.Go != name {
			// Two operations share a type: each gets a struct of its own.
			st := b.structFor(t, elem, name)
			return st, nil
		}
	}
	st := b.structFor(t, xsd.Name{}, name)
	st.Go, st.Pkg = name, "messages"
	return st, nil
}

// idempotent reports whether repeating operation name does no harm: it reads,
// or it sets a state that does not depend on what was there.
func idempotent(name string) bool {
	switch name {
	case "GetEvents", "GetStreamingEvents", "GetClientAccessToken":
		// GetEvents moves no state on the server: the watermark is the
		// client's. A stream is not a call to repeat.
		return name == "GetEvents"
	case "ConvertId", "ResolveNames", "ExpandDL", "SyncFolderItems", "SyncFolderHierarchy",
		"SearchMailboxes", "ExportItems", "IsUMEnabled", "RefreshSharingFolder", "ValidateUMPin", "ExecuteSearch":
		return true
	}
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "Find")
}

// sizes finds the structs that are too large, or contain themselves, and are
// therefore held by pointer.
func (b *builder) sizes() {
	state := map[*Struct]int{} // 1: under way
	var visit func(st *Struct) int
	var valSize func(v *Val) int
	valSize = func(v *Val) int {
		switch v.Shape {
		case Scalar:
			switch {
			case v.List, v.Basic == Bytes, v.Basic == Time, v.Basic == Date:
				return 24
			case v.Basic == Bool:
				return 1
			case v.Basic == Int32:
				return 4
			case v.Basic == Int64, v.Basic == Float64:
				return 8
			}
			return 16
		case StructVal:
			n := visit(v.Struct)
			if v.Struct.Heavy {
				return 8
			}
			return n
		case One:
			return valSize(v.Inner)
		case ChoiceOne, XSI:
			return 16
		}
		return 24
	}
	visit = func(st *Struct) int {
		switch state[st] {
		case 1:
			st.Heavy = true
			return 8
		case 2:
			return st.size
		}
		state[st] = 1
		n := 8
		for _, f := range st.Fields {
			switch {
			case f.Kind == Repeated, f.Kind == Members:
				n += 24
			default:
				n += valSize(f.Val)
			}
		}
		state[st] = 2
		st.size = n
		if n > inlineLimit {
			st.Heavy = true
		}
		return n
	}
	for _, st := range b.p.Structs {
		visit(st)
	}
}

// check looks for names given twice.
func (b *builder) check() error {
	seen := map[string]string{}
	add := func(pkg, name, what string) {
		key := pkg + "." + name
		if o, ok := seen[key]; ok {
			b.fail("%s is both %s and %s: add a row to the name table", key, o, what)
		}
		seen[key] = what
	}
	for _, n := range []string{
		"types.Raw", "types.Bits", "types.Presence", "types.Set", "types.Floating", "types.Properties", "types.Duration", "types.DurationOf",
		"messages.Operation", "messages.Operations", "messages.Client", "messages.New", "messages.Status", "messages.Batch", "messages.Single",
		"messages.Headers", "messages.Message", "messages.Invoker", "messages.Marshaler", "messages.Unmarshaler", "messages.ErrThrottled",
	} {
		seen[n] = "written by hand"
	}
	for _, st := range b.p.Structs {
		add(st.Pkg, st.Go, "struct "+st.wire())
		fields := map[string]bool{"Present": true}
		for _, f := range st.Fields {
			if fields[f.Go] {
				b.fail("%s.%s: two fields of that name", st.Go, f.Go)
			}
			fields[f.Go] = true
		}
	}
	for _, e := range b.p.Enums {
		add(e.Pkg, e.Go, "enumeration "+e.Wire)
		for _, v := range e.Values {
			add(e.Pkg, v.Go, "value "+e.Go+"."+v.Wire)
		}
	}
	for _, n := range sortedKeys(b.ifaces) {
		add("types", n, "interface")
	}
	return errors.Join(b.errs...)
}

func (st *Struct) wire() string {
	if !st.Elem.IsZero() {
		return "element " + st.Elem.String()
	}
	if st.Type.Name.IsZero() {
		return "anonymous"
	}
	return st.Type.Name.String()
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (b *builder) finish() *Plan {
	p := &b.p
	slices.SortFunc(p.Structs, func(x, y *Struct) int { return strings.Compare(x.Pkg+"."+x.Go, y.Pkg+"."+y.Go) })
	slices.SortFunc(p.Enums, func(x, y *Enum) int { return strings.Compare(x.Pkg+"."+x.Go, y.Pkg+"."+y.Go) })
	slices.SortFunc(p.Ops, func(x, y *Op) int { return strings.Compare(x.Name, y.Name) })
	slices.SortFunc(p.Classes, func(x, y *Class) int { return strings.Compare(x.Struct.Go, y.Struct.Go) })
	for _, n := range sortedKeys(b.ifaces) {
		i := b.ifaces[n]
		slices.SortFunc(i.Members, func(x, y *Struct) int { return strings.Compare(x.Go, y.Go) })
		p.Interfaces = append(p.Interfaces, i)
	}
	p.Codecs = b.codecs
	slices.SortFunc(p.Codecs, func(x, y *Codec) int { return strings.Compare(x.Go, y.Go) })
	for _, c := range p.Codecs {
		slices.SortFunc(c.Alts, func(x, y Alt) int { return compareNames(x.Name, y.Name) })
	}
	return p
}
