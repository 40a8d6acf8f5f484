package orm

import (
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// NewAccount returns an account over inv, whose server has the version.
func NewAccount(address string, cfg Config, inv messages.Invoker, version types.ExchangeVersion) *Account {
	return newAccount(address, cfg, inv, func() (types.ExchangeVersion, ews.Build) {
		return version, ews.Build{Major: 15}
	})
}

var (
	Near     = near
	TooLong  = tooLong
	BySize   = bySize[int]
	Findable = findable
)

// FieldURI returns the property that Q takes name for, empty if none.
func FieldURI(class types.Properties, name string) string {
	f, _ := byName(class, name)
	return f.URI
}
