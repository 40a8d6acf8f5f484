package bench

import "encoding/base64"

// xBytes is an xs:base64Binary for encoding/xml.
type xBytes []byte

// UnmarshalText reads base64.
func (x *xBytes) UnmarshalText(b []byte) (err error) {
	*x, err = base64.StdEncoding.AppendDecode(nil, b)
	return err
}

// MarshalText writes base64.
func (x xBytes) MarshalText() ([]byte, error) { return base64.StdEncoding.AppendEncode(nil, x), nil }
