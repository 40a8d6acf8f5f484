package ewstest

import (
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// row is an item or a folder that is looked at. It is used again for the next
// one, so that a search through a folder allocates little.
type row struct {
	c      *call
	loc    *time.Location // of times without a zone
	item   *item
	folder *folder
	full   types.Properties // with what is computed; nil until it is asked for
	buf    []value
}

// at makes r look at another item.
func (r *row) at(i *item) *row {
	r.item, r.full = i, nil
	return r
}

// stored returns what the store has; of a row that is neither an item nor a
// folder, what it was made of.
func (r *row) stored() types.Properties {
	if r.item != nil {
		return r.item.data.(types.Properties)
	}
	return r.all()
}

// all returns the properties with those that are computed.
func (r *row) all() types.Properties {
	if r.full == nil {
		if r.item != nil {
			r.full = r.c.fullItem(r.item)
		} else {
			r.full = r.c.fullFolder(r.folder)
		}
	}
	return r.full
}

// operand is a property as a restriction or a sort order names it.
type operand struct {
	typ  valueType
	list bool     // any of several values
	enum []string // of an enumeration, in order
	// add appends the property's values in r to the buffer; none if r lacks it.
	add func(r *row, to []value) []value
}

// values returns the property's values in r, valid until the next call.
func (o *operand) values(r *row) []value {
	r.buf = o.add(r, r.buf[:0])
	return r.buf
}

// computed are the properties that fullItem computes rather than copies. A
// search takes them from here, for a copy of the whole item is dear.
var computed = map[string]func(i *item, to []value) []value{
	"item:ItemId":           func(i *item, to []value) []value { return append(to, value{text: i.itemID().ID}) },
	"item:ParentFolderId":   func(i *item, to []value) []value { return append(to, value{text: i.folder.box.id(i.folder).ID}) },
	"item:DateTimeCreated":  func(i *item, to []value) []value { return append(to, value{num: i.created.UnixMicro()}) },
	"item:LastModifiedTime": func(i *item, to []value) []value { return append(to, value{num: i.changed.UnixMicro()}) },
}

// vocabulary is what can be searched: the properties of all item classes, or
// of all folder classes.
type vocabulary struct {
	items bool
	specs map[string]spec // by property path
}

// spec says how a property is searched.
type spec struct {
	typ    valueType
	list   bool
	enum   []string
	hidden bool // only under its MAPI name
}

var itemVocabulary = sync.OnceValues(func() (*vocabulary, error) {
	return newVocabulary(true, append([]types.Properties{&types.SharingMessage{}, &types.RoleMember{}, &types.Network{}}, itemClasses...)...)
})

var folderVocabulary = sync.OnceValues(func() (*vocabulary, error) {
	return newVocabulary(false,
		&types.Folder{}, &types.CalendarFolder{}, &types.ContactsFolder{}, &types.SearchFolder{}, &types.TasksFolder{})
})

func newVocabulary(items bool, classes ...types.Properties) (*vocabulary, error) {
	schema, err := contract()
	if err != nil {
		return nil, err
	}
	voc := &vocabulary{items: items, specs: map[string]spec{}}
	for _, v := range classes {
		for _, p := range classOf(v).props {
			if _, ok := voc.specs[p.URI]; ok {
				continue
			}
			if ptr := v.PropertyPtr(p.Bit); ptr != nil {
				s := specOf(reflect.TypeOf(ptr).Elem(), schema)
				s.hidden = unsearchable[p.URI]
				voc.specs[p.URI] = s
			}
		}
	}
	return voc, nil
}

// unsearchable are properties that Exchange computes from others when it
// answers, so that the store cannot search them.
var unsearchable = map[string]bool{
	"item:MimeContent": true, "item:Culture": true, "item:EffectiveRights": true, "item:WebClientReadFormQueryString": true,
	"item:WebClientEditFormQueryString": true, "item:UniqueBody": true, "item:NormalizedBody": true, "item:Preview": true,
	"item:ItemId": true, "item:EntityExtractionResult": true, "item:InstanceKey": true, "item:StoreEntryId": true,
	"calendar:UID": true, "calendar:Duration": true, "calendar:IsResponseRequested": true,
	"calendar:TimeZone": true, "calendar:StartWallClock": true, "calendar:EndWallClock": true, "calendar:ConflictingMeetingCount": true, "calendar:AdjacentMeetingCount": true,
	"contacts:Photo": true, "task:Status": true, "folder:FolderId": true, "folder:EffectiveRights": true, "folder:DistinguishedFolderId": true,
}

// derivedValues are properties whose values to search are made of others.
var derivedValues = map[string]func(s *spec, v types.Properties, loc *time.Location, to []value) []value{
	"item:TextBody": func(_ *spec, v types.Properties, loc *time.Location, to []value) []value {
		if b, ok := lookup[types.Body](v, "item:Body"); ok {
			to = append(to, value{text: plainText(b)})
		}
		return to
	},
	"item:IconIndex": func(s *spec, v types.Properties, loc *time.Location, to []value) []value {
		return append(to, s.ordinal(string(iconIndex(v))))
	},
	"item:ReminderNextTime": func(_ *spec, v types.Properties, loc *time.Location, to []value) []value {
		if at, ok := reminderTime(v); ok {
			to = append(to, moment(at, loc))
		}
		return to
	},
	// The store has a fraction, and no search makes a percentage of it.
	"task:PercentComplete": func(_ *spec, v types.Properties, loc *time.Location, to []value) []value {
		if n, ok := lookup[float64](v, "task:PercentComplete"); ok {
			to = append(to, value{real: n / 100})
		}
		return to
	},
}

// specOf says how properties whose Go type is t are searched.
func specOf(t reflect.Type, schema *xsd.Schema) spec {
	switch reflect.Zero(t).Interface().(type) {
	case []string:
		return spec{typ: textType, list: true}
	case types.EmailAddress:
		return spec{typ: mailboxType}
	case types.Body:
		return spec{typ: contentType}
	case types.ItemID, types.FolderID:
		return spec{typ: idType}
	case time.Time:
		return spec{typ: momentType}
	case []byte:
		return spec{typ: binaryType}
	case types.Flag:
		return spec{typ: enumType, enum: enumeration(schema, "FlagStatusType")}
	}
	switch t.Kind() {
	case reflect.Bool:
		return spec{typ: booleanType}
	case reflect.Int32, reflect.Int64:
		return spec{typ: integerType}
	case reflect.Float64:
		return spec{typ: realType}
	case reflect.String:
		if t.PkgPath() == "" {
			return spec{typ: textType}
		}
		if enum := enumeration(schema, t.Name()+"Type"); len(enum) > 0 {
			return spec{typ: enumType, enum: enum}
		}
		if enum := enumeration(schema, t.Name()); len(enum) > 0 {
			return spec{typ: enumType, enum: enum}
		}
		return spec{typ: textType}
	}
	return spec{}
}

// enumeration returns the values of a simple type, in schema order, which is
// that of the numbers that Exchange stores.
func enumeration(schema *xsd.Schema, name string) []string {
	t := schema.Types[xsd.Name{Space: xsd.Types, Local: name}]
	if t == nil {
		return nil
	}
	var enum []string
	for _, v := range t.Enum {
		enum = append(enum, v.Value)
	}
	return enum
}

// operand resolves a path; it is nil if there is no such property, or none
// that can be searched.
func (voc *vocabulary) operand(path types.Path) (*operand, error) {
	switch p := path.(type) {
	case *types.PathToUnindexedField:
		return voc.unindexed(string(p.FieldURI)), nil
	case *types.PathToIndexedField:
		return voc.indexed(p), nil
	case *types.PathToExtendedField:
		return voc.extended(p)
	}
	return nil, nil
}

// unindexed resolves a property path.
func (voc *vocabulary) unindexed(uri string) *operand {
	if voc.specs[uri].hidden {
		return nil
	}
	return voc.property(uri)
}

// property is unindexed for properties that can be searched by their MAPI
// names alone, too.
func (voc *vocabulary) property(uri string) *operand {
	s, ok := voc.specs[uri]
	if !ok || s.typ == noType {
		return nil
	}
	o := &operand{typ: s.typ, list: s.list, enum: s.enum}
	if voc.items && derivedValues[uri] != nil {
		get := derivedValues[uri]
		o.add = func(r *row, to []value) []value { return get(&s, r.stored(), r.loc, to) }
		return o
	}
	get := computed[uri]
	o.add = func(r *row, to []value) []value {
		if get != nil && r.item != nil {
			return get(r.item, to)
		}
		v := r.stored()
		p, ok := classOf(v).prop(uri)
		if !ok || !has(v, p) {
			return to
		}
		return s.add(r, v.PropertyPtr(p.Bit), to)
	}
	return o
}

// add appends what ptr points at.
func (s spec) add(r *row, ptr any, to []value) []value {
	switch p := ptr.(type) {
	case *string:
		if s.typ == enumType {
			// Some classes have a text where others have the enumeration.
			return append(to, s.ordinal(*p))
		}
		return append(to, value{text: *p})
	case *bool:
		v := value{}
		if *p {
			v.num = 1
		}
		return append(to, v)
	case *int32:
		return append(to, value{num: int64(*p)})
	case *int64:
		return append(to, value{num: *p})
	case *float64:
		return append(to, value{real: *p})
	case *time.Time:
		return append(to, moment(*p, r.loc))
	case *[]byte:
		return append(to, value{text: string(*p)})
	case *[]string:
		for _, x := range *p {
			to = append(to, value{text: x})
		}
		return to
	case *types.EmailAddress:
		for _, x := range []string{p.Name, p.EmailAddress} {
			if x != "" {
				to = append(to, value{text: x})
			}
		}
		return to
	case *types.Body:
		return append(to, value{text: plainText(*p)})
	case *types.ItemID:
		return append(to, value{text: p.ID})
	case *types.FolderID:
		return append(to, value{text: p.ID})
	case *types.Flag:
		return append(to, s.ordinal(string(p.FlagStatus)))
	}
	if v := reflect.ValueOf(ptr).Elem(); v.Kind() == reflect.String {
		if s.typ == enumType {
			return append(to, s.ordinal(v.String()))
		}
		return append(to, value{text: v.String()})
	}
	return to
}

func (s spec) ordinal(v string) value {
	for i, x := range s.enum {
		if x == v {
			return value{text: v, num: int64(i)}
		}
	}
	return value{text: v, num: -1}
}

// indexed resolves a path such as contacts:EmailAddress with the index
// EmailAddress1, or item:InternetMessageHeader with the name of a header.
func (voc *vocabulary) indexed(p *types.PathToIndexedField) *operand {
	if !voc.items {
		return nil
	}
	uri, key := string(p.FieldURI), p.FieldIndex
	o := &operand{typ: textType}
	get, ok := entryValues[uri]
	if !ok {
		_, part, isAddress := strings.Cut(uri, ":PhysicalAddress:")
		if !isAddress {
			return nil
		}
		get = func(v types.Properties, key string, to []value) []value { return physicalAddress(v, key, part, to) }
	}
	o.list = uri == "item:InternetMessageHeader" || uri == "distributionlist:Members:Member"
	o.add = func(r *row, to []value) []value { return get(r.stored(), key, to) }
	return o
}

// entryValues are the paths of entryValues, but for physical addresses.
var entryValues = map[string]func(v types.Properties, key string, to []value) []value{
	"item:InternetMessageHeader": func(v types.Properties, key string, to []value) []value {
		for _, h := range get[[]types.InternetHeader](v, field.Message.InternetMessageHeaders) {
			if strings.EqualFold(h.HeaderName, key) {
				to = append(to, value{text: h.Value})
			}
		}
		return to
	},
	"contacts:ImAddress": func(v types.Properties, key string, to []value) []value {
		for _, e := range get[[]types.ImAddressDictionaryEntry](v, field.Contact.ImAddresses) {
			if string(e.Key) == key && e.Value != "" {
				to = append(to, value{text: e.Value})
			}
		}
		return to
	},
	"contacts:EmailAddress": func(v types.Properties, key string, to []value) []value {
		for _, e := range get[[]types.EmailAddressDictionaryEntry](v, field.Contact.EmailAddresses) {
			if string(e.Key) == key && e.Value != "" {
				to = append(to, value{text: e.Value})
			}
		}
		return to
	},
	"contacts:PhoneNumber": func(v types.Properties, key string, to []value) []value {
		for _, e := range get[[]types.PhoneNumberDictionaryEntry](v, field.Contact.PhoneNumbers) {
			if string(e.Key) == key && e.Value != "" {
				to = append(to, value{text: e.Value})
			}
		}
		return to
	},
}

// physicalAddress appends a part of the address with the key.
func physicalAddress(v types.Properties, key, part string, to []value) []value {
	for _, e := range get[[]types.PhysicalAddressDictionaryEntry](v, field.Contact.PhysicalAddresses) {
		if string(e.Key) != key {
			continue
		}
		s := ""
		switch part {
		case "Street":
			s = e.Street
		case "City":
			s = e.City
		case "State":
			s = e.State
		case "CountryOrRegion":
			s = e.CountryOrRegion
		case "PostalCode":
			s = e.PostalCode
		}
		if s != "" {
			to = append(to, value{text: s})
		}
	}
	return to
}
