package ewstest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// convertHandlers registers ConvertId.
func convertHandlers(h handlers) { handle(h, messages.OpConvertID, reads, (*call).convertID) }

// convertID says other names of the same objects. It does not look whether
// they exist.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/convertid-operation
func (c *call) convertID(req *messages.ConvertIDRequest) (*messages.ConvertIDResponse, error) {
	res := &messages.ConvertIDResponse{}
	for _, id := range req.SourceIDs {
		m := messages.ConvertIDResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
		out, err := c.convert(id, req.DestinationFormat)
		if err != nil {
			m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
			m.Present |= messages.ConvertIDResponseMessageHasDescriptiveLinkKey
		} else {
			m.AlternateID = out
		}
		res.ResponseMessages = append(res.ResponseMessages, m)
	}
	return res, nil
}

func (c *call) convert(id types.AlternateIDBase, to types.IDFormat) (types.AlternateIDBase, error) {
	a, ok := id.(*types.AlternateID)
	if !ok {
		// There are no public folders here.
		return nil, fail(messages.ErrorInvalidIDMalformed)
	}
	o, ok := parseAs(a.Format, a.ID)
	if !ok {
		return nil, fail(messages.ErrorInvalidIDMalformed)
	}
	if c.store.mailboxOf(a.Mailbox) == nil {
		return nil, fail(messages.ErrorNonExistentMailbox)
	}
	return &types.AlternateID{Format: to, ID: o.format(to), Mailbox: a.Mailbox, IsArchive: a.IsArchive, Present: a.Present}, nil
}

// object is what an id says in whatever format.
type object struct {
	box uint32
	k   kind
	n   uint64
}

// legacyHead begins what Exchange 2007 calls an id before its service pack 1.
var legacyHead = [4]byte{0, 1, 35, 0}

// format returns the id in the format.
func (o object) format(f types.IDFormat) string {
	switch f {
	case types.IDFormatEntryID:
		return base64.StdEncoding.EncodeToString(o.entryID())
	case types.IDFormatHexEntryID:
		return strings.ToUpper(hex.EncodeToString(o.entryID()))
	case types.IDFormatStoreID:
		// An entry id, its length before it and the kind of the object behind.
		e := o.entryID()
		return base64.StdEncoding.EncodeToString(append(append([]byte{byte(len(e))}, e...), byte(o.k)))
	case types.IDFormatOwaID:
		return url.QueryEscape(o.legacy())
	case types.IDFormatEwsLegacyID:
		return o.legacy()
	}
	return newID(o.box, o.k, o.n)
}

func (o object) legacy() string {
	b, _ := base64.StdEncoding.DecodeString(newID(o.box, o.k, o.n))
	copy(b, legacyHead[:])
	return base64.StdEncoding.EncodeToString(b)
}

// Lengths of MAPI entry ids of folders and of messages.
const (
	folderEntrySize  = 46
	messageEntrySize = 70
)

// entryID returns a MAPI entry id: flags, the provider with the mailbox in it,
// a type, and the object.
func (o object) entryID() []byte {
	size := messageEntrySize
	if o.k == folderKind {
		size = folderEntrySize
	}
	b := make([]byte, size)
	copy(b[4:], "goews/ewstest")
	binary.BigEndian.PutUint32(b[18:], o.box)
	b[22] = byte(o.k)
	binary.BigEndian.PutUint64(b[size-10:], o.n)
	return b
}

// parseAs reads an id of the format; ok is false if it is none.
func parseAs(f types.IDFormat, id string) (o object, ok bool) {
	var entry []byte
	var err error
	switch f {
	case types.IDFormatEntryID:
		entry, err = base64.StdEncoding.Strict().DecodeString(id)
	case types.IDFormatHexEntryID:
		entry, err = hex.DecodeString(id)
	case types.IDFormatStoreID:
		entry, err = base64.StdEncoding.Strict().DecodeString(id)
		if err != nil || len(entry) < 2 || int(entry[0]) != len(entry)-2 {
			return o, false
		}
		entry = entry[1 : len(entry)-1]
	case types.IDFormatOwaID, types.IDFormatEwsLegacyID:
		if f == types.IDFormatOwaID {
			if id, err = url.QueryUnescape(id); err != nil {
				return o, false
			}
		}
		b, err := base64.StdEncoding.Strict().DecodeString(id)
		if err != nil || len(b) != idSize || [4]byte(b[:4]) != legacyHead {
			return o, false
		}
		copy(b, idHead[:])
		return parseAs(types.IDFormatEwsID, base64.StdEncoding.EncodeToString(b))
	default:
		o.box, o.k, o.n, ok = parseID(id)
		return o, ok
	}
	if err != nil || len(entry) != folderEntrySize && len(entry) != messageEntrySize {
		return o, false
	}
	o = object{binary.BigEndian.Uint32(entry[18:]), kind(entry[22]), binary.BigEndian.Uint64(entry[len(entry)-10:])}
	return o, bytes.Equal(entry, o.entryID())
}
