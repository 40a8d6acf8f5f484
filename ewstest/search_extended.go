package ewstest

import (
	"strings"

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
	if err := checkExtendedPath(p); err != nil {
		return nil, err
	}
	base, list := strings.CutSuffix(string(p.PropertyType), "Array")
	typ, ok := mapiTypes[types.MapiPropertyType(base)]
	if !ok {
		return nil, nil
	}
	path := *p
	o := &operand{typ: typ, list: list}
	parse := func(to []value, e *types.ExtendedProperty, r *row) []value {
		if !list {
			return appendParsed(to, typ, e.Value, r)
		}
		for _, s := range e.Values {
			to = appendParsed(to, typ, s, r)
		}
		return to
	}
	alias := voc.alias(p)
	if alias != nil && alias.typ != typ && !(alias.typ.isText() && typ == textType) {
		// The values of both have to be of one type.
		alias = nil
	}
	o.add = func(r *row, to []value) []value {
		if r.folder != nil {
			if e, ok := r.c.extendedOf(r.folder, r.all(), &path); ok {
				to = parse(to, &e, r)
			}
			return to
		}
		if props := r.stored().ExtendedPtr(); props != nil {
			for i := range *props {
				if e := &(*props)[i]; samePath(e.ExtendedFieldURI, path) {
					return parse(to, e, r)
				}
			}
		}
		if alias != nil {
			return alias.add(r, to)
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
