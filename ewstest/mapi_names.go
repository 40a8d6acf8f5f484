package ewstest

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// mapiName is a named MAPI property that is another name of a property of
// items.
type mapiName struct {
	set  types.DistinguishedPropertySet
	id   int32
	name string // in place of a number
	typ  types.MapiPropertyType

	uri string
	key string // of an entry of a dictionary
}

// mapiNames are the named MAPI properties that clients use although Exchange
// has them as properties of items.
//
// MS-OXPROPS, section 2.
var mapiNames = []mapiName{
	{set: types.DistinguishedPropertySetPublicStrings, name: "Keywords", typ: types.MapiPropertyTypeStringArray, uri: "item:Categories"},
	{set: types.DistinguishedPropertySetCommon, id: 0x8501, typ: types.MapiPropertyTypeInteger, uri: "item:ReminderMinutesBeforeStart"},
	{set: types.DistinguishedPropertySetCommon, id: 0x8502, typ: types.MapiPropertyTypeSystemTime, uri: "item:ReminderDueBy"},
	{set: types.DistinguishedPropertySetCommon, id: 0x8503, typ: types.MapiPropertyTypeBoolean, uri: "item:ReminderIsSet"},
	{set: types.DistinguishedPropertySetAppointment, id: 0x8201, typ: types.MapiPropertyTypeInteger, uri: "calendar:AppointmentSequenceNumber"},
	{set: types.DistinguishedPropertySetAppointment, id: 0x8205, typ: types.MapiPropertyTypeInteger, uri: "calendar:LegacyFreeBusyStatus"},
	{set: types.DistinguishedPropertySetAppointment, id: 0x8208, typ: types.MapiPropertyTypeString, uri: "calendar:Location"},
	{set: types.DistinguishedPropertySetAppointment, id: 0x820D, typ: types.MapiPropertyTypeSystemTime, uri: "calendar:Start"},
	{set: types.DistinguishedPropertySetAppointment, id: 0x820E, typ: types.MapiPropertyTypeSystemTime, uri: "calendar:End"},
	{set: types.DistinguishedPropertySetAppointment, id: 0x8215, typ: types.MapiPropertyTypeBoolean, uri: "calendar:IsAllDayEvent"},
	{set: types.DistinguishedPropertySetAppointment, id: 0x8217, typ: types.MapiPropertyTypeInteger, uri: "calendar:AppointmentState"},
	{set: types.DistinguishedPropertySetMeeting, id: 0x0003, typ: types.MapiPropertyTypeBinary, uri: "calendar:UID"},
	{set: types.DistinguishedPropertySetMeeting, id: 0x0023, typ: types.MapiPropertyTypeBinary, uri: "calendar:UID"},
	{set: types.DistinguishedPropertySetTask, id: 0x8101, typ: types.MapiPropertyTypeInteger, uri: "task:Status"},
	{set: types.DistinguishedPropertySetTask, id: 0x8102, typ: types.MapiPropertyTypeDouble, uri: "task:PercentComplete"},
	{set: types.DistinguishedPropertySetTask, id: 0x8104, typ: types.MapiPropertyTypeSystemTime, uri: "task:StartDate"},
	{set: types.DistinguishedPropertySetTask, id: 0x8105, typ: types.MapiPropertyTypeSystemTime, uri: "task:DueDate"},
	{set: types.DistinguishedPropertySetTask, id: 0x810F, typ: types.MapiPropertyTypeSystemTime, uri: "task:CompleteDate"},
	{set: types.DistinguishedPropertySetTask, id: 0x8110, typ: types.MapiPropertyTypeInteger, uri: "task:ActualWork"},
	{set: types.DistinguishedPropertySetTask, id: 0x8111, typ: types.MapiPropertyTypeInteger, uri: "task:TotalWork"},
	{set: types.DistinguishedPropertySetTask, id: 0x811C, typ: types.MapiPropertyTypeBoolean, uri: "task:IsComplete"},
	{set: types.DistinguishedPropertySetTask, id: 0x811F, typ: types.MapiPropertyTypeString, uri: "task:Owner"},
	{set: types.DistinguishedPropertySetAddress, id: 0x8005, typ: types.MapiPropertyTypeString, uri: "contacts:FileAs"},
	{set: types.DistinguishedPropertySetAddress, id: 0x8062, typ: types.MapiPropertyTypeString, uri: "contacts:ImAddress", key: "ImAddress1"},
	{set: types.DistinguishedPropertySetAddress, id: 0x8083, typ: types.MapiPropertyTypeString, uri: "contacts:EmailAddress", key: "EmailAddress1"},
	{set: types.DistinguishedPropertySetAddress, id: 0x8093, typ: types.MapiPropertyTypeString, uri: "contacts:EmailAddress", key: "EmailAddress2"},
	{set: types.DistinguishedPropertySetAddress, id: 0x80A3, typ: types.MapiPropertyTypeString, uri: "contacts:EmailAddress", key: "EmailAddress3"},
}

