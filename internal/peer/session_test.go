package peer

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// TestPeers lets exchangelib do its work on a server, holds what it sees at
// the end against what orm sees, lets orm do its work, and holds that against
// what exchangelib then sees.
func TestPeers(t *testing.T) {
	needPeer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	s := start(t)
	boxes := s.session(ctx, t)
	t.Run("what exchangelib did", func(t *testing.T) { compare(ctx, t, s, boxes) })
	var done []types.Item
	t.Run("orm", func(t *testing.T) { done = work(ctx, t, s) })
	boxes = s.session(ctx, t, "--read")
	t.Run("what orm did", func(t *testing.T) {
		compare(ctx, t, s, boxes)
		find(t, boxes, done)
	})
}

// compare holds mailboxes as exchangelib sees them against what orm sees.
func compare(ctx context.Context, t *testing.T, s *server, boxes []mailbox) {
	if len(boxes) != 2 {
		t.Fatalf("%d mailboxes", len(boxes))
	}
	for _, b := range boxes {
		a := s.open(ctx, t, b.Address)
		t.Run(b.Address+" folders", func(t *testing.T) { compareFolders(ctx, t, a, b) })
		t.Run(b.Address+" items", func(t *testing.T) { compareItems(ctx, t, a, b) })
	}
}

func compareFolders(ctx context.Context, t *testing.T, a *orm.Account, b mailbox) {
	got := map[string]folder{}
	for f, err := range a.Store().Walk(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		id, ok := f.ID().(*types.FolderID)
		if !ok {
			t.Fatalf("id of %s is a %T", f, f.ID())
		}
		class, unread := f.Class(), f.Unread()
		seen := folder{ID: id.ID, Name: f.Name(), Total: f.Total(), Children: f.ChildCount()}
		if class != "" {
			seen.Class = &class
		}
		seen.Unread = &unread
		path, err := f.AbsolutePath(ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen.Path = path
		got[id.ID] = seen
	}
	want := map[string]folder{}
	for _, f := range b.Folders {
		f.Parent = "" // the path says it
		if f.Path == "/root" {
			continue // walked from, not walked over
		}
		if f.Unread == nil {
			zero := 0
			f.Unread = &zero // calendars have no count of unread items
		}
		want[f.ID] = f
	}
	if len(want) < 11 {
		t.Errorf("exchangelib sees only %d folders", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-exchangelib +orm:\n%s", diff)
	}
}

func compareItems(ctx context.Context, t *testing.T, a *orm.Account, b mailbox) {
	ids := make([]orm.ItemID, len(b.Items))
	for i, seen := range b.Items {
		id, _ := seen["ItemId"].(map[string]any)
		ids[i].ID, _ = id["Id"].(string)
		ids[i].ChangeKey, _ = id["ChangeKey"].(string)
	}
	if len(ids) == 0 {
		t.Fatal("exchangelib sees no items")
	}
	items := fetch(ctx, t, a, ids, b.Items)
	extended, err := a.FetchAll(ctx, ids, properties()...)
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string]int{}
	wrong := map[string][]string{} // what is wrong, and with which items
	fields := 0
	for i, seen := range b.Items {
		if items[i].Err != nil || extended[i].Err != nil {
			t.Errorf("item %d: %v, %v", i, items[i].Err, extended[i].Err)
			continue
		}
		n := treeOf(t, items[i].Value)
		class, _ := seen[""].(string)
		classes[class]++
		if n.XMLName.Local != class {
			t.Errorf("exchangelib sees an item of class %s, orm one of %s", class, n.XMLName.Local)
			continue
		}
		for _, name := range sorted(seen) {
			var d []string
			switch name {
			case "":
				continue
			case "ExtendedProperty":
				d = diffExtended(seen[name], treeOf(t, extended[i].Value))
			case "Attachments":
				d = diffAttachments(ctx, a, seen[name], n.child(name))
			default:
				d = diff(class+"/"+name, seen[name], n.child(name))
			}
			fields++
			for _, w := range d {
				wrong[w] = append(wrong[w], fmt.Sprint(seen["Subject"]))
			}
		}
	}
	t.Logf("%d items, %d fields: %v", len(b.Items), fields, classes)
	names := make([]string, 0, len(wrong))
	for w := range wrong {
		names = append(names, w)
	}
	slices.Sort(names)
	for _, w := range names {
		t.Errorf("%s (%d items, as %s)", w, len(wrong[w]), wrong[w][0])
	}
}

// path is a property by its URI.
type path string

func (p path) Property() types.Path {
	return &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(p)}
}

// classes are the item classes by the element that exchangelib sees.
var classes = map[string]types.Properties{
	"Item": &types.GenericItem{}, "Message": &types.Message{}, "CalendarItem": &types.CalendarItem{}, "Contact": &types.Contact{},
	"DistributionList": &types.DistributionList{}, "Task": &types.Task{}, "PostItem": &types.PostItem{},
	"MeetingRequest": &types.MeetingRequest{}, "MeetingResponse": &types.MeetingResponse{}, "MeetingCancellation": &types.MeetingCancellation{},
	"MeetingMessage": &types.MeetingMessage{},
}

