package messages

import (
	"errors"
	"fmt"

	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/support"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// Support says which versions know the operation.
func (o *Operation) Support() types.Support {
	s := types.Support{Since: o.Since, Until: o.Until, Online: o.Online}
	if s.Since == "" {
		s.Since = types.ExchangeVersionExchange2007SP1
	}
	return s
}

// Server is what is known of a server, for Check. The zero value knows
// everything.
type Server struct {
	// Version is the version that the request states, or if it states none the
	// server's own; empty if that is not known.
	Version types.ExchangeVersion
	// OnPremises is set for a server that is not Exchange Online's: it lacks
	// what only that has.
	OnPremises bool
}

// UnsupportedError is a part of a request that a server lacks. It is
// errors.ErrUnsupported.
type UnsupportedError struct {
	// Part is what the server lacks: the name of an operation, of an element or
	// attribute, or a value, such as the path "calendar:EnhancedLocation".
	Part string
	// Kind says which of them Part is: "operation", "element", "attribute" or
	// "value".
	Kind string
	// Path is where it stands, by element names, as in
	// "CreateItem/Items/CalendarItem"; empty for an operation.
	Path    string
	Support types.Support // who has the part
	Server  Server
}

// Error says what the server lacks, where, and what would have it.
func (e *UnsupportedError) Error() string {
	s := e.Kind + " " + e.Part
	if e.Path != "" {
		s += " in " + e.Path
	}
	switch sup := e.Support; {
	case !(types.Support{Since: sup.Since}).By(e.Server.Version):
		return fmt.Sprintf("messages: %s needs %s, the server is %s", s, sup.Since, e.Server.Version)
	case !sup.By(e.Server.Version):
		return fmt.Sprintf("messages: %s was last in %s, the server is %s", s, sup.Until, e.Server.Version)
	}
	return fmt.Sprintf("messages: %s is there in Exchange Online only", s)
}

// Is makes the error errors.ErrUnsupported.
func (e *UnsupportedError) Is(target error) bool { return target == errors.ErrUnsupported }

var kinds = [...]string{support.Root: "operation", support.Element: "element", support.Attribute: "attribute", support.Value: "value"}

// Check finds the first part of a request that s lacks, before it is sent or
// to explain why it was refused: an operation, an element, an attribute, or a
// value such as a property path. It returns an *UnsupportedError; nil if there is
// no such part. request is a SOAP envelope, or the element of the request; it is
// read once, so what that takes grows with its length. Other errors are those
// of XML that can't be read.
//
// The table comes from the schemas that servers hand out. A server with updates
// may know more than the one whose files were read: treat the answer as a
// warning where a refusal can be awaited.
func Check(s Server, request []byte) error {
	if s == (Server{}) {
		return nil
	}
	d := wire.NewDecoderBytes(request, wire.Limits{})
	if !d.Root() {
		return d.Err()
	}
	if string(d.Name()) == "Envelope" && !(d.ChildNamed(wire.NSSOAP, "Body") && d.Child()) {
		return d.Err()
	}
	return check(s, d)
}

// check looks at the element that d stands on.
func check(s Server, d *wire.Decoder) error {
	f, err := requestMarks.Find(d, func(m support.Mark) bool {
		return m.Online && s.OnPremises || !m.By(string(s.Version))
	})
	if err != nil || f == nil {
		return err
	}
	return &UnsupportedError{
		Part: f.Part, Kind: kinds[f.Kind], Path: f.Path, Server: s,
		Support: types.Support{Since: types.ExchangeVersion(f.Mark.Since), Until: types.ExchangeVersion(f.Mark.Until), Online: f.Mark.Online},
	}
}

// CheckRequest is Check for a request that is not encoded yet.
func CheckRequest(s Server, op *Operation, req Marshaler) error {
	if s == (Server{}) {
		return nil
	}
	e := wire.NewEncoder([]byte(`<r xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">`))
	e.Elem(op.Request, req)
	e.End("r")
	if e.Err() != nil {
		return e.Err()
	}
	d := wire.NewDecoderBytes(e.Bytes(), wire.Limits{})
	if !d.Root() || !d.Child() {
		return d.Err()
	}
	return check(s, d)
}
