package ewstest

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func isZero(ptr any) bool { return reflect.ValueOf(ptr).Elem().IsZero() }

// corpus are items to search; each is known by its subject.
func corpus() []types.Item {
	at := func(day int) time.Time { return time.Date(2026, 3, day, 9, 0, 0, 0, time.UTC) }
	tag := field.PropertyTag(0x1234, types.MapiPropertyTypeInteger)
	named := field.PropertyName(types.DistinguishedPropertySetPublicStrings, "Colour", types.MapiPropertyTypeString)
	byGUID := field.PropertyNameIn("C11FF724-AA03-4555-9952-8FA248A11C3E", "Colour", types.MapiPropertyTypeStringArray)
	byID := field.PropertyIDIn("c11ff724-aa03-4555-9952-8fa248a11c3e", 7, types.MapiPropertyTypeDouble)
	ext := func(p types.PathToExtendedField, v ...string) types.ExtendedProperty {
		if strings.HasSuffix(string(p.PropertyType), "Array") {
			return types.ExtendedProperty{ExtendedFieldURI: p, Values: v}
		}
		return types.ExtendedProperty{ExtendedFieldURI: p, Value: v[0], Present: types.ExtendedPropertyHasValue}
	}
	return []types.Item{
		filled(&types.Message{Subject: "Alpha", DateTimeReceived: at(1), Size: 100, IsRead: true, Importance: "Low", Categories: []string{"Red", "blue"},
			From:             types.EmailAddress{Name: "Ann Lee", EmailAddress: "ann@example.com"},
			ExtendedProperty: []types.ExtendedProperty{ext(tag, "5"), ext(named, "Green"), ext(byGUID, "x", "y"), ext(byID, "1.5")}}),
		filled(&types.Message{Subject: "beta", DateTimeReceived: at(2), Size: 200, Importance: "High", Categories: []string{"Green"},
			Body:             types.Body{BodyType: "Text", Value: "Dear sir, the invoice"},
			ExtendedProperty: []types.ExtendedProperty{ext(tag, "6"), ext(byID, "-2")}}),
		filled(&types.Message{Subject: "Gamma Ray", DateTimeReceived: at(3), Size: 300, Importance: "Normal", InternetMessageID: "<1@x>",
			InternetMessageHeaders: []types.InternetHeader{{HeaderName: "X-Tag", Value: "one"}, {HeaderName: "X-Tag", Value: "two"}}}),
		filled(&types.Contact{Subject: "contact", DisplayName: "Zoë", EmailAddresses: []types.EmailAddressDictionaryEntry{{Key: "EmailAddress1", Value: "Zoe@Example.com"}},
			PhysicalAddresses: []types.PhysicalAddressDictionaryEntry{{Key: "Home", City: "Århus"}}, Birthday: at(9)}),
		filled(&types.Task{Subject: "task", Status: types.TaskStatusInProgress, PercentComplete: 50, StartDate: at(4), DueDate: at(4)}),
	}
}

// path builds paths of properties.
func uri(s string) types.Path {
	return &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(s)}
}

func entryOf(s, key string) types.Path {
	return &types.PathToIndexedField{FieldURI: types.DictionaryURI(s), FieldIndex: key}
}

func constant(s string) types.FieldURIOrConstant {
	return types.FieldURIOrConstant{Constant: types.ConstantValue{Value: s}, Present: types.FieldURIOrConstantHasConstant}
}

func eq(p types.Path, s string) types.SearchExpression {
	return &types.IsEqualTo{Path: p, FieldURIOrConstant: constant(s)}
}

func containing(p types.Path, s string, mode types.ContainmentMode, how types.ContainmentComparison) types.SearchExpression {
	return &types.ContainsExpression{Path: p, Constant: types.ConstantValue{Value: s}, ContainmentMode: mode, ContainmentComparison: how}
}

func not(e types.SearchExpression) types.SearchExpression { return &types.Not{SearchExpression: e} }

