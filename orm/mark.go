package orm

import (
	"context"
	"crypto/rand"
	"fmt"
	"reflect"
	"slices"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// MarkProperty is the extended property of the marks that Recovery gives to what
// is created. To search for one, as the Mark of an *UnknownError:
//
//	field.ExtendedText[*types.Message](orm.MarkProperty()).Equals(mark)
//
// An item that has one already keeps it: a program that writes down a mark of its
// own before it sends can look for it even if it ends meanwhile. No two items
// may have the same.
//
//	field.ExtendedText[*types.Message](orm.MarkProperty()).Set(mark).Apply(m)
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri
func MarkProperty() types.PathToExtendedField {
	return field.PropertyNameIn("6f0c3d5a-8a1e-4d0b-9c57-1f2be7d1a9e4", "goews-mark", types.MapiPropertyTypeString)
}

// Why there is no trace of a request.
const (
	withoutCopy = "nothing is kept of what is sent without a copy: ask the recipients before it is sent again"
	withoutMark = "it has no mark, which Config.Recovery would give it: look into the folder before it is sent again"
	takesNoMark = "replies and forwards take no mark: look into the folder before it is sent again"
)

// mark returns the items, copies of them where they get a mark, and notes the
// marks. Without Config.Recovery they have those that they had.
func (a *Account) mark(items []Item, t *trace) []Item {
	t.marks = make([]string, len(items))
	out := make([]Item, len(items))
	for i, item := range items {
		out[i], t.marks[i] = item, markOf(item)
		p, ok := item.(types.Properties)
		if ok && p.ExtendedPtr() != nil && t.marks[i] == "" && a.cfg.Recovery != nil {
			t.marks[i] = rand.Text()
			out[i] = marked(p, t.marks[i]).(Item)
		}
	}
	return out
}

// marked returns a copy of an object with a mark.
func marked(p types.Properties, mark string) types.Properties {
	v := reflect.New(reflect.TypeOf(p).Elem())
	v.Elem().Set(reflect.ValueOf(p).Elem())
	out := v.Interface().(types.Properties)
	list := out.ExtendedPtr()
	*list = append(slices.Clone(*list), types.ExtendedProperty{ExtendedFieldURI: MarkProperty(), Value: mark})
	return out
}

// markOf returns the mark of an object, empty if it has none.
func markOf(v any) string {
	p, ok := v.(types.Properties)
	if !ok || p.ExtendedPtr() == nil {
		return ""
	}
	for _, e := range *p.ExtendedPtr() {
		if field.SamePath(e.ExtendedFieldURI, MarkProperty()) {
			return e.Value
		}
	}
	return ""
}

// marksOf fetches the marks of drafts.
func (a *Account) marksOf(ctx context.Context, ids []ItemID, t *trace) error {
	path := MarkProperty()
	rs, err := a.getItems(ctx, baseIDs(ids, false), shapeOf([]types.Path{&path}))
	if err != nil {
		return fmt.Errorf("while the drafts' marks are fetched: %w", err)
	}
	t.marks = make([]string, len(ids))
	for i, r := range rs {
		t.marks[i] = markOf(r.Value) // of a draft that is not there, sending tells
	}
	return nil
}

// withMark is met by what has one of the marks.
func withMark(marks []string) types.SearchExpression {
	list := make([]types.SearchExpression, len(marks))
	for i, m := range marks {
		path := MarkProperty()
		list[i] = &types.IsEqualTo{Path: &path, FieldURIOrConstant: types.FieldURIOrConstant{Constant: types.ConstantValue{Value: m}}}
	}
	if len(list) == 1 {
		return list[0]
	}
	return &types.Or{SearchExpressions: list}
}

// marksAtOnce is how many marks a restriction has at most: Exchange refuses
// those with more than 255 nodes (ErrorRestrictionTooLong).
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
const marksAtOnce = 50

// findMarks returns the items in the folder that have one of the marks, by
// their marks.
func (a *Account) findMarks(ctx context.Context, in Folder, marks []string, also ...types.Path) (map[string]Item, error) {
	path := MarkProperty()
	marks = slices.DeleteFunc(slices.Clone(marks), func(m string) bool { return m == "" })
	found := map[string]Item{}
	for part := range slices.Chunk(marks, marksAtOnce) {
		roots, err := a.findItem(ctx, &messages.FindItemRequest{
			Traversal: types.ItemQueryTraversalShallow, ItemShape: *shapeOf(append([]types.Path{&path}, also...)),
			Paging: indexed(2*len(part), 0), Restriction: withMark(part), ParentFolderIDs: []types.BaseFolderID{in.id},
		}, []Folder{in})
		if err != nil {
			return nil, err
		}
		for _, item := range roots[0].Items {
			if m := markOf(item); m != "" {
				found[m] = item
			}
		}
	}
	return found, nil
}
