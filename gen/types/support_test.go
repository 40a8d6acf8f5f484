package types_test

import (
	"testing"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

func TestSupports(t *testing.T) {
	for _, tt := range []struct {
		path string
		v    types.ExchangeVersion
		want bool
	}{
		{"item:Subject", types.ExchangeVersionExchange2007SP1, true},
		{"item:Preview", types.ExchangeVersionExchange2010SP2, false},
		{"item:Preview", types.ExchangeVersionExchange2013, true},
		{"item:Preview", "V2030_01_01", true},
		{"item:Preview", "", true},
		{"contacts:PhysicalAddress:City", types.ExchangeVersionExchange2007SP1, true},
		{"item:None", types.ExchangeVersionV20170711, false},
		{"", types.ExchangeVersionV20170711, false},
	} {
		if got := types.Supports(tt.v, tt.path); got != tt.want {
			t.Errorf("%s in %q: %v", tt.path, tt.v, got)
		}
	}
}

func TestValueSupport(t *testing.T) {
	for _, tt := range []struct {
		typ, value string
		since      types.ExchangeVersion
	}{
		{"DistinguishedFolderIdNameType", "inbox", types.ExchangeVersionExchange2007SP1},
		{"DistinguishedFolderIdNameType", "archiveinbox", types.ExchangeVersionExchange2013},
		{"NoType", "x", types.ExchangeVersionExchange2007SP1},
		{"ResponseCodeType", "ErrorItemNotFound", types.ExchangeVersionExchange2007SP1},
	} {
		if got := types.ValueSupport(tt.typ, tt.value); got.Since != tt.since {
			t.Errorf("%s %s: %v", tt.typ, tt.value, got)
		}
	}
}

// TestPropertySupport holds the tables of package field, which say the same
// property by property, against PathSupport.
func TestPropertySupport(t *testing.T) {
	for _, v := range []types.Properties{&types.Message{}, &types.CalendarItem{}, &types.Contact{}, &types.Task{}, &types.MeetingRequest{},
		&types.Folder{}, &types.Persona{}, &types.Conversation{}, &types.Network{}} {
		for _, f := range field.Of(v) {
			s, ok := types.PathSupport(f.URI)
			if !ok {
				t.Errorf("%T: no path %s", v, f.URI)
			}
			if f.Since != "" && s.Since != types.ExchangeVersion(f.Since) && !types.ExchangeVersion(f.Since).Before(s.Since) {
				t.Errorf("%T: %s is since %s, not %s", v, f.URI, f.Since, s.Since)
			}
		}
	}
}
