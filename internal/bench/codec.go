package bench

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// operation returns the operation that an input answers.
func operation(input string) *messages.Operation {
	switch input {
	case GetItem:
		return messages.OpGetItem
	case SyncFolderItems:
		return messages.OpSyncFolderItems
	case GetAttachment:
		return messages.OpGetAttachment
	case Events:
		return messages.OpGetStreamingEvents
	}
	return messages.OpFindItem
}

// Decode reads every envelope of r and returns the answers of op.
func Decode(r io.Reader, op *messages.Operation) ([]messages.Message, error) {
	d := wire.NewDecoder(r, wire.Limits{})
	var out []messages.Message
	for ok := d.Root(); ok; ok = d.NextDocument() {
		for d.Child() {
			if string(d.Local(wire.NSSOAP)) != "Body" {
				d.Skip()
				continue
			}
			for d.Child() {
				if string(d.Local(wire.NSMessages)) != op.Response {
					d.Fail(fmt.Errorf("%s is no answer to %s", d.Name(), op.Name))
					return nil, d.Err()
				}
				m := op.NewResponse()
				m.DecodeXML(d)
				out = append(out, m)
			}
		}
	}
	return out, d.Finish()
}

// Encode appends an answer of op to buf.
func Encode(buf []byte, op *messages.Operation, m messages.Message) ([]byte, error) {
	name := "m:" + op.Response
	e := wire.NewEncoder(buf)
	e.Start(name)
	e.AttrString("xmlns:m", wire.MessagesURI, true)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	m.EncodeXML(e)
	e.End(name)
	return e.Bytes(), e.Err()
}

// tokenize visits every element of r and looks at none: the bare tokenizer.
func tokenize(r io.Reader) (int, error) {
	d := wire.NewDecoder(r, wire.Limits{})
	n := 0
	for ok := d.Root(); ok; ok = d.NextDocument() {
		n++
		for depth := 1; depth > 0; {
			if d.Child() {
				n++
				depth++
			} else {
				depth--
				if d.Err() != nil {
					return n, d.Err()
				}
			}
		}
	}
	return n, d.Finish()
}

// decodeStd is Decode with encoding/xml.
func decodeStd(r io.Reader) ([]*xEnvelope, error) {
	d := xml.NewDecoder(r)
	var out []*xEnvelope
	for {
		e := new(xEnvelope)
		if err := d.Decode(e); err == io.EOF {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
}

// getItems returns the messages of answers to GetItem.
func getItems(res []messages.Message) []*types.Message {
	var out []*types.Message
	for _, r := range res {
		for i := range r.(*messages.GetItemResponse).ResponseMessages {
			for _, item := range r.(*messages.GetItemResponse).ResponseMessages[i].Items {
				if m, ok := item.(*types.Message); ok {
					out = append(out, m)
				}
			}
		}
	}
	return out
}
