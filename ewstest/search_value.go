package ewstest

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
)

// valueType is the type by which a property is searched and sorted.
type valueType uint8

const (
	noType      valueType = iota // not to be searched: lists of structs, computed properties
	textType                     // compared without regard to case
	integerType                  // bool, enumerations and all sizes of integers, too
	booleanType
	enumType
	realType
	momentType // a time
	binaryType
	guidType
	mailboxType // name or address of one mailbox
	idType      // of an item, a folder or a conversation: equal or not
	contentType // the body
)

// String returns the type's name for error texts.
func (t valueType) String() string {
	return [...]string{"none", "text", "integer", "boolean", "enumeration", "real", "time", "binary", "GUID", "mailbox", "id", "content"}[t]
}

// isText reports whether values of the type compare as texts.
func (t valueType) isText() bool {
	return t == textType || t == mailboxType || t == contentType || t == guidType
}

// value is a value of a property. Which field counts depends on the type:
// text, binary, GUIDs, mailboxes and ids are in text; booleans, positions in
// an enumeration, and times as microseconds of Unix time in num.
type value struct {
	text string
	num  int64
	real float64
}

// compare orders two values of the type: negative if a is first.
func (t valueType) compare(a, b value) int {
	switch t {
	case integerType, booleanType, enumType, momentType:
		return cmp.Compare(a.num, b.num)
	case realType:
		return cmp.Compare(a.real, b.real)
	case binaryType, idType:
		return strings.Compare(a.text, b.text)
	}
	return compareText(a.text, b.text)
}

// equal reports whether two values of the type are the same.
func (t valueType) equal(a, b value) bool {
	if t.isText() {
		return strings.EqualFold(a.text, b.text)
	}
	return t.compare(a, b) == 0
}

// parse reads a constant of a restriction as a value of the type. Times
// without a zone are in loc. enum has the values of an enumeration, in order.
func (t valueType) parse(s string, loc *time.Location, enum []string) (value, bool) {
	switch t {
	case textType, mailboxType, contentType, idType:
		return value{text: s}, true
	case integerType:
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		return value{num: n}, err == nil
	case booleanType:
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "true", "1":
			return value{num: 1}, true
		case "false", "0":
			return value{}, true
		}
		return value{}, false
	case enumType:
		i := slices.Index(enum, strings.TrimSpace(s))
		return value{num: int64(i)}, i >= 0
	case realType:
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return value{real: f}, err == nil && !math.IsNaN(f)
	case momentType:
		m, ok := parseMoment(strings.TrimSpace(s), loc)
		return value{num: m.UnixMicro()}, ok
	case binaryType:
		b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
		return value{text: string(b)}, err == nil
	case guidType:
		g := strings.Trim(strings.TrimSpace(s), "{}")
		b, err := hex.DecodeString(strings.ReplaceAll(g, "-", ""))
		return value{text: strings.ToLower(g)}, err == nil && len(b) == 16
	}
	return value{}, false
}

// parseMoment reads an xs:dateTime or xs:date; without a zone it is in loc.
func parseMoment(s string, loc *time.Location) (time.Time, bool) {
	for _, layout := range []string{
		"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02Z07:00", "2006-01-02",
	} {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// moment returns a stored time as a value. One that has no zone is in loc.
func moment(t time.Time, loc *time.Location) value {
	if t.Location() == types.Floating {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc)
	}
	return value{num: t.UnixMicro()}
}
