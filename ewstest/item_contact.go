package ewstest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// maxName is how long the parts of a contact's name may be.
const maxName = 256

func checkContact(v *types.Contact, code messages.ResponseCode) error {
	for uri, s := range map[string]string{
		"contacts:GivenName": v.GivenName, "contacts:MiddleName": v.MiddleName, "contacts:Surname": v.Surname,
	} {
		if len(s) > maxName && len(utf16.Encode([]rune(s))) > maxName {
			return uriFailure(code, uri)
		}
	}
	v.EmailAddresses = slices.DeleteFunc(slices.Clone(v.EmailAddresses), func(e types.EmailAddressDictionaryEntry) bool { return e.Value == "" })
	v.ImAddresses = slices.DeleteFunc(slices.Clone(v.ImAddresses), func(e types.ImAddressDictionaryEntry) bool { return e.Value == "" })
	v.PhoneNumbers = slices.DeleteFunc(slices.Clone(v.PhoneNumbers), func(e types.PhoneNumberDictionaryEntry) bool { return e.Value == "" })
	v.PhysicalAddresses = slices.DeleteFunc(slices.Clone(v.PhysicalAddresses), func(e types.PhysicalAddressDictionaryEntry) bool { return addressParts(e) == 0 })
	for _, f := range []struct {
		uri string
		n   int
	}{
		{"contacts:EmailAddresses", len(v.EmailAddresses)}, {"contacts:ImAddresses", len(v.ImAddresses)},
		{"contacts:PhoneNumbers", len(v.PhoneNumbers)}, {"contacts:PhysicalAddresses", len(v.PhysicalAddresses)},
	} {
		if f.n == 0 {
			unset(v, f.uri)
		}
	}
	return nil
}

func completeContact(v *types.Contact) {
	if !v.Present.Has(field.Contact.DisplayName) {
		if name := joinNames(v.GivenName, v.MiddleName, v.Surname); name != "" {
			set(v, field.Contact.DisplayName, name)
		}
	}
	if !v.Present.Has(field.Contact.FileAs) {
		fileAs(v)
	}
	if !v.Present.Has(field.Contact.Subject) && v.DisplayName != "" {
		set(v, field.Contact.Subject, v.DisplayName)
	}
	assignDefault(v, "contacts:FileAsMapping", types.FileAsMappingNone)
}

// fileAs sets FileAs to what FileAsMapping says of the names.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/fileasmapping
func fileAs(v *types.Contact) {
	first, last, middle, company := v.GivenName, v.Surname, v.MiddleName, v.CompanyName
	lastFirst := func(comma string) string {
		rest := joinNames(first, middle)
		if last == "" || rest == "" {
			return last + rest
		}
		return last + comma + rest
	}
	lines := func(a, b string) string {
		if a == "" || b == "" {
			return a + b
		}
		return a + "\r\n" + b
	}
	s := ""
	switch v.FileAsMapping {
	case types.FileAsMappingLastCommaFirst:
		s = lastFirst(", ")
	case types.FileAsMappingFirstSpaceLast:
		s = joinNames(first, middle, last)
	case types.FileAsMappingCompany:
		s = company
	case types.FileAsMappingLastCommaFirstCompany:
		s = lines(lastFirst(", "), company)
	case types.FileAsMappingCompanyLastFirst:
		s = lines(company, lastFirst(""))
	case types.FileAsMappingLastFirst:
		s = lastFirst("")
	case types.FileAsMappingLastFirstCompany:
		s = lines(lastFirst(""), company)
	case types.FileAsMappingCompanyLastCommaFirst:
		s = lines(company, lastFirst(", "))
	case types.FileAsMappingLastFirstSuffix:
		s = joinNames(lastFirst(""), v.Generation)
	case types.FileAsMappingLastSpaceFirstCompany:
		s = lines(lastFirst(" "), company)
	case types.FileAsMappingCompanyLastSpaceFirst:
		s = lines(company, lastFirst(" "))
	case types.FileAsMappingLastSpaceFirst:
		s = lastFirst(" ")
	case types.FileAsMappingDisplayName:
		s = v.DisplayName
	case types.FileAsMappingFirstName:
		s = first
	case types.FileAsMappingLastFirstMiddleSuffix:
		s = joinNames(lastFirst(", "), v.Generation)
	case types.FileAsMappingLastName:
		s = last
	default:
		return
	}
	set(v, field.Contact.FileAs, s)
}

func joinNames(names ...string) string {
	return strings.Join(slices.DeleteFunc(names, func(s string) bool { return s == "" }), " ")
}

// updateFileAs follows a change of the names, unless FileAs was changed, too.
func updateFileAs(v, before *types.Contact) {
	if v.FileAs != before.FileAs || v.Present.Has(field.Contact.FileAs) != before.Present.Has(field.Contact.FileAs) {
		return
	}
	if v.FileAsMapping != before.FileAsMapping || v.GivenName != before.GivenName || v.MiddleName != before.MiddleName ||
		v.Surname != before.Surname || v.CompanyName != before.CompanyName || v.DisplayName != before.DisplayName || v.Generation != before.Generation {
		fileAs(v)
	}
}

func deriveContact(v *types.Contact, attached []*attachment) {
	n := types.CompleteName{
		FirstName: v.GivenName, MiddleName: v.MiddleName, LastName: v.Surname, Suffix: v.Generation, Initials: v.Initials,
		FullName: v.DisplayName, Nickname: v.Nickname,
	}
	for _, e := range v.ExtendedProperty {
		if e.ExtendedFieldURI.PropertyType == types.MapiPropertyTypeString && strings.EqualFold(e.ExtendedFieldURI.PropertyTag, "0x3a45") {
			n.Title = e.Value
		}
	}
	if n == (types.CompleteName{}) {
		unset(v, "contacts:CompleteName")
	} else {
		set(v, field.Contact.CompleteName, n)
	}
	picture := slices.ContainsFunc(attached, func(a *attachment) bool {
		f, ok := a.data.(*types.FileAttachment)
		return ok && f.IsContactPhoto
	})
	set(v, field.Contact.HasPicture, picture)
}

// completeList gives the members of a new distribution list their keys.
func (s *store) completeList(v *types.DistributionList) {
	assignDefault(v, "contacts:FileAs", v.DisplayName)
	if !v.Present.Has(field.DistributionList.Subject) && v.DisplayName != "" {
		set(v, field.DistributionList.Subject, v.DisplayName)
	}
	s.keyMembers(v)
}

// keyMembers gives new members a key and a status.
func (s *store) keyMembers(v *types.DistributionList) {
	v.Members = slices.Clone(v.Members)
	for n := range v.Members {
		m := &v.Members[n]
		if m.Key == "" {
			m.Key = fmt.Sprintf("%040X", s.next())
		}
		if m.Status == "" {
			m.Status = types.MemberStatusNormal
		}
	}
}
