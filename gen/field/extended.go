package field

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
)

// Indexed is a dictionary, such as a contact's e-mail addresses: K is the type of
// the keys of its entries.
type Indexed[E any, K ~string] struct {
	Value[E]
	dictionary string // DictionaryURIType values, space-separated
}

// Key returns the entry with key k, as in
//
//	field.Contact.EmailAddresses.Key(types.EmailAddressKeyEmailAddress1).IContains("example.com")
//
// For physical addresses it is the street; Sub gives the other parts.
func (d *Indexed[E, K]) Key(k K) *Entry[E] {
	uri, _, _ := strings.Cut(d.dictionary, " ")
	return d.entry(uri, string(k))
}

// Sub returns a part of the entry with key k, for physical addresses: part is
// "Street", "City", "State", "CountryOrRegion" or "PostalCode". Any other part
// is the first one.
func (d *Indexed[E, K]) Sub(k K, part string) *Entry[E] {
	uri, _, _ := strings.Cut(d.dictionary, " ")
	for _, u := range strings.Fields(d.dictionary) {
		if strings.HasSuffix(u, ":"+part) {
			uri = u
		}
	}
	return d.entry(uri, string(k))
}

func (d *Indexed[E, K]) entry(uri, key string) *Entry[E] {
	b := d.base
	b.d.other = &types.PathToIndexedField{FieldURI: types.DictionaryURI(uri), FieldIndex: key}
	return &Entry[E]{ReadText[E]{b}}
}

// Entry is one entry of a dictionary.
type Entry[E any] struct{ ReadText[E] }

// Get returns the entry's text in item, empty if it has none.
func (d *Entry[E]) Get(item E) string { return d.d.entryOf(item) }

func (d *desc) key() (uri, key string) {
	p := d.other.(*types.PathToIndexedField)
	return string(p.FieldURI), p.FieldIndex
}

func (d *desc) entryOf(item any) string {
	uri, key := d.key()
	switch list := d.pointer(item).(type) {
	case *[]types.EmailAddressDictionaryEntry:
		for _, e := range *list {
			if string(e.Key) == key {
				return e.Value
			}
		}
	case *[]types.PhoneNumberDictionaryEntry:
		for _, e := range *list {
			if string(e.Key) == key {
				return e.Value
			}
		}
	case *[]types.ImAddressDictionaryEntry:
		for _, e := range *list {
			if string(e.Key) == key {
				return e.Value
			}
		}
	case *[]types.PhysicalAddressDictionaryEntry:
		for _, e := range *list {
			if string(e.Key) == key {
				if p := addressPart(&e, uri); p != nil {
					return *p
				}
			}
		}
	}
	return ""
}

func addressPart(e *types.PhysicalAddressDictionaryEntry, uri string) *string {
	_, part, _ := strings.Cut(uri, ":PhysicalAddress:")
	switch part {
	case "Street":
		return &e.Street
	case "City":
		return &e.City
	case "State":
		return &e.State
	case "CountryOrRegion":
		return &e.CountryOrRegion
	case "PostalCode":
		return &e.PostalCode
	}
	return nil
}

// Set returns the change of the entry to v.
func (d *Entry[E]) Set(v string) Change[E] { return Change[E]{d.d.setEntry(v)} }

// Clear returns the change that removes the entry.
func (d *Entry[E]) Clear() Change[E] { return Change[E]{d.d.clearEntry()} }

func (d *desc) setEntry(v string) change {
	c := change{class: d.class, path: d.other, apply: func(o types.Properties) { d.putEntry(o, v, false) }}
	if d.class != nil {
		c.value = d.class.make()
		d.putEntry(c.value, v, false)
	}
	return c
}

func (d *desc) clearEntry() change {
	return change{class: d.class, path: d.other, kind: changeClear, apply: func(o types.Properties) { d.putEntry(o, "", true) }}
}