// messageFlagsTag is PidTagMessageFlags, which is made of several properties.
const messageFlagsTag = 0x0E07

// alias returns the property that a MAPI property is another name of; nil if
// it is none. Its type is that of the MAPI property.
func (voc *vocabulary) alias(path *types.PathToExtendedField) *operand {
	if !voc.items {
		return nil
	}
	if path.PropertyTag != "" {
		return voc.tagged(path)
	}
	n := slices.IndexFunc(mapiNames, func(n mapiName) bool {
		p := types.PathToExtendedField{DistinguishedPropertySetID: n.set, PropertyName: n.name, PropertyID: n.id, PropertyType: n.typ}
		return samePath(p, *path)
	})
	switch {
	case n < 0:
		return nil
	case mapiNames[n].key != "":
		return voc.indexed(&types.PathToIndexedField{FieldURI: types.DictionaryURI(mapiNames[n].uri), FieldIndex: mapiNames[n].key})
	case mapiNames[n].uri == "calendar:UID":
		return &operand{typ: binaryType, add: func(r *row, to []value) []value {
			if id := globalObjectID(valueAt[string](r.stored(), "calendar:UID")); id != "" {
				to = append(to, value{text: id})
			}
			return to
		}}
	}
	return asNumber(voc.property(mapiNames[n].uri))
}

// tagged is alias for a property tag.
func (voc *vocabulary) tagged(path *types.PathToExtendedField) *operand {
	n, err := strconv.ParseUint(strings.TrimSpace(path.PropertyTag), 0, 16)
	if err != nil {
		return nil
	}
	if n == messageFlagsTag && path.PropertyType == types.MapiPropertyTypeInteger {
		return &operand{typ: integerType, add: func(r *row, to []value) []value {
			return append(to, value{num: int64(messageFlags(r.stored()))})
		}}
	}
	t, ok := mapiTags[n]
	if !ok || t.typ != path.PropertyType {
		return nil
	}
	o := voc.property(t.uri)
	if t.part == "" || o == nil {
		return asNumber(o)
	}
	// A name or an address of a mailbox.
	return &operand{typ: textType, add: func(r *row, to []value) []value {
		m := valueAt[types.EmailAddress](r.stored(), t.uri)
		s := m.EmailAddress
		if t.part == "name" {
			s = m.Name
		}
		if s != "" {
			to = append(to, value{text: s})
		}
		return to
	}}
}

// asNumber returns the operand of an enumeration as MAPI has it.
func asNumber(o *operand) *operand {
	if o != nil && o.typ == enumType {
		n := *o
		n.typ, n.enum = integerType, nil
		return &n
	}
	return o
}

// uidHead are the first bytes of each PidLidGlobalObjectId.
const uidHead = "\x04\x00\x00\x00\x82\x00\xe0\x00\x74\xc5\xb7\x10\x1a\x82\xe0\x08"

// globalObjectID returns the PidLidGlobalObjectId of an event: what its UID is
// in hexadecimal, or holds if it came from another system.
//
// MS-OXOCAL, section 2.2.1.27.
func globalObjectID(uid string) string {
	if uid == "" {
		return ""
	}
	if b, err := hex.DecodeString(uid); err == nil && strings.HasPrefix(string(b), uidHead) {
		return string(b)
	}
	data := "vCal-Uid\x01\x00\x00\x00" + uid + "\x00"
	// After the head: no replaced time, no creation time, nothing reserved.
	id := append([]byte(uidHead), make([]byte, 20)...)
	id = binary.LittleEndian.AppendUint32(id, uint32(len(data)))
	return string(id) + data
}

// mapi returns what an item has under the MAPI name or tag; ok is false if it
// has nothing.
func (s *shaper) mapi(path *types.PathToExtendedField) (e types.ExtendedProperty, ok bool) {
	voc, err := itemVocabulary()
	if err != nil {
		return e, false
	}
	o := voc.alias(path)
	if o == nil {
		return e, false
	}
	values := o.values(&row{c: s.c, loc: s.c.location(), full: s.full})
	if len(values) == 0 {
		return e, false
	}
	if !strings.HasSuffix(string(path.PropertyType), "Array") {
		return types.ExtendedProperty{Value: o.format(values[0]), Present: types.ExtendedPropertyHasValue}, true
	}
	for _, v := range values {
		e.Values = append(e.Values, o.format(v))
	}
	return e, true
}