func TestRestrictions(t *testing.T) {
	c := newClient(t)
	c.put("inbox", corpus()...)
	subject, size, received := uri("item:Subject"), uri("item:Size"), uri("item:DateTimeReceived")
	tag := field.PropertyTag(0x1234, types.MapiPropertyTypeInteger)
	guid := field.PropertyNameIn("c11ff724-aa03-4555-9952-8fa248a11c3e", "Colour", types.MapiPropertyTypeStringArray)
	colour := field.PropertyName(types.DistinguishedPropertySetPublicStrings, "Colour", types.MapiPropertyTypeString)
	real := field.PropertyIDIn("c11ff724-aa03-4555-9952-8fa248a11c3e", 7, types.MapiPropertyTypeDouble)
	const exact, ignoreCase = types.ContainmentComparisonExact, types.ContainmentComparisonIgnoreCase
	for name, test := range map[string]struct {
		e    types.SearchExpression
		want string // subjects in the order of the corpus, or a response code
	}{
		"text, another case":      {eq(subject, "ALPHA"), "Alpha"},
		"text, a part":            {eq(subject, "Gamma"), ""},
		"text, not":               {&types.IsNotEqualTo{Path: subject, FieldURIOrConstant: constant("alpha")}, "beta Gamma-Ray contact task"},
		"text, greater":           {&types.IsGreaterThan{Path: subject, FieldURIOrConstant: constant("CONTACT")}, "Gamma-Ray task"},
		"text, at most":           {&types.IsLessThanOrEqualTo{Path: subject, FieldURIOrConstant: constant("BETA")}, "Alpha beta"},
		"number":                  {eq(size, "200"), "beta"},
		"number, at least":        {&types.IsGreaterThanOrEqualTo{Path: size, FieldURIOrConstant: constant("200")}, "beta Gamma-Ray"},
		"number, missing":         {&types.IsLessThan{Path: size, FieldURIOrConstant: constant("150")}, "Alpha"},
		"number, not, missing":    {&types.IsNotEqualTo{Path: size, FieldURIOrConstant: constant("100")}, "beta Gamma-Ray contact task"},
		"number, no number":       {eq(size, "big"), "ErrorInvalidValueForProperty"},
		"time in UTC":             {&types.IsGreaterThan{Path: received, FieldURIOrConstant: constant("2026-03-02T09:00:00Z")}, "Gamma-Ray"},
		"time with a zone":        {eq(received, "2026-03-02T10:00:00+01:00"), "beta"},
		"time, no time":           {eq(received, "true"), "ErrorInvalidValueForProperty"},
		"boolean, number":         {eq(uri("message:IsRead"), "1"), "Alpha"},
		"boolean, word":           {eq(uri("message:IsRead"), "True"), "Alpha"},
		"boolean, none":           {eq(uri("message:IsRead"), "yes"), "ErrorInvalidValueForProperty"},
		"enumeration":             {eq(uri("item:Importance"), "High"), "beta"},
		"enumeration, by rank":    {&types.IsGreaterThan{Path: uri("item:Importance"), FieldURIOrConstant: constant("Low")}, "beta Gamma-Ray"},
		"enumeration, none":       {eq(uri("item:Importance"), "Huge"), "ErrorInvalidValueForProperty"},
		"list, one element":       {eq(uri("item:Categories"), "RED"), "Alpha"},
		"list, part of element":   {eq(uri("item:Categories"), "re"), ""},
		"list, none equal":        {&types.IsNotEqualTo{Path: uri("item:Categories"), FieldURIOrConstant: constant("green")}, "Alpha Gamma-Ray contact task"},
		"list, exists":            {&types.Exists{Path: uri("item:Categories")}, "Alpha beta"},
		"list, contains":          {containing(uri("item:Categories"), "re", types.ContainmentModeSubstring, exact), "beta"},
		"mailbox by name":         {eq(uri("message:From"), "ann lee"), "Alpha"},
		"mailbox by address":      {eq(uri("message:From"), "ann@example.com"), "Alpha"},
		"mailbox by part":         {containing(uri("message:From"), "LEE", types.ContainmentModeSubstring, ignoreCase), "Alpha"},
		"exists":                  {&types.Exists{Path: uri("message:InternetMessageId")}, "Gamma-Ray"},
		"does not exist":          {not(&types.Exists{Path: uri("message:InternetMessageId")}), "Alpha beta contact task"},
		"body":                    {containing(uri("item:Body"), "INVOICE", types.ContainmentModeSubstring, ignoreCase), "beta"},
		"recipients":              {&types.Exists{Path: uri("message:ToRecipients")}, "ErrorUnsupportedPathForQuery"},
		"item id":                 {eq(uri("item:ItemId"), "x"), "ErrorUnsupportedPathForQuery"},
		"a folder's property":     {eq(uri("folder:DisplayName"), "x"), "ErrorUnsupportedPathForQuery"},
		"e-mail address":          {eq(entryOf("contacts:EmailAddress", "EmailAddress1"), "zoe@example.com"), "contact"},
		"another e-mail address":  {&types.Exists{Path: entryOf("contacts:EmailAddress", "EmailAddress2")}, ""},
		"city":                    {containing(entryOf("contacts:PhysicalAddress:City", "Home"), "Århus", types.ContainmentModeFullString, exact), "contact"},
		"header":                  {eq(entryOf("item:InternetMessageHeader", "x-tag"), "two"), "Gamma-Ray"},
		"header, part":            {containing(entryOf("item:InternetMessageHeader", "X-Tag"), "tw", types.ContainmentModePrefixed, exact), "Gamma-Ray"},
		"tag":                     {eq(&tag, "5"), "Alpha"},
		"tag, greater":            {&types.IsGreaterThan{Path: &tag, FieldURIOrConstant: constant("5")}, "beta"},
		"named":                   {eq(&colour, "green"), "Alpha"},
		"array by GUID":           {eq(&guid, "Y"), "Alpha"},
		"real by GUID and number": {&types.IsLessThan{Path: &real, FieldURIOrConstant: constant("0.5")}, "beta"},
		"tag with a name": {&types.Exists{Path: &types.PathToExtendedField{PropertyTag: "0x1234", PropertyName: "x", PropertyType: "String"}},
			"ErrorInvalidExtendedProperty"},
		"set alone": {&types.Exists{Path: &types.PathToExtendedField{DistinguishedPropertySetID: "Common", PropertyType: "String"}},
			"ErrorInvalidExtendedProperty"},
		"object":              {&types.Exists{Path: &types.PathToExtendedField{PropertyTag: "0x1234", PropertyType: "Object"}}, "ErrorUnsupportedMapiPropertyType"},
		"excludes":            {&types.Excludes{Path: &tag, Bitmask: types.ExcludesValue{Value: "2"}}, "Alpha Gamma-Ray contact task"},
		"excludes in hex":     {not(&types.Excludes{Path: &tag, Bitmask: types.ExcludesValue{Value: "0X02"}}), "beta"},
		"excludes, size":      {not(&types.Excludes{Path: size, Bitmask: types.ExcludesValue{Value: "64"}}), "Alpha beta"},
		"excludes, no number": {&types.Excludes{Path: subject, Bitmask: types.ExcludesValue{Value: "2"}}, "ErrorUnsupportedPathForQuery"},
		"excludes, bad mask":  {&types.Excludes{Path: &tag, Bitmask: types.ExcludesValue{Value: "0x"}}, "ErrorInvalidExcludesRestriction"},
		"and":                 {&types.And{SearchExpressions: []types.SearchExpression{eq(size, "200"), eq(uri("item:Importance"), "High")}}, "beta"},
		"and, one fails":      {&types.And{SearchExpressions: []types.SearchExpression{eq(size, "200"), eq(uri("item:Importance"), "Low")}}, ""},
		"or":                  {&types.Or{SearchExpressions: []types.SearchExpression{eq(size, "200"), eq(uri("item:Importance"), "Low")}}, "Alpha beta"},
		"not":                 {not(&types.Or{SearchExpressions: []types.SearchExpression{eq(size, "200"), eq(uri("item:Importance"), "Low")}}), "Gamma-Ray contact task"},
		"two fields": {&types.IsEqualTo{Path: uri("task:StartDate"), FieldURIOrConstant: types.FieldURIOrConstant{Path: uri("task:DueDate")}},
			"task"},
		"two fields, numbers": {&types.IsNotEqualTo{Path: &tag, FieldURIOrConstant: types.FieldURIOrConstant{Path: size}}, "Alpha beta Gamma-Ray contact task"},
		"two fields, integer and real": {&types.IsGreaterThan{Path: &tag, FieldURIOrConstant: types.FieldURIOrConstant{Path: &real}},
			"Alpha beta"},
		"two fields of different types": {&types.IsEqualTo{Path: subject, FieldURIOrConstant: types.FieldURIOrConstant{Path: size}},
			"ErrorInvalidValueForProperty"},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			m := c.find(&messages.FindItemRequest{Restriction: test.e, SortOrder: []types.FieldOrder{field.Item.DateTimeCreated.Asc().FieldOrder()}})
			got := strings.ReplaceAll(subjects(m.RootFolder.Items), "Gamma Ray", "Gamma-Ray")
			if m.ResponseCode != messages.NoError {
				got = string(m.ResponseCode)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestRestrictionTooLong(t *testing.T) {
	c := newClient(t)
	or := &types.Or{}
	for range maxNodes - 1 {
		or.SearchExpressions = append(or.SearchExpressions, eq(uri("item:Subject"), "x"))
	}
	if m := c.find(&messages.FindItemRequest{Restriction: or}); m.ResponseCode != messages.NoError {
		t.Errorf("%d nodes: %s", maxNodes, m.ResponseCode)
	}
	if m := c.find(&messages.FindItemRequest{Restriction: not(or)}); m.ResponseCode != messages.ErrorRestrictionTooLong {
		t.Errorf("%d nodes: %s", maxNodes+1, m.ResponseCode)
	}
}
