package validate

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// builtIn is a simple type of XML Schema itself.
type builtIn struct {
	base    string // the built-in it is derived from
	code    string // name of the type in violations
	format  string // name of the value's kind in violations
	space   space
	numeric bool
	valid   func(string) bool // nil: any string
	min     string            // bounds of a numeric type, "" for none
	max     string
	octets  func(string) int // length where it is not that of the text
}

// check returns why value, white space treated, is not of the type.
func (b *builtIn) check(value string) string {
	if b.valid != nil && !b.valid(value) {
		return b.unreadable(value)
	}
	if b.min != "" {
		if c, _ := compareNumbers(value, b.min); c < 0 {
			return b.outside(value)
		}
	}
	if b.max != "" {
		if c, _ := compareNumbers(value, b.max); c > 0 {
			return b.outside(value)
		}
	}
	return ""
}

func (b *builtIn) unreadable(value string) string {
	return "The string '" + cut(value) + "' is not a valid " + b.format + " value."
}

// outside is the reason for a number out of the range of its type. The types
// that are machine integers are read whole or not at all.
func (b *builtIn) outside(value string) string {
	if b.format != "Integer" {
		return b.unreadable(value)
	}
	return "Value '" + cut(value) + "' was either too large or too small for " + b.code + "."
}

var (
	decimalRE  = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)
	integerRE  = regexp.MustCompile(`^[+-]?[0-9]+$`)
	unsignedRE = regexp.MustCompile(`^[0-9]+$`) // the unsigned machine integers have no sign, + included
	doubleRE   = regexp.MustCompile(`^([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([Ee][+-]?[0-9]+)?|-?INF|NaN)$`)
	durationRE = regexp.MustCompile(`^-?P([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?$`)
	dateRE     = regexp.MustCompile(`^(-?(?:[1-9][0-9]{3,}|0[0-9]{3}))-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?$`)
	timeRE     = regexp.MustCompile(`^([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?$`)
	languageRE = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)
	hexRE      = regexp.MustCompile(`^([0-9a-fA-F]{2})*$`)
	nameRE     = regexp.MustCompile(`^[\pL_:][\pL\pN_:.\-\pM]*$`)
	ncNameRE   = regexp.MustCompile(`^[\pL_][\pL\pN_.\-\pM]*$`)
	nmTokenRE  = regexp.MustCompile(`^[\pL\pN_:.\-\pM]+$`)
	escapeRE   = regexp.MustCompile(`%([^0-9a-fA-F]|.[^0-9a-fA-F]|.?$)`)
)

var builtins = map[string]*builtIn{
	"anySimpleType":      {code: "AnySimpleType"},
	"string":             {base: "anySimpleType", code: "String"},
	"normalizedString":   {base: "string", code: "NormalizedString", space: replace},
	"token":              {base: "normalizedString", code: "Token", space: collapse},
	"language":           {base: "token", code: "Language", format: "Language", space: collapse, valid: languageRE.MatchString},
	"Name":               {base: "token", code: "Name", format: "Name", space: collapse, valid: nameRE.MatchString},
	"NCName":             {base: "Name", code: "NCName", format: "NCName", space: collapse, valid: ncNameRE.MatchString},
	"ID":                 {base: "NCName", code: "Id", format: "NCName", space: collapse, valid: ncNameRE.MatchString},
	"NMTOKEN":            {base: "token", code: "NmToken", format: "NmToken", space: collapse, valid: nmTokenRE.MatchString},
	"QName":              {base: "anySimpleType", code: "QName", format: "QName", space: collapse, valid: isQName},
	"anyURI":             {base: "anySimpleType", code: "AnyUri", format: "Uri", space: collapse, valid: isURI},
	"boolean":            {base: "anySimpleType", code: "Boolean", format: "Boolean", space: collapse, valid: isBoolean},
	"base64Binary":       {base: "anySimpleType", code: "Base64Binary", format: "Base64Binary", space: collapse, valid: isBase64, octets: base64Octets},
	"hexBinary":          {base: "anySimpleType", code: "HexBinary", format: "HexBinary", space: collapse, valid: hexRE.MatchString, octets: func(s string) int { return len(s) / 2 }},
	"float":              {base: "anySimpleType", code: "Float", format: "Single", space: collapse, numeric: true, valid: doubleRE.MatchString},
	"double":             {base: "anySimpleType", code: "Double", format: "Double", space: collapse, numeric: true, valid: doubleRE.MatchString},
	"duration":           {base: "anySimpleType", code: "Duration", format: "Duration", space: collapse, valid: isDuration},
	"dateTime":           {base: "anySimpleType", code: "DateTime", format: "DateTime", space: collapse, valid: isDateTime},
	"date":               {base: "anySimpleType", code: "Date", format: "Date", space: collapse, valid: isDate},
	"time":               {base: "anySimpleType", code: "Time", format: "Time", space: collapse, valid: isTime},
	"decimal":            {base: "anySimpleType", code: "Decimal", format: "Decimal", space: collapse, numeric: true, valid: decimalRE.MatchString},
	"integer":            integral("decimal", "Integer", "Integer", "", ""),
	"nonPositiveInteger": integral("integer", "NonPositiveInteger", "Integer", "", "0"),
	"negativeInteger":    integral("nonPositiveInteger", "NegativeInteger", "Integer", "", "-1"),
	"nonNegativeInteger": integral("integer", "NonNegativeInteger", "Integer", "0", ""),
	"positiveInteger":    integral("nonNegativeInteger", "PositiveInteger", "Integer", "1", ""),
	"long":               integral("integer", "Long", "Int64", "-9223372036854775808", "9223372036854775807"),
	"int":                integral("long", "Int", "Int32", "-2147483648", "2147483647"),
	"short":              integral("int", "Short", "Int16", "-32768", "32767"),
	"byte":               integral("short", "Byte", "SByte", "-128", "127"),
	"unsignedLong":       integral("nonNegativeInteger", "UnsignedLong", "UInt64", "0", "18446744073709551615"),
	"unsignedInt":        integral("unsignedLong", "UnsignedInt", "UInt32", "0", "4294967295"),
	"unsignedShort":      integral("unsignedInt", "UnsignedShort", "UInt16", "0", "65535"),
	"unsignedByte":       integral("unsignedShort", "UnsignedByte", "Byte", "0", "255"),
}

