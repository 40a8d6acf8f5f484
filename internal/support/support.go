// Package support says which versions of the contract know the parts of a
// request. The tables are generated from the version marks of the schema; they
// are constants, so that they cost nothing at start, and nothing at all in a
// program that does not ask.
package support

import (
	"strings"

	"github.com/seed-1937cc67/goews/internal/wire"
)

// Mark is the versions that know a part: the first, and the last one if there
// was a last one. Names of versions sort by age as they are.
type Mark struct {
	Since, Until string
	Online       bool // Exchange Online alone
}

// By reports whether version v knows the part. The empty version knows all.
func (m Mark) By(v string) bool {
	return v == "" || m.Since <= v && (m.Until == "" || v <= m.Until)
}

// Table is an automaton over documents. A line of Text is a state, what an
// element or attribute may hold; the first is for the document as a whole. It
// has an entry for each thing that is marked itself, or that leads to a state:
//
//	EnhancedLocation|c12 @Traversal|17 =item:Preview|c
//
// An element by its local name, an attribute with an @, a value with an =;
// behind the bar a letter for the mark, if there is one, and the number of
// the state, if there is one. What a state does not name is known to every
// version, with all that is in it.
type Table struct {
	Text  string
	Lines []uint32 // where each line of Text begins, and the end
	Marks []Mark   // a, b, c and so on
}

// entry is what a state says about a name.
type entry struct {
	mark  *Mark // nil: every version knows it
	state int   // 0: there is nothing more to know
}

func (t *Table) line(state int) string { return t.Text[t.Lines[state]:t.Lines[state+1]] }

func (t *Table) find(line, name string) (e entry, ok bool) {
	for at := 0; ; {
		i := strings.Index(line[at:], name)
		if i < 0 {
			return entry{}, false
		}
		i += at
		end := i + len(name)
		if end < len(line) && line[end] == '|' && (i == 0 || line[i-1] == ' ') {
			return t.parse(line[end+1:]), true
		}
		at = end
	}
}

func (t *Table) parse(s string) (e entry) {
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			e.state = e.state*10 + int(c-'0')
		case c >= 'A' && c <= 'z' && c != '|':
			i := int(c - 'a')
			if c < 'a' {
				i = int(c-'A') + 26
			}
			e.mark = &t.Marks[i]
		default:
			return e
		}
	}
	return e
}

// Value returns the mark of a value in a state that is found by the name of
// its type, as in "t:BodyTypeType". ok says whether the table knows the value:
// tables of values name those that are marked, or all if the type is whole.
func (t *Table) Value(typ, value string) (m Mark, ok bool) {
	e, ok := t.find(t.line(0), typ)
	if !ok {
		return Mark{}, false
	}
	if e, ok = t.find(t.line(e.state), "="+value); !ok {
		return Mark{}, false
	}
	if e.mark != nil {
		m = *e.mark
	}
	return m, true
}

// Finding is a part of a document that a version lacks.
type Finding struct {
	Part string // the operation, element, attribute or value
	Path string // where it stands, as in "FindItem/ItemShape"
	Kind Kind
	Mark Mark
}

// Kind is the kind of a part.
type Kind uint8

// The kinds of parts.
const (
	Root Kind = iota
	Element
	Attribute
	Value
)

// Find returns the first part of the element that d stands on that lacks
// says is missing; nil if there is none. It reads the element to its end, or
// to the part. It fails if d does.
func (t *Table) Find(d *wire.Decoder, lacks func(Mark) bool) (*Finding, error) {
	w := walker{t: t, d: d, lacks: lacks}
	name := string(d.Name())
	e, ok := t.find(t.line(0), name)
	switch {
	case !ok:
		d.Skip()
	case e.mark != nil && lacks(*e.mark):
		return &Finding{Part: name, Kind: Root, Mark: *e.mark}, nil
	case e.state == 0:
		d.Skip()
	default:
		w.path = append(w.path, name)
		w.element(e.state)
	}
	return w.found, d.Err()
}

type walker struct {
	t     *Table
	d     *wire.Decoder
	lacks func(Mark) bool
	path  []string
	found *Finding
}

// check reports whether the walk ends at the part.
func (w *walker) check(e entry, kind Kind, part string) bool {
	if e.mark != nil && w.lacks(*e.mark) {
		w.found = &Finding{Part: part, Path: strings.Join(w.path, "/"), Kind: kind, Mark: *e.mark}
	}
	return w.found != nil
}

func (w *walker) element(state int) {
	line := w.t.line(state)
	for w.d.Attr() {
		name := string(w.d.Name())
		e, ok := w.t.find(line, "@"+name)
		if !ok {
			continue
		}
		if w.check(e, Attribute, name) {
			return
		}
		if e.state > 0 {
			w.path = append(w.path, "@"+name)
			w.values(e.state, w.d.Text())
			w.path = w.path[:len(w.path)-1]
		}
		if w.found != nil {
			return
		}
	}
	if strings.HasPrefix(line, "=") {
		w.values(state, w.d.Text())
		return
	}
	for w.d.Child() {
		name := string(w.d.Name())
		e, ok := w.t.find(line, name)
		if !ok {
			w.d.Skip()
			continue
		}
		if w.check(e, Element, name) {
			return
		}
		if e.state == 0 {
			w.d.Skip()
			continue
		}
		w.path = append(w.path, name)
		w.element(e.state)
		w.path = w.path[:len(w.path)-1]
		if w.found != nil {
			return
		}
	}
}

// values checks a value, or a list of them.
func (w *walker) values(state int, text string) {
	line := w.t.line(state)
	for v := range strings.FieldsSeq(text) {
		if e, ok := w.t.find(line, "="+v); ok && w.check(e, Value, v) {
			return
		}
	}
}
