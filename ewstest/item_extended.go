package ewstest

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// propertySets are the GUIDs of the property sets that have a name.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri
var propertySets = map[types.DistinguishedPropertySet]string{
	types.DistinguishedPropertySetMeeting:           "6ed8da90-450b-101b-98da-00aa003f1305",
	types.DistinguishedPropertySetAppointment:       "00062002-0000-0000-c000-000000000046",
	types.DistinguishedPropertySetCommon:            "00062008-0000-0000-c000-000000000046",
	types.DistinguishedPropertySetPublicStrings:     "00020329-0000-0000-c000-000000000046",
	types.DistinguishedPropertySetAddress:           "00062004-0000-0000-c000-000000000046",
	types.DistinguishedPropertySetInternetHeaders:   "00020386-0000-0000-c000-000000000046",
	types.DistinguishedPropertySetCalendarAssistant: "11000e07-b51b-40d6-af21-caa85edab1d0",
	types.DistinguishedPropertySetUnifiedMessaging:  "4442858e-a9e3-4e80-b900-317a210cc15b",
	types.DistinguishedPropertySetTask:              "00062003-0000-0000-c000-000000000046",
	types.DistinguishedPropertySetSharing:           "00062040-0000-0000-c000-000000000046",
}

// samePath reports whether a and b name the same extended property, however
// they name its property set.
func samePath(a, b types.PathToExtendedField) bool {
	for _, p := range []*types.PathToExtendedField{&a, &b} {
		if g := propertySets[p.DistinguishedPropertySetID]; g != "" {
			p.DistinguishedPropertySetID, p.PropertySetID = "", g
		}
	}
	return field.SamePath(a, b)
}

// checkExtendedPath reports whether the attributes of an extended property's
// path go together: a tag alone, or a property set with a name or a number.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri
func checkExtendedPath(p *types.PathToExtendedField) error {
	byTag, byName := p.PropertyTag != "", p.PropertyName != ""
	byID := p.Present&types.PathToExtendedFieldHasPropertyID != 0
	bySet := p.DistinguishedPropertySetID != "" || p.PropertySetID != ""
	switch {
	case p.DistinguishedPropertySetID != "" && p.PropertySetID != "", byTag && (bySet || byName || byID), !byTag && (!bySet || byName == byID):
		return propFailure(messages.ErrorInvalidExtendedProperty, p)
	}
	switch p.PropertyType {
	case types.MapiPropertyTypeObject, types.MapiPropertyTypeObjectArray, types.MapiPropertyTypeError, types.MapiPropertyTypeNull:
		return propFailure(messages.ErrorUnsupportedMapiPropertyType, p)
	}
	if byTag {
		n, err := strconv.ParseUint(p.PropertyTag, 0, 16)
		switch {
		case err != nil:
			return propFailure(messages.ErrorInvalidExtendedProperty, p)
		case n >= 0x8000:
			return propFailure(messages.ErrorNoPropertyTagForCustomProperties, p)
		}
	}
	return nil
}

// checkExtendedList returns the extended properties of an object in a request
// with their values in the form that Exchange gives them back.
func checkExtendedList(list []types.ExtendedProperty, loc *time.Location) ([]types.ExtendedProperty, error) {
	out := make([]types.ExtendedProperty, 0, len(list))
	for _, e := range list {
		if err := checkExtendedPath(&e.ExtendedFieldURI); err != nil {
			return nil, err
		}
		n, err := normalExtended(e, loc)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o types.ExtendedProperty) bool { return samePath(o.ExtendedFieldURI, e.ExtendedFieldURI) }) {
			return nil, propFailure(messages.ErrorInvalidExtendedProperty, &e.ExtendedFieldURI)
		}
		out = append(out, n)
	}
	return out, nil
}

// normalExtended checks the value of an extended property against its type.
func normalExtended(e types.ExtendedProperty, loc *time.Location) (types.ExtendedProperty, error) {
	one, array := strings.CutSuffix(string(e.ExtendedFieldURI.PropertyType), "Array")
	bad := propFailure(messages.ErrorInvalidExtendedPropertyValue, &e.ExtendedFieldURI)
	single := e.Value != "" || e.Present&types.ExtendedPropertyHasValue != 0
	if array == single {
		return e, bad
	}
	if !array {
		v, ok := normalMapi(types.MapiPropertyType(one), e.Value, loc)
		if !ok {
			return e, bad
		}
		e.Value, e.Present = v, e.Present|types.ExtendedPropertyHasValue
		return e, nil
	}
	values := make([]string, len(e.Values))
	for i, s := range e.Values {
		v, ok := normalMapi(types.MapiPropertyType(one), s, loc)
		if !ok {
			return e, bad
		}
		values[i] = v
	}
	e.Values = values
	return e, nil
}