// putEntry sets the entry of o to v, or removes it.
func (d *desc) putEntry(o types.Properties, v string, remove bool) {
	uri, key := d.key()
	switch list := o.PropertyPtr(d.info.Bit).(type) {
	case *[]types.EmailAddressDictionaryEntry:
		*list = putEntry(*list, remove, func(e types.EmailAddressDictionaryEntry) bool { return string(e.Key) == key },
			types.EmailAddressDictionaryEntry{Key: types.EmailAddressKey(key), Value: v})
	case *[]types.PhoneNumberDictionaryEntry:
		*list = putEntry(*list, remove, func(e types.PhoneNumberDictionaryEntry) bool { return string(e.Key) == key },
			types.PhoneNumberDictionaryEntry{Key: types.PhoneNumberKey(key), Value: v})
	case *[]types.ImAddressDictionaryEntry:
		*list = putEntry(*list, remove, func(e types.ImAddressDictionaryEntry) bool { return string(e.Key) == key },
			types.ImAddressDictionaryEntry{Key: types.ImAddressKey(key), Value: v})
	case *[]types.PhysicalAddressDictionaryEntry:
		for i := range *list {
			if string((*list)[i].Key) == key {
				if p := addressPart(&(*list)[i], uri); p != nil {
					*p = v
				}
				return
			}
		}
		e := types.PhysicalAddressDictionaryEntry{Key: types.PhysicalAddressKey(key)}
		if p := addressPart(&e, uri); p != nil && !remove {
			*p = v
			*list = append(*list, e)
		}
	}
}

func putEntry[T any](list []T, remove bool, is func(T) bool, e T) []T {
	out := make([]T, 0, len(list)+1)
	for _, x := range list {
		if !is(x) {
			out = append(out, x)
		}
	}
	if !remove {
		out = append(out, e)
	}
	return out
}

// ExtendedText describes an extended (MAPI) property whose values are texts,
// of class E: with the operators of any other text.
//
//	tag := field.ExtendedText[*types.Message](field.PropertyTag(0x1035, types.MapiPropertyTypeString))
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri
func ExtendedText[E any](p types.PathToExtendedField) *ExtendedString[E] {
	return &ExtendedString[E]{ReadText[E]{extended[E](p)}}
}

// ExtendedString is an extended property whose values are texts. It has the
// operators of texts.
type ExtendedString[E any] struct{ ReadText[E] }

// ExtendedOf describes an extended property whose values are numbers, times or
// booleans, of class E.
//
//	size := field.ExtendedOf[*types.Message, int32](field.PropertyTag(0x0E08, types.MapiPropertyTypeInteger))
func ExtendedOf[E any, V Scalar](p types.PathToExtendedField) *ExtendedScalar[E, V] {
	return &ExtendedScalar[E, V]{ReadOrdered[E, V]{extended[E](p)}}
}

// Scalar is a Go type that values of extended properties have.
type Scalar interface {
	bool | int16 | int32 | int64 | float64 | time.Time
}

// ExtendedScalar is an extended property whose values are numbers, times or
// booleans.
type ExtendedScalar[E any, V Scalar] struct{ ReadOrdered[E, V] }

// ExtendedRaw describes an extended property of any type: its values are texts
// as they stand on the wire, several of them for the array types.
func ExtendedRaw[E any](p types.PathToExtendedField) *ExtendedList[E] {
	return &ExtendedList[E]{ReadList[E]{extended[E](p)}}
}

// ExtendedList is an extended property of any type, its values as texts.
type ExtendedList[E any] struct{ ReadList[E] }

// extended returns the descriptor of the extended property.
func extended[E any](p types.PathToExtendedField) base[E] {
	return base[E]{desc{class: classOf[E](), info: &extendedInfo, other: &p}}
}

var extendedInfo = Info{Name: "ExtendedProperty", Element: "ExtendedProperty", Bit: noBit}

// PropertyTag names an extended property by its tag, the upper 16 bits of the
// MAPI tag, as in 0x0037 for PR_SUBJECT.
func PropertyTag(tag uint16, t types.MapiPropertyType) types.PathToExtendedField {
	return types.PathToExtendedField{PropertyTag: "0x" + strconv.FormatUint(uint64(tag), 16), PropertyType: t}
}

