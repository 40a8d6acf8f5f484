package orm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// inFolder says that what is created is looked for, by its mark, in the folder
// where it is to be.
func (t *trace) inFolder(a *Account, to Folder, invite Invitations) {
	var also []types.Path
	if invite != SendToNone {
		also = []types.Path{
			&types.PathToUnindexedField{FieldURI: types.UnindexedFieldURICalendarIsMeeting},
			&types.PathToUnindexedField{FieldURI: types.UnindexedFieldURICalendarMeetingRequestWasSent},
		}
	}
	t.byMark(a, func(ctx context.Context) ([]sight, error) {
		found, err := a.findMarks(ctx, to, t.marks, also...)
		if err != nil {
			return nil, err
		}
		return t.seen(a, func(mark string) sight {
			item, ok := found[mark]
			if !ok {
				return sight{what: "it is not in " + to.named()}
			}
			e, isEvent := item.(*types.CalendarItem)
			if isEvent && invite != SendToNone && e.IsMeeting && !e.MeetingRequestWasSent {
				return sight{what: "the meeting is in the calendar, and its attendees have not been told"}
			}
			return sight{done: true, id: IDOf(item)}
		}), nil
	})
}

// copyIn says that what is sent is looked for by the mark of the copy that is
// kept in the folder.
func (t *trace) copyIn(a *Account, to Folder) {
	t.byMark(a, func(ctx context.Context) ([]sight, error) {
		found, err := a.findMarks(ctx, to, t.marks)
		if err != nil {
			return nil, err
		}
		return t.seen(a, func(mark string) sight {
			if found[mark] == nil {
				return sight{what: "there is no copy in " + to.named()}
			}
			return sight{done: true} // as the answer has no id
		}), nil
	})
}

// byMark has look find the parts that have marks.
func (t *trace) byMark(a *Account, look func(context.Context) ([]sight, error)) {
	if slices.ContainsFunc(t.marks, func(m string) bool { return m != "" }) {
		t.look = look
	} else {
		t.why = noMark(a.cfg.Recovery)
	}
}

// noMark is why an item has none.
func noMark(r *Recovery) string {
	if r == nil {
		return withoutMark
	}
	return takesNoMark
}

// seen is what is seen of each part, by its mark.
func (t *trace) seen(a *Account, of func(mark string) sight) []sight {
	out := make([]sight, len(t.marks))
	for i, m := range t.marks {
		if out[i] = (sight{why: noMark(a.cfg.Recovery)}); m != "" {
			out[i] = of(m)
		}
	}
	return out
}

// named names the folder in what was seen.
func (f Folder) named() string {
	if name := f.label(); name != "" {
		return fmt.Sprintf("folder %q", name)
	}
	return "the folder"
}

// gone reports whether err says that an item is not, or no longer, there.
func gone(err error) bool {
	return errors.Is(err, messages.ErrorItemNotFound) || errors.Is(err, messages.ErrorCalendarOccurrenceIsDeletedFromRecurrence)
}

// seeGone sees which items are no longer where they were. The ids are those of
// the results, nil if they are not known.
func (a *Account) seeGone(ctx context.Context, ids, results []ItemID) ([]sight, error) {
	rs, err := a.getItems(ctx, baseIDs(ids, false), shapeOf(nil))
	if err != nil {
		return nil, err
	}
	out := make([]sight, len(ids))
	for i, r := range rs {
		switch {
		case gone(r.Err):
			out[i].done = true
			if results != nil {
				out[i].id = results[i]
			}
		case r.Err != nil:
			out[i].what = r.Err.Error()
		default:
			out[i].what = "the item is still where it was"
		}
	}
	return out, nil
}

// seeSent sees which drafts are gone, and have left a copy with their marks.
func (a *Account) seeSent(ctx context.Context, ids []ItemID, marks []string, to Folder) ([]sight, error) {
	out, err := a.seeGone(ctx, ids, ids)
	if err != nil {
		return nil, err
	}
	var look []string
	for i := range out {
		if out[i].done && i < len(marks) {
			look = append(look, marks[i])
		}
	}
	found, err := a.findMarks(ctx, to, look)
	if err != nil {
		return nil, err
	}
	for i := range out {
		switch {
		case !out[i].done:
		case i >= len(marks) || marks[i] == "":
			out[i] = sight{what: "the draft is gone", why: "it was sent, or deleted by another, and has no mark by which its copy could be told"}
		case found[marks[i]] == nil:
			out[i] = sight{what: "the draft is gone, and there is no copy in " + to.named()}
		}
	}
	return out, nil
}