// normalMapi returns a value of a MAPI type in the form that Exchange writes.
func normalMapi(t types.MapiPropertyType, s string, loc *time.Location) (string, bool) {
	num := strings.TrimSpace(s)
	integer := func(bits int) (string, bool) {
		n, err := strconv.ParseInt(num, 10, bits)
		return strconv.FormatInt(n, 10), err == nil
	}
	switch t {
	case types.MapiPropertyTypeBoolean:
		b, err := strconv.ParseBool(strings.ToLower(num))
		return strconv.FormatBool(b), err == nil
	case types.MapiPropertyTypeShort:
		return integer(16)
	case types.MapiPropertyTypeInteger:
		return integer(32)
	case types.MapiPropertyTypeLong, types.MapiPropertyTypeCurrency:
		return integer(64)
	case types.MapiPropertyTypeDouble, types.MapiPropertyTypeApplicationTime:
		f, err := strconv.ParseFloat(num, 64)
		return strconv.FormatFloat(f, 'G', -1, 64), err == nil && !math.IsNaN(f)
	case types.MapiPropertyTypeFloat:
		f, err := strconv.ParseFloat(num, 32)
		return strconv.FormatFloat(f, 'G', -1, 32), err == nil && !math.IsNaN(f)
	case types.MapiPropertyTypeBinary:
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
		return base64.StdEncoding.EncodeToString(b), err == nil
	case types.MapiPropertyTypeCLSID:
		g := strings.ToLower(strings.Trim(num, "{}"))
		return g, len(g) == 36 && strings.Count(g, "-") == 4
	case types.MapiPropertyTypeSystemTime:
		return normalTime(num, loc)
	}
	return s, true
}

func normalTime(s string, loc *time.Location) (string, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		t, err := time.ParseInLocation(layout, s, loc)
		if err == nil {
			return t.UTC().Format("2006-01-02T15:04:05Z"), true
		}
	}
	return "", false
}

// setExtended sets an extended property of v to the value that src has for it.
func (c *call) setExtended(v types.Properties, path *types.PathToExtendedField, src types.Properties) error {
	return setExtendedIn(v, path, src, c.location())
}

// setExtended is call.setExtended with times without a zone in UTC.
func setExtended(v types.Properties, path *types.PathToExtendedField, src types.Properties) error {
	return setExtendedIn(v, path, src, time.UTC)
}

func setExtendedIn(v types.Properties, path *types.PathToExtendedField, src types.Properties, loc *time.Location) error {
	if err := checkExtendedPath(path); err != nil {
		return err
	}
	list, from := v.ExtendedPtr(), src.ExtendedPtr()
	if list == nil || from == nil || len(*from) != 1 {
		return propFailure(messages.ErrorUpdatePropertyMismatch, path)
	}
	e, err := normalExtended((*from)[0], loc)
	if err != nil {
		return err
	}
	*list = append(withoutExtended(*list, path), e)
	return nil
}

func deleteExtended(v types.Properties, path *types.PathToExtendedField) error {
	if err := checkExtendedPath(path); err != nil {
		return err
	}
	if list := v.ExtendedPtr(); list != nil {
		*list = withoutExtended(*list, path)
	}
	return nil
}

// withoutExtended returns a new list without the property.
func withoutExtended(list []types.ExtendedProperty, path *types.PathToExtendedField) []types.ExtendedProperty {
	out := make([]types.ExtendedProperty, 0, len(list)+1)
	for _, e := range list {
		if !samePath(e.ExtendedFieldURI, *path) {
			out = append(out, e)
		}
	}
	return out
}

// extended puts an extended property that is asked for.
func (s *shaper) extended(path *types.PathToExtendedField) error {
	if err := checkExtendedPath(path); err != nil {
		return err
	}
	list, out := s.full.ExtendedPtr(), s.out.ExtendedPtr()
	if list == nil || out == nil {
		return nil
	}
	n := slices.IndexFunc(*list, func(e types.ExtendedProperty) bool { return samePath(e.ExtendedFieldURI, *path) })
	var e types.ExtendedProperty
	if n >= 0 {
		e = (*list)[n]
	} else if v, ok := s.mapi(path); ok {
		e = v
	} else {
		return nil
	}
	e.ExtendedFieldURI = *path
	if s.found && path.PropertyType == types.MapiPropertyTypeString {
		e.Value = cutText(e.Value)
	}
	*out = append(*out, e)
	return nil
}
