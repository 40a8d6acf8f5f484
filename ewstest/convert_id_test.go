package ewstest_test

import (
	"fmt"
	"html"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
)

var idFormats = []string{"EwsLegacyId", "EwsId", "EntryId", "HexEntryId", "StoreId", "OwaId"}

func convertBody(to string, ids ...string) string {
	s := `<m:ConvertId DestinationFormat="` + to + `"><m:SourceIds>`
	for _, id := range ids {
		s += id
	}
	return s + `</m:SourceIds></m:ConvertId>`
}

func alternateID(format, id, mailbox string) string {
	return fmt.Sprintf(`<t:AlternateId Format="%s" Id="%s" Mailbox="%s"/>`, format, html.EscapeString(id), mailbox)
}

func TestConvertID(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(1)
	folder := call(t, s, "Exchange2016", getInbox).ok().root.find("FolderId")[0].attr("Id")
	seen := map[string]string{}
	for _, from := range idFormats {
		source := call(t, s, "Exchange2016", convertBody(from, alternateID("EwsId", folder, s.Address(0)))).ok().root.find("AlternateId")[0].attr("Id")
		// An OwaId is an EwsLegacyId, escaped for a URL where it needs to be.
		if other, ok := seen[source]; ok && from != "OwaId" {
			t.Errorf("%s and %s are the same: %s", from, other, source)
		}
		seen[source] = from
		for _, to := range idFormats {
			a := call(t, s, "Exchange2016", convertBody(to, alternateID(from, source, s.Address(0)))).ok().root.find("AlternateId")[0]
			if a.attr("Format") != to || a.attr("Mailbox") != s.Address(0) {
				t.Errorf("from %s to %s: %+v", from, to, a)
			}
			back := call(t, s, "Exchange2016", convertBody("EwsId", alternateID(to, a.attr("Id"), s.Address(0)))).ok().root.find("AlternateId")[0]
			if got := back.attr("Id"); got != folder {
				t.Errorf("from %s to %s and back: %s, want %s", from, to, got, folder)
			}
		}
	}
}

func TestConvertIDRefuses(t *testing.T) {
	s := ewstest.New(t)
	good := call(t, s, "Exchange2016", getInbox).ok().root.find("FolderId")[0].attr("Id")
	var ids []string
	var want []string
	for _, f := range idFormats {
		for _, id := range []string{"DUMMY", "", "AAAA", "zz%zz"} {
			ids = append(ids, alternateID(f, id, s.Address(0)))
			want = append(want, string(messages.ErrorInvalidIDMalformed))
		}
	}
	ids = append(ids, alternateID("EwsId", good, "nobody@example.com"), alternateID("EwsId", good, s.Address(1)))
	want = append(want, string(messages.ErrorNonExistentMailbox), string(messages.NoError))
	ids = append(ids, `<t:AlternatePublicFolderId Format="EwsId" FolderId="AAAA"/>`)
	want = append(want, string(messages.ErrorInvalidIDMalformed))
	if diff := cmp.Diff(want, call(t, s, "Exchange2016", convertBody("EntryId", ids...)).codes()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
