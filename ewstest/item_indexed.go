package ewstest

import (
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// indexedIn returns the property that has the entries of an indexed path.
func indexedIn(path *types.PathToIndexedField) string {
	switch uri := string(path.FieldURI); {
	case uri == "contacts:EmailAddress":
		return "contacts:EmailAddresses"
	case uri == "contacts:ImAddress":
		return "contacts:ImAddresses"
	case uri == "contacts:PhoneNumber":
		return "contacts:PhoneNumbers"
	case strings.HasPrefix(uri, "contacts:PhysicalAddress:"):
		return "contacts:PhysicalAddresses"
	case uri == "item:InternetMessageHeader":
		return "item:InternetMessageHeaders"
	case uri == "distributionlist:Members:Member":
		return "distributionlist:Members"
	}
	return ""
}

// addressPart returns the part of an address that an indexed path names.
func addressPart(e *types.PhysicalAddressDictionaryEntry, path *types.PathToIndexedField) *string {
	switch strings.TrimPrefix(string(path.FieldURI), "contacts:PhysicalAddress:") {
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

// entriesOf counts the entries that a property of an object has, and reports
// whether the one at path is among them. Parts of addresses count each.
func entriesOf(src types.Properties, uri string, path *types.PathToIndexedField) (count int, found bool) {
	key := path.FieldIndex
	mine := indexedIn(path) == uri
	p, _ := classOf(src).prop(uri)
	switch list := src.PropertyPtr(p.Bit).(type) {
	case *[]types.EmailAddressDictionaryEntry:
		for _, e := range *list {
			count, found = count+1, found || mine && string(e.Key) == key
		}
	case *[]types.ImAddressDictionaryEntry:
		for _, e := range *list {
			count, found = count+1, found || mine && string(e.Key) == key
		}
	case *[]types.PhoneNumberDictionaryEntry:
		for _, e := range *list {
			count, found = count+1, found || mine && string(e.Key) == key
		}
	case *[]types.PhysicalAddressDictionaryEntry:
		for _, e := range *list {
			parts := addressParts(e)
			count += max(parts, 1)
			found = found || mine && string(e.Key) == key
		}
	default:
		count = 1
	}
	return count, found
}

// addressParts counts what an address says.
func addressParts(e types.PhysicalAddressDictionaryEntry) int {
	n := 0
	for _, s := range []string{e.Street, e.City, e.State, e.CountryOrRegion, e.PostalCode} {
		if s != "" {
			n++
		}
	}
	return n
}

// setIndexed sets an entry of v to what src has.
func setIndexed(v types.Properties, path *types.PathToIndexedField, src types.Properties) error {
	uri, key := indexedIn(path), path.FieldIndex
	to, ok := classOf(v).prop(uri)
	if !ok {
		return propFailure(messages.ErrorInvalidPropertyRequest, path)
	}
	from, ok := classOf(src).prop(uri)
	if !ok {
		return propFailure(messages.ErrorUpdatePropertyMismatch, path)
	}
	switch list := v.PropertyPtr(to.Bit).(type) {
	case *[]types.EmailAddressDictionaryEntry:
		in, _ := src.PropertyPtr(from.Bit).(*[]types.EmailAddressDictionaryEntry)
		*list = putEntries(*list, *in, func(e types.EmailAddressDictionaryEntry) bool { return string(e.Key) == key })
	case *[]types.ImAddressDictionaryEntry:
		in, _ := src.PropertyPtr(from.Bit).(*[]types.ImAddressDictionaryEntry)
		*list = putEntries(*list, *in, func(e types.ImAddressDictionaryEntry) bool { return string(e.Key) == key })
	case *[]types.PhoneNumberDictionaryEntry:
		in, _ := src.PropertyPtr(from.Bit).(*[]types.PhoneNumberDictionaryEntry)
		*list = putEntries(*list, *in, func(e types.PhoneNumberDictionaryEntry) bool { return string(e.Key) == key })
	case *[]types.PhysicalAddressDictionaryEntry:
		in, _ := src.PropertyPtr(from.Bit).(*[]types.PhysicalAddressDictionaryEntry)
		n := slices.IndexFunc(*in, func(e types.PhysicalAddressDictionaryEntry) bool { return string(e.Key) == key })
		*list = putAddressPart(*list, path, *addressPart(&(*in)[n], path))
	default:
		return propFailure(messages.ErrorInvalidPropertySet, path)
	}
	v.PresenceSet().Add(to.Bit)
	return nil
}

// putEntries returns list with the entry of in that is meant instead of its own.
func putEntries[E any](list, in []E, meant func(E) bool) []E {
	out := slices.DeleteFunc(slices.Clone(list), meant)
	if n := slices.IndexFunc(in, meant); n >= 0 {
		out = append(out, in[n])
	}
	return out
}

// putAddressPart returns list with a part of an address set; a part that is
// set to nothing is removed, an address without parts too.
func putAddressPart(list []types.PhysicalAddressDictionaryEntry, path *types.PathToIndexedField, value string) []types.PhysicalAddressDictionaryEntry {
	out := slices.Clone(list)
	n := slices.IndexFunc(out, func(e types.PhysicalAddressDictionaryEntry) bool { return string(e.Key) == path.FieldIndex })
	if n < 0 {
		out = append(out, types.PhysicalAddressDictionaryEntry{Key: types.PhysicalAddressKey(path.FieldIndex)})
		n = len(out) - 1
	}
	*addressPart(&out[n], path) = value
	out[n].Present = 0
	if addressParts(out[n]) == 0 {
		out = slices.Delete(out, n, n+1)
	}
	return out
}

// deleteIndexed removes an entry of v.
func deleteIndexed(v types.Properties, path *types.PathToIndexedField) error {
	key := path.FieldIndex
	p, ok := classOf(v).prop(indexedIn(path))
	if !ok {
		return propFailure(messages.ErrorInvalidPropertyRequest, path)
	}
	left := 0
	switch list := v.PropertyPtr(p.Bit).(type) {
	case *[]types.EmailAddressDictionaryEntry:
		*list = putEntries(*list, nil, func(e types.EmailAddressDictionaryEntry) bool { return string(e.Key) == key })
		left = len(*list)
	case *[]types.ImAddressDictionaryEntry:
		*list = putEntries(*list, nil, func(e types.ImAddressDictionaryEntry) bool { return string(e.Key) == key })
		left = len(*list)
	case *[]types.PhoneNumberDictionaryEntry:
		*list = putEntries(*list, nil, func(e types.PhoneNumberDictionaryEntry) bool { return string(e.Key) == key })
		left = len(*list)
	case *[]types.PhysicalAddressDictionaryEntry:
		*list = putAddressPart(*list, path, "")
		left = len(*list)
	case *[]types.Member:
		*list = putEntries(*list, nil, func(m types.Member) bool { return m.Key == key })
		left = len(*list)
	default:
		return propFailure(messages.ErrorInvalidPropertyDelete, path)
	}
	if left == 0 {
		drop(v, p)
	}
	return nil
}

// indexed puts an entry that is asked for.
func (s *shaper) indexed(path *types.PathToIndexedField) error {
	uri, key := indexedIn(path), path.FieldIndex
	if uri == "" {
		return propFailure(messages.ErrorInvalidPropertyRequest, path)
	}
	p, ok := classOf(s.full).prop(uri)
	if !ok || !has(s.full, p) || newer(p, s.c.version) {
		return nil
	}
	switch from := s.full.PropertyPtr(p.Bit).(type) {
	case *[]types.EmailAddressDictionaryEntry:
		copyEntry(s, p.Bit, *from, func(e types.EmailAddressDictionaryEntry) bool { return string(e.Key) == key })
	case *[]types.ImAddressDictionaryEntry:
		copyEntry(s, p.Bit, *from, func(e types.ImAddressDictionaryEntry) bool { return string(e.Key) == key })
	case *[]types.PhoneNumberDictionaryEntry:
		copyEntry(s, p.Bit, *from, func(e types.PhoneNumberDictionaryEntry) bool { return string(e.Key) == key })
	case *[]types.PhysicalAddressDictionaryEntry:
		s.addressEntry(p.Bit, *from, path)
	case *[]types.InternetHeader:
		copyEntry(s, p.Bit, *from, func(h types.InternetHeader) bool { return strings.EqualFold(h.HeaderName, key) })
	case *[]types.Member:
		copyEntry(s, p.Bit, *from, func(m types.Member) bool { return m.Key == key })
	}
	return nil
}

// copyEntry adds the entries that are meant to the answer's list, once.
func copyEntry[E any](s *shaper, bit uint8, from []E, meant func(E) bool) {
	to, _ := s.out.PropertyPtr(bit).(*[]E)
	if to == nil || slices.ContainsFunc(*to, meant) {
		return
	}
	for _, e := range from {
		if meant(e) {
			*to = append(slices.Clip(*to), e)
			s.out.PresenceSet().Add(bit)
		}
	}
}

// addressEntry adds one part of an address to the answer.
func (s *shaper) addressEntry(bit uint8, from []types.PhysicalAddressDictionaryEntry, path *types.PathToIndexedField) {
	to, _ := s.out.PropertyPtr(bit).(*[]types.PhysicalAddressDictionaryEntry)
	n := slices.IndexFunc(from, func(e types.PhysicalAddressDictionaryEntry) bool { return string(e.Key) == path.FieldIndex })
	if to == nil || n < 0 {
		return
	}
	if value := *addressPart(&from[n], path); value != "" {
		*to = putAddressPart(*to, path, value)
		s.out.PresenceSet().Add(bit)
	}
}
