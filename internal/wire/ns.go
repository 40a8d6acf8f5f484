package wire

// NS is a namespace that the codecs know, told by its URI.
type NS uint8

// The namespaces.
const (
	NSNone     NS = iota // no namespace
	NSOther              // any other
	NSTypes              // http://schemas.microsoft.com/exchange/services/2006/types
	NSMessages           // http://schemas.microsoft.com/exchange/services/2006/messages
	NSErrors             // http://schemas.microsoft.com/exchange/services/2006/errors
	NSSOAP               // SOAP 1.1 envelope
	NSSOAP12             // SOAP 1.2 envelope
	NSXSI                // XML Schema instance
	NSXML                // bound to prefix xml
)

// URIs of the namespaces that the encoder's envelope binds.
const (
	TypesURI    = "http://schemas.microsoft.com/exchange/services/2006/types"
	MessagesURI = "http://schemas.microsoft.com/exchange/services/2006/messages"
	ErrorsURI   = "http://schemas.microsoft.com/exchange/services/2006/errors"
	SOAPURI     = "http://schemas.xmlsoap.org/soap/envelope/"
	SOAP12URI   = "http://www.w3.org/2003/05/soap-envelope"
	XSIURI      = "http://www.w3.org/2001/XMLSchema-instance"
	xmlURI      = "http://www.w3.org/XML/1998/namespace"
)

// known returns the constant equal to uri and its NS. Others come back with
// NSOther.
func known(uri []byte) (string, NS) {
	switch string(uri) {
	case "":
		return "", NSNone
	case TypesURI:
		return TypesURI, NSTypes
	case MessagesURI:
		return MessagesURI, NSMessages
	case ErrorsURI:
		return ErrorsURI, NSErrors
	case SOAPURI:
		return SOAPURI, NSSOAP
	case SOAP12URI:
		return SOAP12URI, NSSOAP12
	case XSIURI:
		return XSIURI, NSXSI
	case xmlURI:
		return xmlURI, NSXML
	}
	return "", NSOther
}

// binding is a namespace declaration in scope.
type binding struct {
	prefix string
	uri    string
	ns     NS
	depth  int // number of open elements, the declaring one included
}

// bind takes a namespace declaration of the innermost element into scope.
func (d *Decoder) bind(prefix, uri []byte) bool {
	depth := len(d.stack)
	for i := len(d.bindings) - 1; i >= 0 && d.bindings[i].depth == depth; i-- {
		if d.bindings[i].prefix == string(prefix) {
			d.failf("attribute xmlns:%s occurs twice", shorten(prefix))
			return false
		}
	}
	if len(d.bindings) >= d.lim.MaxAttrs {
		d.limit("MaxAttrs", int64(d.lim.MaxAttrs))
		return false
	}
	s, ns := known(uri)
	if ns == NSOther {
		uri = d.unescape(nil, uri, inValue)
		if s, ns = known(uri); ns == NSOther {
			s = d.intern(uri)
		}
	}
	if len(prefix) > 0 && ns == NSNone {
		d.failf("prefix %s is bound to no namespace", shorten(prefix))
		return false
	}
	if (string(prefix) == "xml") != (ns == NSXML) || string(prefix) == "xmlns" {
		d.failf("prefix %s may not be bound to %s", shorten(prefix), shorten(uri))
		return false
	}
	d.bindings = append(d.bindings, binding{d.intern(prefix), s, ns, depth})
	d.stack[depth-1].decls = true
	d.usual()
	return d.err == nil
}

// unbind ends the scope of the declarations of the innermost element, which
// has just ended.
func (d *Decoder) unbind() {
	n := len(d.bindings)
	for n > 0 && d.bindings[n-1].depth > len(d.stack) {
		n--
	}
	d.bindings = d.bindings[:n]
	d.usual()
}

// usual notes whether prefixes t and m mean now what the generated names mean
// by them.
func (d *Decoder) usual() {
	d.std = [2]bool{}
	var seenT, seenM bool
	for i := len(d.bindings) - 1; i >= 0; i-- {
		switch b := &d.bindings[i]; {
		case b.prefix == "t" && !seenT:
			seenT = true
			d.std[stdIndex("t:")] = b.ns == NSTypes
		case b.prefix == "m" && !seenM:
			seenM = true
			d.std[stdIndex("m:")] = b.ns == NSMessages
		}
	}
}

// stdIndex returns the index in Decoder.std for a generated name: 0 for t, 1
// for m.
func stdIndex(name string) int { return int(name[0] & 1) }

// stdNS returns the namespace of a generated name.
func stdNS(name string) NS {
	if name[0] == 't' {
		return NSTypes
	}
	return NSMessages
}

// resolve returns the namespace that prefix is bound to, and the index of its
// binding, -1 for none.
func (d *Decoder) resolve(prefix []byte) (NS, int, bool) {
	for i := len(d.bindings) - 1; i >= 0; i-- {
		if d.bindings[i].prefix == string(prefix) {
			return d.bindings[i].ns, i, true
		}
	}
	switch string(prefix) {
	case "":
		return NSNone, -1, true
	case "xml":
		return NSXML, -1, true
	}
	d.failf("prefix %s is not declared", shorten(prefix))
	return NSOther, -1, false
}

// prefix returns the prefix of e's name, good until the window moves.
func (d *Decoder) prefix(e *element) []byte {
	if e.local == 0 {
		return nil
	}
	return d.name(e)[:e.local-1]
}
