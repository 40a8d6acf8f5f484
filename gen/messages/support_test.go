package messages_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func TestCheckRequest(t *testing.T) {
	create := func(item types.Item) messages.Message {
		return &messages.CreateItemRequest{Items: []types.Item{item}}
	}
	find := func(path types.UnindexedFieldURI) messages.Message {
		return &messages.FindItemRequest{
			Traversal:       types.ItemQueryTraversalShallow,
			ItemShape:       types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly, AdditionalProperties: []types.Path{&types.PathToUnindexedField{FieldURI: path}}},
			ParentFolderIDs: []types.BaseFolderID{&types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameInbox}},
		}
	}
	folder := func(id types.DistinguishedFolderIDName) messages.Message {
		return &messages.GetFolderRequest{FolderShape: types.FolderResponseShape{BaseShape: types.DefaultShapeNamesIDOnly},
			FolderIDs: []types.BaseFolderID{&types.DistinguishedFolderID{ID: id}}}
	}
	old := types.ExchangeVersionExchange2010SP2
	for _, tt := range []struct {
		name   string
		server messages.Server
		op     *messages.Operation
		req    messages.Message
		want   string // the error; empty if there is none
	}{
		{"nothing new", messages.Server{Version: types.ExchangeVersionExchange2007SP1}, messages.OpFindItem, find("item:Subject"), ""},
		{"version not known", messages.Server{}, messages.OpArchiveItem, &messages.ArchiveItemRequest{}, ""},
		{"operation", messages.Server{Version: old}, messages.OpArchiveItem, &messages.ArchiveItemRequest{},
			"messages: operation ArchiveItem needs Exchange2013, the server is Exchange2010_SP2"},
		{"operation that is gone", messages.Server{Version: types.ExchangeVersionV20170711}, messages.OpGetClientExtension, &messages.GetClientExtensionRequest{},
			"messages: operation GetClientExtension was last in Exchange2013_SP1, the server is V2017_07_11"},
		{"element", messages.Server{Version: old}, messages.OpCreateItem, create(&types.CalendarItem{EnhancedLocation: types.EnhancedLocation{DisplayName: "x"}}),
			"messages: element EnhancedLocation in CreateItem/Items/CalendarItem needs Exchange2013, the server is Exchange2010_SP2"},
		{"the same, new enough", messages.Server{Version: types.ExchangeVersionExchange2013}, messages.OpCreateItem, create(&types.CalendarItem{EnhancedLocation: types.EnhancedLocation{DisplayName: "x"}}), ""},
		{"property path", messages.Server{Version: old}, messages.OpFindItem, find("calendar:EnhancedLocation"),
			"messages: value calendar:EnhancedLocation in FindItem/ItemShape/AdditionalProperties/FieldURI/@FieldURI needs Exchange2013, the server is Exchange2010_SP2"},
		{"attribute", messages.Server{Version: old}, messages.OpDeleteItem, &messages.DeleteItemRequest{DeleteType: types.DisposalHardDelete, SuppressReadReceipts: true, ItemIDs: []types.BaseItemID{&types.ItemID{ID: "x"}}},
			"messages: attribute SuppressReadReceipts in DeleteItem needs Exchange2013, the server is Exchange2010_SP2"},
		{"value", messages.Server{Version: types.ExchangeVersionExchange2007SP1}, messages.OpGetFolder, folder(types.DistinguishedFolderIDNameArchiveroot),
			"messages: value archiveroot in GetFolder/FolderIds/DistinguishedFolderId/@Id needs Exchange2010_SP1, the server is Exchange2007_SP1"},
		{"online", messages.Server{OnPremises: true}, messages.OpMarkAsPhishing, &messages.MarkAsPhishingRequest{},
			"messages: operation MarkAsPhishing is there in Exchange Online only"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := messages.CheckRequest(tt.server, tt.op, tt.req)
			got := ""
			if err != nil {
				got = err.Error()
				var u *messages.UnsupportedError
				if !errors.As(err, &u) || !errors.Is(err, errors.ErrUnsupported) || u.Server != tt.server || u.Support.Since == "" {
					t.Errorf("%#v", err)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	s := messages.Server{Version: types.ExchangeVersionExchange2010}
	const ns = ` xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"`
	envelope := func(body string) string {
		return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"` + ns + `><s:Header/><s:Body>` + body + `</s:Body></s:Envelope>`
	}
	for _, tt := range []struct{ name, doc, want string }{
		{"envelope", envelope(`<m:ArchiveItem/>`), "ArchiveItem needs"},
		{"element", `<m:ArchiveItem` + ns + `/>`, "ArchiveItem needs"},
		{"no operation", envelope(`<m:Bogus/>`), ""},
		{"empty body", envelope(``), ""},
		{"no body", `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>`, ""},
		{"no XML", "hello", "wire"},
		{"cut short", `<m:GetItem` + ns + `><m:ItemShape>`, "wire"},
		{"nothing", "", "wire"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := messages.Check(s, []byte(tt.doc))
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestOperations holds what operations say of themselves against the table that
// Check reads.
func TestOperations(t *testing.T) {
	for _, op := range messages.Operations() {
		for _, v := range []types.ExchangeVersion{types.ExchangeVersionExchange2007SP1, types.ExchangeVersionExchange2013, types.ExchangeVersionV20170711} {
			err := messages.Check(messages.Server{Version: v}, []byte(`<m:`+strings.TrimPrefix(op.Request, "m:")+` xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"/>`))
			if op.Support().By(v) != (err == nil) {
				t.Errorf("%s in %s: %v, but %v", op.Name, v, op.Support(), err)
			}
		}
	}
}