func integral(base, code, format, low, high string) *builtIn {
	valid := integerRE.MatchString
	if low == "0" && high != "" {
		valid = unsignedRE.MatchString
	}
	return &builtIn{base: base, code: code, format: format, space: collapse, numeric: true,
		valid: valid, min: low, max: high}
}

func builtin(name string) *simple {
	b := builtins[name]
	s := newSimple()
	s.prim, s.space = b, b.space
	return s
}

func isBoolean(s string) bool { return s == "true" || s == "false" || s == "1" || s == "0" }

func isQName(s string) bool {
	prefix, local, ok := strings.Cut(s, ":")
	if !ok {
		return ncNameRE.MatchString(s)
	}
	return ncNameRE.MatchString(prefix) && ncNameRE.MatchString(local)
}

// isURI is lenient, as everyone is with xs:anyURI: only a broken escape and
// characters that no reference can have are refused.
func isURI(s string) bool {
	return utf8.ValidString(s) && !escapeRE.MatchString(s) && strings.Count(s, "#") <= 1
}

func isDuration(s string) bool {
	return durationRE.MatchString(s) && !strings.HasSuffix(s, "P") && !strings.HasSuffix(s, "T")
}

func isDateTime(s string) bool {
	m := dateRE.FindStringSubmatch(s)
	return m != nil && m[4] != "" && isDay(m[1], m[2], m[3]) && isClock(m[4], m[5], m[6], m[7]) && isZone(m[8])
}

func isDate(s string) bool {
	m := dateRE.FindStringSubmatch(s)
	return m != nil && m[4] == "" && isDay(m[1], m[2], m[3]) && isZone(m[8])
}

func isTime(s string) bool {
	m := timeRE.FindStringSubmatch(s)
	return m != nil && isClock(m[1], m[2], m[3], m[4]) && isZone(m[5])
}

func isDay(year, month, day string) bool {
	if strings.TrimLeft(year, "-0") == "" {
		return false // there is no year 0
	}
	m, d := number(month), number(day)
	if m < 1 || m > 12 || d < 1 {
		return false
	}
	limit := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
	if m == 2 && isLeap(year) {
		limit = 29
	}
	return d <= limit
}

// isLeap looks at the last four digits, which decide: 10,000 is a multiple of
// 400.
func isLeap(year string) bool {
	y := number(year[len(year)-4:])
	return y%4 == 0 && (y%100 != 0 || y%400 == 0)
}

func isClock(hour, minute, second, fraction string) bool {
	h, m, s := number(hour), number(minute), number(second)
	if h == 24 {
		return m == 0 && s == 0 && strings.Trim(fraction, ".0") == ""
	}
	return h < 24 && m < 60 && s < 60
}

func isZone(z string) bool {
	if z == "" || z == "Z" {
		return true
	}
	h, m := number(z[1:3]), number(z[4:6])
	return h < 14 && m < 60 || h == 14 && m == 0
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func isBase64(s string) bool {
	if strings.IndexFunc(s, isSpace) >= 0 {
		s = strings.Join(strings.FieldsFunc(s, isSpace), "")
	}
	if len(s)%4 != 0 {
		return false
	}
	var buf [768]byte
	for len(s) > 1024 {
		if n, err := base64.StdEncoding.Strict().Decode(buf[:], []byte(s[:1024])); err != nil || n != 768 {
			return false
		}
		s = s[1024:]
	}
	_, err := base64.StdEncoding.Strict().Decode(buf[:], []byte(s))
	return err == nil
}

func base64Octets(s string) int {
	n := 0
	for i := range len(s) {
		if c := s[i]; c != '=' && !isSpace(rune(c)) {
			n++
		}
	}
	return n * 3 / 4
}

// canonicalNumber returns a form in which equal decimal numbers are equal.
func canonicalNumber(s string) string {
	if strings.ContainsAny(s, "EeIN") {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
		return s
	}
	neg, whole, frac := splitNumber(s)
	if frac != "" {
		whole += "." + frac
	}
	if neg {
		return "-" + whole
	}
	return whole
}

func splitNumber(s string) (neg bool, whole, frac string) {
	neg = strings.HasPrefix(s, "-")
	s = strings.TrimLeft(s, "+-")
	whole, frac, _ = strings.Cut(s, ".")
	whole, frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	return neg && whole+frac != "", whole, frac
}

// compareNumbers compares two numbers of any length; ok is false if one is no
// number (NaN).
func compareNumbers(a, b string) (c int, ok bool) {
	if strings.ContainsAny(a+b, "EeIN") {
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		if errX != nil && x == 0 || errY != nil && y == 0 || x != x || y != y {
			return 0, false
		}
		return cmp.Compare(x, y), true
	}
	negA, wholeA, fracA := splitNumber(a)
	negB, wholeB, fracB := splitNumber(b)
	if negA != negB {
		if negA {
			return -1, true
		}
		return 1, true
	}
	if c = cmp.Compare(len(wholeA), len(wholeB)); c == 0 {
		c = strings.Compare(wholeA+"."+fracA, wholeB+"."+fracB)
	}
	if negA {
		c = -c
	}
	return c, true
}