// fetch fetches items with the properties that exchangelib saw in each, by
// their paths: some do not come unless asked for.
func fetch(ctx context.Context, t *testing.T, a *orm.Account, ids []orm.ItemID, seen []map[string]any) orm.Results[orm.Item] {
	t.Helper()
	out := make(orm.Results[orm.Item], len(ids))
	byClass := map[string][]int{}
	for i, item := range seen {
		class, _ := item[""].(string)
		byClass[class] = append(byClass[class], i)
	}
	for class, positions := range byClass {
		v, ok := classes[class]
		if !ok {
			t.Errorf("exchangelib sees items of class %q", class)
			continue
		}
		var paths []orm.Path
		for _, p := range field.Of(v) {
			if _, ok := seen[positions[0]][p.Element]; ok && p.URI != "" {
				paths = append(paths, path(p.URI))
			}
		}
		part := make([]orm.ItemID, len(positions))
		for j, i := range positions {
			part[j] = ids[i]
		}
		rs, err := a.FetchAll(ctx, part, paths...)
		if err != nil {
			t.Fatal(err)
		}
		for j, i := range positions {
			out[i] = rs[j]
		}
	}
	return out
}

// The extended properties of py/values.py.
const peerSet = "c11ff724-aa03-4555-9952-8fa248a11c3e"

var extendedPaths = map[string]types.PathToExtendedField{
	"Peer Note":    field.PropertyNameIn(peerSet, "Peer Note", types.MapiPropertyTypeString),
	"Peer Numbers": field.PropertyNameIn(peerSet, "Peer Numbers", types.MapiPropertyTypeIntegerArray),
	"Peer Rank":    field.PropertyName(types.DistinguishedPropertySetPublicStrings, "Peer Rank", types.MapiPropertyTypeInteger),
	"33059":        field.PropertyIDIn(peerSet, 0x8123, types.MapiPropertyTypeSystemTime),
}

func properties() []orm.Path {
	var paths []orm.Path
	for _, p := range extendedPaths {
		paths = append(paths, field.ExtendedRaw[types.Item](p))
	}
	return paths
}

// diffExtended compares extended properties, by name or number.
func diffExtended(seen any, item *tree) []string {
	got := map[string]*tree{}
	for _, k := range item.Kids {
		if k.XMLName.Local != "ExtendedProperty" {
			continue
		}
		uri := k.child("ExtendedFieldURI")
		name, ok := uri.attr("PropertyName")
		if !ok {
			name, _ = uri.attr("PropertyId")
		}
		if got[name] = k.child("Value"); got[name] == nil {
			got[name] = k.child("Values")
		}
	}
	m, ok := seen.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("extended properties are a %T", seen)}
	}
	var all []string
	for _, name := range sorted(m) {
		all = append(all, diff("ExtendedProperty/"+name, m[name], got[name])...)
	}
	return all
}

// diffAttachments compares attachments with their contents.
func diffAttachments(ctx context.Context, a *orm.Account, seen any, n *tree) []string {
	list, _ := seen.([]any)
	if n == nil {
		n = &tree{}
	}
	if len(list) != len(n.Kids) {
		return []string{fmt.Sprintf("Attachments: exchangelib sees %d, orm sees %d", len(list), len(n.Kids))}
	}
	var all []string
	for i, k := range n.Kids {
		m, ok := list[i].(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("attachment is a %T", list[i])}
		}
		for _, name := range []string{"Name", "ContentType", "ContentId", "IsInline"} {
			if k.XMLName.Local != "FileAttachment" && name != "Name" {
				continue
			}
			all = append(all, diff("Attachments/"+name, m[name], k.child(name))...)
		}
		id, _ := k.child("AttachmentId").attr("Id")
		res, err := a.EWS().GetAttachment(ctx, &messages.GetAttachmentRequest{AttachmentIDs: []types.RequestAttachmentID{{ID: id}}})
		if err != nil || len(res.ResponseMessages) != 1 || len(res.ResponseMessages[0].Attachments) != 1 {
			all = append(all, fmt.Sprintf("Attachments: GetAttachment: %v", err))
			continue
		}
		switch att := res.ResponseMessages[0].Attachments[0].(type) {
		case *types.FileAttachment:
			if got := base64.StdEncoding.EncodeToString(att.Content); got != m["Content"] {
				all = append(all, fmt.Sprintf("Attachments: contents of %s differ", att.Name))
			}
		case *types.ItemAttachment:
			inner, _ := m["Item"].(map[string]any)
			if subject := field.Item.Subject.Get(att.Item); inner == nil || inner["Subject"] != subject {
				all = append(all, fmt.Sprintf("Attachments: exchangelib sees an item %v, orm %q", inner["Subject"], subject))
			}
		default:
			all = append(all, fmt.Sprintf("Attachments: what is a %T?", att))
		}
	}
	return all
}
