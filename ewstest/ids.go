package ewstest

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
)

// kind says what an id names.
type kind byte

const (
	folderKind kind = 1 + iota
	itemKind
	attachmentKind
	occurrenceKind
)

// An id looks as those of Exchange do: base64, case-sensitive, over 100
// characters long, the same beginning for all of a mailbox. It holds the
// mailbox's number, the kind and the number of the object, and a sum that tells
// an id of this server from text that is none.
const idSize = 90

var idHead = [4]byte{0, 3, 36, 0}

func newID(box uint32, k kind, n uint64) string {
	var b [idSize]byte
	copy(b[:], idHead[:])
	binary.BigEndian.PutUint32(b[4:], box)
	b[44] = byte(k)
	binary.BigEndian.PutUint64(b[78:], n)
	binary.BigEndian.PutUint32(b[86:], crc32.ChecksumIEEE(b[:86]))
	return base64.StdEncoding.EncodeToString(b[:])
}

// parseID takes an id apart; ok is false if it is malformed.
func parseID(id string) (box uint32, k kind, n uint64, ok bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(id)
	if err != nil || len(b) != idSize || [4]byte(b[:4]) != idHead || crc32.ChecksumIEEE(b[:86]) != binary.BigEndian.Uint32(b[86:]) {
		return 0, 0, 0, false
	}
	return binary.BigEndian.Uint32(b[4:]), kind(b[44]), binary.BigEndian.Uint64(b[78:]), true
}

// newChangeKey returns the change key of version n of an object.
func newChangeKey(k kind, n uint64) string {
	var b [20]byte
	b[0], b[4] = 9, 22
	b[8] = byte(k)
	binary.BigEndian.PutUint64(b[12:], n)
	return base64.StdEncoding.EncodeToString(b[:])
}

// parseChangeKey returns the version; ok is false if key is malformed.
func parseChangeKey(key string) (n uint64, ok bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(key)
	if err != nil || len(b) != 20 || b[0] != 9 || b[4] != 22 {
		return 0, false
	}
	return binary.BigEndian.Uint64(b[12:]), true
}

// newOccurrenceID returns the id of an occurrence of series n, by its date in
// the pattern.
func newOccurrenceID(box uint32, n uint64, d day) string {
	raw, err := base64.StdEncoding.DecodeString(newID(box, occurrenceKind, n))
	if err != nil {
		return ""
	}
	binary.BigEndian.PutUint32(raw[60:], uint32(d))
	binary.BigEndian.PutUint32(raw[86:], crc32.ChecksumIEEE(raw[:86]))
	return base64.StdEncoding.EncodeToString(raw)
}

// occurrenceDay returns the date in the id of an occurrence.
func occurrenceDay(id string) day {
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil || len(raw) != idSize {
		return 0
	}
	return day(int32(binary.BigEndian.Uint32(raw[60:])))
}
