// Package types is what is wanted of in.xsd.
package types

import "github.com/seed-1937cc67/goews/internal/wire"

type (
	Raw      = wire.Raw
	Bits     = wire.Bits
	Presence = wire.Presence
	Duration string
)