// PropertyName names an extended property by name in a property set, as in
// types.DistinguishedPropertySetPublicStrings.
func PropertyName(set types.DistinguishedPropertySet, name string, t types.MapiPropertyType) types.PathToExtendedField {
	return types.PathToExtendedField{DistinguishedPropertySetID: set, PropertyName: name, PropertyType: t}
}

// PropertyID names an extended property by number in a property set.
func PropertyID(set types.DistinguishedPropertySet, id int32, t types.MapiPropertyType) types.PathToExtendedField {
	return types.PathToExtendedField{DistinguishedPropertySetID: set, PropertyID: id, PropertyType: t,
		Present: types.PathToExtendedFieldHasPropertyID}
}

// PropertyNameIn and PropertyIDIn are the same in a property set given by its
// GUID, as in "00020329-0000-0000-c000-000000000046".
func PropertyNameIn(guid, name string, t types.MapiPropertyType) types.PathToExtendedField {
	return types.PathToExtendedField{PropertySetID: guid, PropertyName: name, PropertyType: t}
}

// PropertyIDIn names an extended property by number in the property set with
// the GUID.
func PropertyIDIn(guid string, id int32, t types.MapiPropertyType) types.PathToExtendedField {
	return types.PathToExtendedField{PropertySetID: guid, PropertyID: id, PropertyType: t,
		Present: types.PathToExtendedFieldHasPropertyID}
}

// SamePath reports whether a and b name the same property: GUIDs and tags
// compare by value, not by spelling.
func SamePath(a, b types.PathToExtendedField) bool {
	return a.DistinguishedPropertySetID == b.DistinguishedPropertySetID &&
		strings.EqualFold(strings.Trim(a.PropertySetID, "{}"), strings.Trim(b.PropertySetID, "{}")) &&
		a.PropertyName == b.PropertyName && a.PropertyID == b.PropertyID && a.PropertyType == b.PropertyType &&
		tagValue(a.PropertyTag) == tagValue(b.PropertyTag)
}

func tagValue(s string) int64 {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		return -1
	}
	return n
}

// find returns the extended property of o at p, nil if it has none.
func find(o types.Properties, p types.Path) *types.ExtendedProperty {
	if o == nil {
		return nil
	}
	list, path := o.ExtendedPtr(), p.(*types.PathToExtendedField)
	if list == nil {
		return nil
	}
	for i := range *list {
		if SamePath((*list)[i].ExtendedFieldURI, *path) {
			return &(*list)[i]
		}
	}
	return nil
}

func putExtended(o types.Properties, p types.Path, values []string, array bool) {
	list := o.ExtendedPtr()
	if list == nil {
		return
	}
	e := find(o, p)
	if e == nil {
		*list = append(*list, types.ExtendedProperty{ExtendedFieldURI: *p.(*types.PathToExtendedField)})
		e = &(*list)[len(*list)-1]
	}
	if array {
		e.Values = values
		return
	}
	e.Value, e.Present = values[0], e.Present|types.ExtendedPropertyHasValue
}

func removeExtended(o types.Properties, p types.Path) {
	list := o.ExtendedPtr()
	if list == nil {
		return
	}
	var out []types.ExtendedProperty
	for _, e := range *list {
		if !SamePath(e.ExtendedFieldURI, *p.(*types.PathToExtendedField)) {
			out = append(out, e)
		}
	}
	*list = out
}

func (d *desc) setExtended(array bool, values ...string) change {
	p := d.other
	c := change{class: d.class, path: p, apply: func(o types.Properties) { putExtended(o, p, values, array) }}
	if d.class != nil {
		c.value = d.class.make()
		putExtended(c.value, p, values, array)
	}
	return c
}

func (d *desc) clearExtended() change {
	p := d.other
	return change{class: d.class, path: p, kind: changeClear, apply: func(o types.Properties) { removeExtended(o, p) }}
}

