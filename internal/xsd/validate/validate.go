// Package validate checks XML against the EWS schemas, as a server does with
// each request before it looks at what is asked.
//
// A [Validator] covers what the schemas use: sequence, choice and all with
// occurrence counts, model groups, extension and restriction, substitution
// groups, abstract types and elements, xsi:type, xsi:nil, wildcards, simple
// content, lists, unions, enumerations and the other facets, and attributes.
// Content models are automata, so the time a document takes grows with its
// length only.
//
// The first violation found is reported in the words of the validator that
// Exchange runs (.NET's), because Exchange passes them on to its clients and
// some clients read them.
package validate

import (
	"errors"
	"fmt"
	"sync"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// Namespaces of the envelope and of the instance attributes.
const (
	soapNS = "http://schemas.xmlsoap.org/soap/envelope/"
	xsiNS  = "http://www.w3.org/2001/XMLSchema-instance"
)

// Defaults of the limits in [Options].
const (
	DefaultMaxBytes = 64 << 20
	DefaultMaxDepth = 256
)

// maxBindings bounds the namespace declarations in scope of one element.
const maxBindings = 256

// ErrVersion is wrapped by the error for an Options.Version that the schema
// does not list.
var ErrVersion = errors.New("unknown schema version")

// Options says how one document is checked. The zero value checks against the
// whole schema, with the default limits.
type Options struct {
	// Version is a value of t:ExchangeVersionType, as in "Exchange2010_SP1".
	// Elements, attributes, enumeration values and types named by xsi:type
	// that came later are unknown. Empty means all are known.
	Version string
	// MaxBytes bounds the length of the document. 0 means DefaultMaxBytes.
	MaxBytes int
	// MaxDepth bounds the nesting of elements. 0 means DefaultMaxDepth.
	MaxDepth int
}

// Kind says what part of the rules a document breaks.
type Kind uint8

// The kinds of violations.
const (
	// Schema: an element, attribute or value is not what the schema asks for.
	Schema Kind = iota
	// Syntax: the document is not well-formed XML, or has a DTD.
	Syntax
	// Envelope: the document is not a SOAP 1.1 envelope with one body element.
	Envelope
	// Unknown: no global element is declared for the body element or root.
	Unknown
	// Limit: the document is longer or deeper than Options allow.
	Limit
)

// String returns the name of the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Schema:
		return "schema"
	case Syntax:
		return "syntax"
	case Envelope:
		return "envelope"
	case Unknown:
		return "unknown element"
	case Limit:
		return "limit"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Error is the first violation in a document.
type Error struct {
	Kind Kind
	// Line and Column say where it is, counted from 1. A column is a UTF-16
	// code unit. They point behind the < of a tag, or at an attribute's name.
	Line, Column int
	// Violation is the sentence that Exchange sends as t:Violation.
	Violation string
	// Path leads from the root to the element concerned, as in
	// "m:GetFolder/m:FolderShape".
	Path string
}

// Error returns position, path and violation.
func (e *Error) Error() string {
	return fmt.Sprintf("validate: line %d, column %d: %s: %s", e.Line, e.Column, e.Path, e.Violation)
}

// Validator checks documents against one schema. It is safe for concurrent
// use.
type Validator struct {
	schema *xsd.Schema
	ranks  map[string]int // version -> place in time

	mu    sync.Mutex
	views map[int]*view // by rank; all versions: len(ranks)
}

// New compiles s, which must not be changed afterwards. It fails when s refers
// to what it does not declare, or uses a facet or pattern out of reach.
func New(s *xsd.Schema) (*Validator, error) {
	v := &Validator{schema: s, ranks: map[string]int{}, views: map[int]*view{}}
	if t := s.Types[xsd.Name{Space: xsd.Types, Local: "ExchangeVersionType"}]; t != nil {
		for i, e := range t.Enum {
			v.ranks[e.Value] = i
		}
	}
	if err := v.checkMarks(); err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	all, err := newView(s, false)
	if err == nil {
		err = all.compileAll()
	}
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	v.views[len(v.ranks)] = all
	return v, nil
}

// Knows reports whether version is one that Options.Version may have.
func (v *Validator) Knows(version string) bool {
	_, ok := v.ranks[version]
	return ok || version == ""
}

// view returns the schema as of a version, making it at first use.
func (v *Validator) view(version string) (*view, error) {
	rank := len(v.ranks)
	if version != "" {
		r, ok := v.ranks[version]
		if !ok {
			return nil, fmt.Errorf("validate: %w %q", ErrVersion, version)
		}
		rank = r
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if w := v.views[rank]; w != nil {
		return w, nil
	}
	w, err := newView(v.asOf(rank), true)
	if err != nil {
		return nil, fmt.Errorf("validate: %s: %w", version, err)
	}
	v.views[rank] = w
	return w, nil
}

// Envelope checks a SOAP 1.1 envelope: every header block that the schema
// declares, and the one element of the body, which it must declare. Other
// header blocks are passed over. The error is an *Error for a violation.
func (v *Validator) Envelope(doc []byte, o Options) error { return v.run(doc, o, true) }

// Element checks a document whose root is an element that the schema declares.
// The error is an *Error for a violation.
func (v *Validator) Element(doc []byte, o Options) error { return v.run(doc, o, false) }

func (v *Validator) run(doc []byte, o Options, envelope bool) error {
	w, err := v.view(o.Version)
	if err != nil {
		return err
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxDepth == 0 {
		o.MaxDepth = DefaultMaxDepth
	}
	wk := walker{view: w, doc: doc, opts: o, envelope: envelope}
	if e := wk.run(); e != nil {
		return e
	}
	return nil
}
