package ewstest

import (
	"strings"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// mapiTypes says how values of MAPI types are searched.
var mapiTypes = map[types.MapiPropertyType]valueType{
	types.MapiPropertyTypeApplicationTime: realType,
	types.MapiPropertyTypeBinary:          binaryType,
	types.MapiPropertyTypeBoolean:         booleanType,
	types.MapiPropertyTypeCLSID:           guidType,
	types.MapiPropertyTypeCurrency:        integerType,
	types.MapiPropertyTypeDouble:          realType,
	types.MapiPropertyTypeFloat:           realType,
	types.MapiPropertyTypeInteger:         integerType,
	types.MapiPropertyTypeLong:            integerType,
	types.MapiPropertyTypeShort:           integerType,
	types.MapiPropertyTypeString:          textType,
	types.MapiPropertyTypeSystemTime:      momentType,
}

// extended resolves the path of an extended property. Its operand is nil if
// values of its type cannot be searched.
func (voc *vocabulary) extended(p *types.PathToExtendedField) (*operand, error) {
	if err := checkExtended(p); err != nil {
		return nil, err
	}
	base, list := strings.CutSuffix(string(p.PropertyType), "Array")
	typ, ok := mapiTypes[types.MapiPropertyType(base)]
	if !ok {
		return nil, nil
	}
	path := *p
	o := &operand{typ: typ, list: list}
	o.add = func(r *row, to []value) []value {
		props := r.stored().ExtendedPtr()
		if props == nil {
			return to
		}
		for i := range *props {
			e := &(*props)[i]
			if !field.SamePath(e.ExtendedFieldURI, path) {
				continue
			}
			if !list {
				return appendParsed(to, typ, e.Value, r)
			}
			for _, s := range e.Values {
				to = appendParsed(to, typ, s, r)
			}
			return to
		}
		return to
	}
	return o, nil
}

func appendParsed(to []value, typ valueType, s string, r *row) []value {
	if v, ok := typ.parse(s, r.loc, nil); ok {
		return append(to, v)
	}
	return to
}

// checkExtended reports whether the attributes of an extended property's path
// go together: a tag alone, or a property set with either a name or a number.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri
func checkExtended(p *types.PathToExtendedField) error {
	byTag := p.PropertyTag != ""
	bySet := p.DistinguishedPropertySetID != "" || p.PropertySetID != ""
	byName := p.PropertyName != ""
	byID := p.Present&types.PathToExtendedFieldHasPropertyID != 0 || p.PropertyID != 0
	switch {
	case p.DistinguishedPropertySetID != "" && p.PropertySetID != "",
		byTag && (bySet || byName || byID),
		!byTag && (!bySet || byName == byID):
		return propFailure(messages.ErrorInvalidExtendedProperty, p)
	}
	return nil
}
