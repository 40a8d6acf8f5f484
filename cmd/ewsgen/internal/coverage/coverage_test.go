package coverage

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

func op(name, element string, v xsd.Versions) *plan.Op {
	return &plan.Op{Go: name, Operation: wsdl.Operation{Name: name, Request: xsd.Name{Space: xsd.Messages, Local: element}, Versions: v}}
}

func TestRead(t *testing.T) {
	tree := fstest.MapFS{}
	for name, text := range map[string]string{
		"gen/messages/op_find_item_gen.go": "package messages\nfunc (c Client) FindItem() {}\nfunc (c *FindItemRequest) GetItem() {}",
		"gen/messages/op_get_item_gen.go":  "package messages\nfunc (c Client) GetItem() {}",
		"gen/messages/op_ping_gen.go":      "package messages\nfunc (c Client) Ping() {}",
		"orm/query.go":                     "package orm\nfunc f() { q.acct.call.FindItem(ctx, nil); x.GetItem() }",
		"orm/events.go":                    "package orm\nfunc f() { c.Stream(ctx, messages.OpPing) }",
		"orm/query_test.go":                "package orm\nfunc f() { messages.New(c).GetItem(ctx, nil); acct.EWS().GetItem(ctx, nil) }",
		"ewstest/items.go":                 "package ewstest\nfunc f() { handle(h, messages.OpGetItem, reads, f); handle(h, other.Thing, f) }",
		"ewstest/wire_test.go":             "package ewstest\nvar doc = `<m:PingRequest/>`; var v = messages.FindItemRequest{}",
		"ews/client.go":                    "package ews\nvar op = messages.OpFindItem",
	} {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	since := xsd.Versions{Since: "Exchange2010", Until: "Exchange2013", Online: true}
	rows, err := Read(tree, []*plan.Op{op("FindItem", "FindItem", xsd.Versions{}), op("GetItem", "GetItem", since), op("Ping", "PingRequest", xsd.Versions{}), op("Gone", "Gone", xsd.Versions{})})
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{Name: "FindItem", Go: "FindItem", Generated: "gen/messages/op_find_item_gen.go", ORM: []string{"orm/query.go"}, Tests: []string{"ewstest/wire_test.go"}},
		{Name: "GetItem", Go: "GetItem", Versions: since, Generated: "gen/messages/op_get_item_gen.go", Tests: []string{"orm/query_test.go"}, Server: "ewstest/items.go"},
		{Name: "Ping", Go: "Ping", Generated: "gen/messages/op_ping_gen.go", ORM: []string{"orm/events.go"}, Tests: []string{"ewstest/wire_test.go"}},
		{Name: "Gone", Go: "Gone"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	lines := map[string]bool{}
	for _, l := range []string{
		"| FindItem | always | [yes](../gen/messages/op_find_item_gen.go) | 1 | [query.go](../orm/query.go) |  |",
		"| GetItem | since Exchange2010, until Exchange2013, online | [yes](../gen/messages/op_get_item_gen.go) | 1 |  | [items.go](../ewstest/items.go) |",
		"| Gone | always |  |  |  |  |",
		"| generated | 3 |", "| with verbs in orm | 2 |", "| answered by ewstest | 1 |",
	} {
		lines[l] = true
	}
	for l := range strings.SplitSeq(string(Page(rows)), "\n") {
		delete(lines, l)
	}
	for l := range lines {
		t.Errorf("the page lacks %q", l)
	}
	tree["orm/bad.go"] = &fstest.MapFile{Data: []byte("package")}
	if _, err := Read(tree, nil); err == nil {
		t.Error("a file that is no Go passes")
	}
}
