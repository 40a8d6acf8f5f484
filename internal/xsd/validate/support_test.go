package validate

import (
	"bytes"
	"errors"
	"testing"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/schemas"
)

// TestSupport holds the table of what a version knows of a request
// (messages.Check) against the schema as of that version: a valid request is
// found lacking if and only if it is not valid for the version.
func TestSupport(t *testing.T) {
	s, err := xsd.Read(schemas.FS, "types.xsd", "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(s, seed(t))
	versions := []types.ExchangeVersion{
		types.ExchangeVersionExchange2007SP1, types.ExchangeVersionExchange2010, types.ExchangeVersionExchange2010SP1,
		types.ExchangeVersionExchange2010SP2, types.ExchangeVersionExchange2013, types.ExchangeVersionExchange2013SP1,
		types.ExchangeVersionV20161010, types.ExchangeVersionV20170711,
	}
	compared, lacking, wrong := 0, 0, 0
	for _, op := range messages.Operations() {
		e := s.Elements[xsd.Name{Space: xsd.Messages, Local: op.Request[len("m:"):]}]
		for range 10 {
			g.size = 25
			doc := g.element(e, 8).document()
			if v.Element(doc, Options{}) != nil || bytes.Contains(doc, []byte("xsi:type")) {
				continue // a limit of the generator; types that no program names
			}
			for _, version := range versions {
				want := v.Element(doc, Options{Version: string(version)})
				var got *messages.UnsupportedError
				err := messages.Check(messages.Server{Version: version}, doc)
				if err != nil && !errors.As(err, &got) {
					t.Fatal(err)
				}
				if got != nil && !version.Before(got.Support.Since) {
					continue // gone since, which the validator does not look at
				}
				if got != nil {
					lacking++
				}
				compared++
				if (want == nil) == (got == nil) {
					continue
				}
				if wrong++; wrong < 8 {
					t.Errorf("%s as of %s:\n  table: %v\n  validator: %v\n%s", op.Name, version, got, want, doc)
				}
			}
		}
	}
	t.Logf("%d verdicts compared, %d parts lacking, %d wrong", compared, lacking, wrong)
	if compared < 4000 || lacking < compared/20 || lacking > compared-compared/20 {
		t.Error("nothing to tell apart")
	}
}
