// Package wire is the run time of the generated codecs: a pull decoder over
// an XML tokenizer, an append-only encoder, and the presence sets of the
// generated structs.
//
// A generated type reads itself with two loops, one over attributes and one
// over children, one statement a field. The children have numbers, in a table
// of names ([Names]) that is in schema order:
//
//	func (v *Attendee) DecodeXML(d *wire.Decoder) {
//		for i := d.Next(&namesAttendee, -1); i >= 0; i = d.Next(&namesAttendee, i) {
//			switch i {
//			case 0:
//				v.Mailbox.DecodeXML(d)
//			case 1:
//				v.ResponseType = ResponseType(d.Enum())
//			default:
//				d.Skip()
//			}
//		}
//	}
//
// Code by hand uses Child, ChildNamed, Name and Local instead.
//
// Large base64 values stream: [Decoder.Divert] and [Decoder.CopyBase64] send
// them to a writer while they arrive, [Encoder.FromReaders] takes them from a
// reader while the document is read.
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
