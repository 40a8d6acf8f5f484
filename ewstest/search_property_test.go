package ewstest

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/gen/types"
)

// TestComputed holds the table computed against fullItem: what is not in the
// table must be a copy of what is stored, for a search looks there.
func TestComputed(t *testing.T) {
	c := newClient(t)
	k := &call{srv: c.srv, store: c.srv.store, user: c.srv.store.boxes[0], version: c.srv.cfg.Version}
	voc, err := itemVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range c.put("inbox", corpus()...) {
		for uri, get := range computed {
			want := voc.property(uri).values(&row{c: k, loc: time.UTC, full: k.fullItem(i)})
			if got := get(i, nil); !cmp.Equal(want, got, cmp.AllowUnexported(value{})) {
				t.Errorf("%s is %v in fullItem, %v to a search", uri, want, got)
			}
		}
		stored, full := i.data.(types.Properties), k.fullItem(i)
		for _, p := range classOf(full).props {
			if computed[p.URI] != nil || unsearchable[p.URI] {
				continue
			}
			a, b := stored.PropertyPtr(p.Bit), full.PropertyPtr(p.Bit)
			if a == nil || b == nil {
				continue
			}
			if has(stored, p) != has(full, p) || !cmp.Equal(reflect.ValueOf(a).Elem().Interface(), reflect.ValueOf(b).Elem().Interface()) {
				t.Errorf("fullItem computes %s of %T: add it to the table computed in search_property.go", p.URI, stored)
			}
		}
	}
}

// TestEnumerations checks that the contract has the values of each property
// that has an enumeration's type.
func TestEnumerations(t *testing.T) {
	voc, err := itemVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{
		"item:Importance", "item:Sensitivity", "calendar:LegacyFreeBusyStatus", "calendar:MyResponseType",
		"contacts:FileAsMapping", "contacts:PostalAddressIndex", "item:Flag", "meetingRequest:MeetingRequestType", "item:IconIndex",
	} {
		if s := voc.specs[uri]; s.typ != enumType || len(s.enum) < 2 {
			t.Errorf("%s is searched as %s with values %q", uri, s.typ, s.enum)
		}
	}
}

// TestVocabulary: a property that several classes have is searched in one way.
func TestVocabulary(t *testing.T) {
	schema, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	voc, err := itemVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range itemClasses {
		for _, p := range classOf(v).props {
			ptr := v.PropertyPtr(p.Bit)
			if ptr == nil {
				continue
			}
			have, want := specOf(reflect.TypeOf(ptr).Elem(), schema), voc.specs[p.URI]
			if have.typ == want.typ && have.list == want.list || have.typ == textType && want.typ == enumType {
				continue
			}
			t.Errorf("%s is searched as %s, but in %T it is %s", p.URI, want.typ, v, have.typ)
		}
	}
}
