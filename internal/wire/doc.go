// Package wire is the run time of the generated codecs: a pull decoder over
// an XML tokenizer, an append-only encoder, and the presence sets of the
// generated structs.
//
// A generated type reads itself with two loops, one over attributes and one
// over children, one statement a field:
//
//	func (v *ItemID) DecodeXML(d *wire.Decoder) {
//		for d.Attr() {
//			switch string(d.Name()) {
//			case "Id":
//				v.ID = d.Text()
//			}
//		}
//		d.End()
//	}
//
// Errors are sticky, in the decoder as in the encoder: after the first one
// every method returns a zero value and every loop ends, so generated code
// needs no error handling; whoever made the decoder asks for Err at the end.
package wire

// CompatV2 is named by every generated file. A file that does not compile
// because this constant is missing was made by another ewsgen than this
// package expects: run make generate.
const CompatV2 = true

// Unmarshaler reads itself from the element that d stands on, its end tag
// included.
type Unmarshaler interface{ DecodeXML(d *Decoder) }

// Marshaler writes attributes and content of the element whose start tag is
// open in e.
type Marshaler interface{ EncodeXML(e *Encoder) }

// Raw is well-formed XML content that declares the namespaces it uses.
type Raw string
