package messages

import (
	"context"

	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// Marshaler writes a request, Unmarshaler reads an answer.
type (
	Marshaler   = wire.Marshaler
	Unmarshaler = wire.Unmarshaler
)

// Message is a request or an answer: servers and tests need both directions.
type Message interface {
	wire.Marshaler
	wire.Unmarshaler
}

// Headers is the set of SOAP headers that an operation declares.
type Headers uint16

// The headers.
const (
	HeaderVersion Headers = 1 << iota
	HeaderImpersonation
	HeaderCulture
	HeaderTimeZone
	HeaderPrecision
	HeaderManagementRole
	HeaderProxyType
	HeaderSecurityContext
)

// Has reports whether all of o are in h.
func (h Headers) Has(o Headers) bool { return h&o == o }

// Operation describes an operation of the service.
type Operation struct {
	// Name is the operation's name, as in "FindItem".
	Name string
	// Action is the SOAPAction.
	Action string
	// Request is the element of the request with the envelope's prefix, as in
	// "m:FindItem".
	Request string
	// Response is the local name of the answer's element; its namespace is
	// that of messages.
	Response string
	// Since is the first version that has the operation, Until the last one;
	// empty if the schema does not say.
	Since, Until types.ExchangeVersion
	// Online is set for operations that only Exchange Online has.
	Online bool
	// Idempotent is set if repeating a call does no harm.
	Idempotent bool
	// Headers are the SOAP headers that the operation declares.
	Headers Headers
	// NewRequest and NewResponse return zero values of the operation's types.
	NewRequest, NewResponse func() Message
}

// Invoker sends one operation and decodes its answer into res. A transport, a
// mock, a tracer and a retrier are all Invokers.
type Invoker interface {
	Invoke(ctx context.Context, op *Operation, req Marshaler, res Unmarshaler) error
}

// InvokerFunc makes a function an Invoker.
type InvokerFunc func(ctx context.Context, op *Operation, req Marshaler, res Unmarshaler) error

// Invoke calls f.
func (f InvokerFunc) Invoke(ctx context.Context, op *Operation, req Marshaler, res Unmarshaler) error {
	return f(ctx, op, req, res)
}

// Client has one method an operation. Make it with New; it may be shared
// between goroutines if its Invoker may.
type Client struct{ inv Invoker }

// New returns a Client whose calls go through inv. It does not contact the
// server.
func New(inv Invoker) Client { return Client{inv} }

// Status says how the server dealt with one part of a request.
type Status struct {
	Class types.ResponseClass
	Code  ResponseCode
	Text  string    // in the language of the request's culture
	XML   types.Raw // details, such as a BackOffMilliseconds
}

// Failed reports whether the part was not done. ErrorBatchProcessingStopped,
// a warning, says so too: the server stopped at a part before this one.
func (s Status) Failed() bool {
	return s.Class == types.ResponseClassError || s.Class == "" && s.Code != "" && s.Code != NoError || s.Code == ErrorBatchProcessingStopped
}

// Batch is an answer with one response message for each part of the request.
type Batch interface{ Statuses() []Status }

// Single is an answer that is itself one response message.
type Single interface{ Status() Status }