// extended returns the extended property of item, nil if it has none.
func (d *desc) extended(item any) *types.ExtendedProperty {
	return find(object(item), d.other)
}

// Lookup returns the property's text in item, and whether item has it.
func (d *ExtendedString[E]) Lookup(item E) (string, bool) {
	if e := d.d.extended(item); e != nil {
		return e.Value, true
	}
	return "", false
}

// Get returns the property's text in item, empty if it has none.
func (d *ExtendedString[E]) Get(item E) string {
	s, _ := d.Lookup(item)
	return s
}

// Set returns the change of the property to v.
func (d *ExtendedString[E]) Set(v string) Change[E] { return Change[E]{d.d.setExtended(false, v)} }

// Put sets the property of an item in memory, as for one that is to be created.
func (d *ExtendedString[E]) Put(item E, v string) { d.Set(v).put(item) }

// Clear returns the change that removes the property.
func (d *ExtendedString[E]) Clear() Change[E] { return Change[E]{d.d.clearExtended()} }

// Lookup returns the property's value in item, and whether item has it in a
// form that fits V.
func (d *ExtendedScalar[E, V]) Lookup(item E) (V, bool) {
	var v V
	e := d.d.extended(item)
	return v, e != nil && parse(&v, e.Value)
}

// parse reads s into *p, which is of one of the types of Scalar.
func parse(p any, s string) bool {
	var err error
	var n int64
	switch p := p.(type) {
	case *bool:
		*p, err = strconv.ParseBool(s)
	case *int16:
		n, err = strconv.ParseInt(s, 10, 16)
		*p = int16(n)
	case *int32:
		n, err = strconv.ParseInt(s, 10, 32)
		*p = int32(n)
	case *int64:
		*p, err = strconv.ParseInt(s, 10, 64)
	case *float64:
		*p, err = strconv.ParseFloat(s, 64)
	case *time.Time:
		*p, err = time.Parse(time.RFC3339Nano, s)
	}
	return err == nil
}

// Get returns the property's value in item, zero if it has none.
func (d *ExtendedScalar[E, V]) Get(item E) V {
	v, _ := d.Lookup(item)
	return v
}

// Set returns the change of the property to v.
func (d *ExtendedScalar[E, V]) Set(v V) Change[E] {
	s, _ := Constant(v)
	return Change[E]{d.d.setExtended(false, s)}
}

// Put sets the property of an item in memory, as for one that is to be created.
func (d *ExtendedScalar[E, V]) Put(item E, v V) { d.Set(v).put(item) }

// Clear returns the change that removes the property.
func (d *ExtendedScalar[E, V]) Clear() Change[E] { return Change[E]{d.d.clearExtended()} }

func (d *ExtendedList[E]) array() bool {
	return strings.HasSuffix(string(d.d.other.(*types.PathToExtendedField).PropertyType), "Array")
}

// Lookup returns the property's values in item, and whether item has it.
func (d *ExtendedList[E]) Lookup(item E) ([]string, bool) {
	e := d.d.extended(item)
	switch {
	case e == nil:
		return nil, false
	case d.array():
		return e.Values, true
	}
	return []string{e.Value}, true
}

// Get returns the property's values in item, none if it has none.
func (d *ExtendedList[E]) Get(item E) []string {
	v, _ := d.Lookup(item)
	return v
}

// Set returns the change of the property to values; one that is no array type
// takes the first. Without values it is Clear.
func (d *ExtendedList[E]) Set(values ...string) Change[E] {
	if len(values) == 0 {
		return d.Clear()
	}
	return Change[E]{d.d.setExtended(d.array(), values...)}
}

// Put sets the property of an item in memory, as for one that is to be created.
func (d *ExtendedList[E]) Put(item E, values ...string) { d.Set(values...).put(item) }

// Clear returns the change that removes the property.
func (d *ExtendedList[E]) Clear() Change[E] { return Change[E]{d.d.clearExtended()} }

// Binary returns the value of a Binary property, as base64 has it.
func Binary(v []byte) string { return base64.StdEncoding.EncodeToString(v) }
