package wire

import "fmt"

// SyntaxError says where a document is not well-formed or breaks off.
// Truncated input unwraps to io.ErrUnexpectedEOF.
type SyntaxError struct {
	Path   string // slash-separated local names of the open elements
	Offset int64  // in bytes from the start of the input
	Err    error
}

// Error names path and position.
func (e *SyntaxError) Error() string { return at(e.Path, e.Offset, e.Err.Error()) }

// Unwrap returns the cause.
func (e *SyntaxError) Unwrap() error { return e.Err }

// ValueError says which value is not of its type.
type ValueError struct {
	Path   string
	Offset int64
	Type   string // as in "xs:int"
	Value  string // shortened to 64 bytes
}

// Error names path, position, type and value.
func (e *ValueError) Error() string {
	return at(e.Path, e.Offset, fmt.Sprintf("%q is no %s", e.Value, e.Type))
}

// LimitError says which limit of [Limits] a document exceeds.
type LimitError struct {
	Path   string
	Offset int64
	Limit  string // name of the field of Limits
	Max    int64  // its value
}

// Error names the limit and what to raise.
func (e *LimitError) Error() string {
	return at(e.Path, e.Offset, fmt.Sprintf("document exceeds %s (%d)", e.Limit, e.Max))
}

func at(path string, offset int64, text string) string {
	if path == "" {
		return fmt.Sprintf("wire: byte %d: %s", offset, text)
	}
	return fmt.Sprintf("wire: %s: byte %d: %s", path, offset, text)
}

// Limits bounds what a Decoder accepts. Zero fields mean their defaults.
type Limits struct {
	// MaxBytes bounds the input. Default 1 GiB.
	MaxBytes int64
	// MaxText bounds one start tag or run of text, in bytes: what is held of
	// the input at once. What fits in the window of 32 KiB is never over it.
	// Default 256 MiB.
	MaxText int
	// MaxDepth bounds the nesting of elements. Default 256.
	MaxDepth int
	// MaxAttrs bounds the attributes of one element, and the namespace
	// declarations in scope. Default 256.
	MaxAttrs int
	// MaxElements bounds the number of elements. Default 100 million.
	MaxElements int64
}

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = 1 << 30
	}
	if l.MaxText <= 0 {
		l.MaxText = 256 << 20
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = 256
	}
	if l.MaxAttrs <= 0 {
		l.MaxAttrs = 256
	}
	if l.MaxElements <= 0 {
		l.MaxElements = 100_000_000
	}
	return l
}