// seeUpdated sees which items have other change keys than in ids, which were
// sent, and all the values. The items are fetched with one request for each
// set of properties.
func (a *Account) seeUpdated(ctx context.Context, updates []ItemUpdate, ids []ItemID) ([]sight, error) {
	out := make([]sight, len(updates))
	groups := map[string][]int{}
	for i, u := range updates {
		var names []string
		for _, c := range u.Changes {
			names = append(names, pathName(c.Path()))
		}
		key := strings.Join(names, "\n")
		groups[key] = append(groups[key], i)
	}
	for _, group := range groups {
		var paths []types.Path
		for _, c := range updates[group[0]].Changes {
			paths = append(paths, c.Path())
		}
		of := make([]ItemID, len(group))
		for n, i := range group {
			of[n] = ids[i]
		}
		rs, err := a.getItems(ctx, baseIDs(of, false), shapeOf(paths))
		if err != nil {
			return nil, err
		}
		for n, i := range group {
			out[i] = seeUpdate(updates[i], ids[i], rs[n])
		}
	}
	return out, nil
}

func seeUpdate(u ItemUpdate, was ItemID, now Result[Item]) sight {
	if now.Err != nil {
		return sight{what: now.Err.Error()}
	}
	id := IDOf(now.Value)
	if id.ChangeKey == was.ChangeKey {
		return sight{what: "the item is as it was"}
	}
	before, err := encoded(now.Value)
	if err == nil {
		for _, c := range u.Changes {
			if _, more := c.Item().(*types.AppendToItemField); more {
				return sight{what: "the item was changed", why: "what was added to it cannot be told from what others add: look at it"}
			}
			c.Apply(now.Value.(types.Properties))
		}
		var after []byte
		if after, err = encoded(now.Value); err == nil && bytes.Equal(before, after) {
			return sight{done: true, id: id}
		}
	}
	return sight{what: "the item was changed, and has not all of the values"}
}

// seeFolder sees whether the folder has one with the mark in it.
func (a *Account) seeFolder(ctx context.Context, in Folder, mark string) ([]sight, error) {
	path := MarkProperty()
	res, err := a.call.FindFolder(ctx, &messages.FindFolderRequest{
		Traversal:   types.FolderQueryTraversalShallow,
		FolderShape: types.FolderResponseShape{BaseShape: types.DefaultShapeNamesIDOnly, AdditionalProperties: []types.Path{&path}},
		Restriction: withMark([]string{mark}), ParentFolderIDs: []types.BaseFolderID{in.id},
	})
	if err != nil {
		return nil, err
	}
	if len(res.ResponseMessages) != 1 {
		return nil, partsError(messages.OpFindFolder, len(res.ResponseMessages), 1)
	}
	m := &res.ResponseMessages[0]
	if err := failed(messages.OpFindFolder, -1, m.Status()); err != nil {
		return nil, err
	}
	for _, f := range m.RootFolder.Folders {
		if f != nil && markOf(f) == mark {
			return []sight{{done: true, id: ItemID{ID: in.other().with(f).folderID().ID}}}, nil
		}
	}
	return []sight{{what: "it is not in " + in.named()}}, nil
}

// seeGone sees whether there is no longer such a folder.
func (f Folder) seeGone(ctx context.Context) ([]sight, error) {
	switch _, err := f.load(ctx, ""); {
	case goneFolder(err):
		return []sight{{done: true}}, nil
	case err != nil:
		return nil, err
	}
	return []sight{{what: "the folder is still there"}}, nil
}

func goneFolder(err error) bool {
	return errors.Is(err, messages.ErrorFolderNotFound) || errors.Is(err, messages.ErrorItemNotFound)
}

// movedTo says that it is looked whether the folder is in another; what it means
// if it is nowhere.
func (f Folder) movedTo(to Folder, nowhere sight) *trace {
	return &trace{look: func(ctx context.Context) ([]sight, error) {
		rs, err := f.acct.LoadAll(ctx, []Folder{f, to})
		if err != nil {
			return nil, err
		}
		switch now, in := rs[0], rs[1]; {
		case goneFolder(now.Err):
			return []sight{nowhere}, nil
		case now.Err != nil || in.Err != nil:
			return nil, errors.Join(now.Err, in.Err)
		case now.Value.parentID().ID == in.Value.folderID().ID:
			return []sight{{done: true}}, nil
		}
		return []sight{{what: "the folder is still where it was"}}, nil
	}}
}

// encoded returns an item as it is sent.
func encoded(item Item) ([]byte, error) {
	e := wire.NewEncoder(nil)
	e.Start("x")
	types.EncodeItem(e, item)
	e.End("x")
	return e.Bytes(), e.Err()
}
