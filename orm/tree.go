package orm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// find fetches folders below f, page by page.
func (f Folder) find(ctx context.Context, how types.FolderQueryTraversal, where types.SearchExpression) iter.Seq2[Folder, error] {
	return func(yield func(Folder, error) bool) {
		where, never := prune(where)
		if never {
			return
		}
		offset := int32(0)
		for {
			req := &messages.FindFolderRequest{
				Traversal: how, FolderShape: folderShape(), Restriction: where, ParentFolderIDs: []types.BaseFolderID{f.id},
			}
			// Exchange2007 has all folders in one answer.
			if f.acct.needs("pages of folders", types.ExchangeVersionExchange2010) == nil {
				req.Paging = indexed(500, int(offset))
			}
			res, err := f.acct.call.FindFolder(ctx, req)
			if err != nil {
				yield(Folder{}, err)
				return
			}
			if len(res.ResponseMessages) != 1 {
				yield(Folder{}, partsError(messages.OpFindFolder, len(res.ResponseMessages), 1))
				return
			}
			m := &res.ResponseMessages[0]
			if err := failed(messages.OpFindFolder, -1, m.Status()); err != nil {
				yield(Folder{}, fmt.Errorf("orm: folders of %q: %w", f.label(), err))
				return
			}
			for _, d := range m.RootFolder.Folders {
				if d != nil && !yield(f.other().with(d), nil) {
					return
				}
			}
			next := max(m.RootFolder.IndexedPagingOffset, offset+int32(len(m.RootFolder.Folders)))
			if m.RootFolder.IncludesLastItemInRange || next <= offset || req.Paging == nil {
				return
			}
			offset = next
		}
	}
}

func collect(seq iter.Seq2[Folder, error]) ([]Folder, error) {
	var out []Folder
	for f, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, f)
	}
	return out, nil
}

// Children fetches the folders in f that meet all of filters, in the server's
// order. It sends a FindFolder for each 500.
//
//	mail, err := acct.Root().Children(ctx, field.Folder.FolderClass.StartsWith("IPF.Note"))
func (f Folder) Children(ctx context.Context, filters ...field.Filter[types.BaseFolder]) ([]Folder, error) {
	return collect(f.find(ctx, types.FolderQueryTraversalShallow, field.And(filters...).Expression()))
}

// Find fetches the folders below f, at any depth, that meet all of filters, in
// the server's order. It sends a FindFolder for each 500. The server has no such
// search of public folders.
func (f Folder) Find(ctx context.Context, filters ...field.Filter[types.BaseFolder]) ([]Folder, error) {
	return collect(f.find(ctx, types.FolderQueryTraversalDeep, field.And(filters...).Expression()))
}

// Walk yields all folders below f, parents before their children, siblings by
// name. It sends a FindFolder for each 500 folders, public folders aside, before
// it yields the first. It ends after it has yielded an error.
func (f Folder) Walk(ctx context.Context) iter.Seq2[Folder, error] {
	return func(yield func(Folder, error) bool) {
		t, err := f.tree(ctx)
		if err != nil {
			yield(Folder{}, err)
			return
		}
		t.walk(func(n *node, _ int) bool { return yield(n.folder, nil) })
	}
}

// Tree returns a drawing of the folders below f, with their numbers of items.
// It sends what Walk does.
func (f Folder) Tree(ctx context.Context) (string, error) {
	t, err := f.tree(ctx)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(t.folder.Name() + "\n")
	t.draw(&b, "")
	return b.String(), nil
}

type node struct {
	folder   Folder
	children []*node
}

func (f Folder) tree(ctx context.Context) (*node, error) {
	root, err := f.resolve(ctx)
	if err != nil {
		return nil, err
	}
	all, err := root.below(ctx)
	if err != nil {
		return nil, err
	}
	top := &node{folder: root}
	byID := map[string]*node{root.folderID().ID: top}
	var nodes []*node
	for _, g := range all {
		id := g.folderID().ID
		if byID[id] != nil {
			continue // seen twice, because folders were made meanwhile
		}
		byID[id] = &node{folder: g}
		nodes = append(nodes, byID[id])
	}
	for _, n := range nodes {
		parent := byID[n.folder.parentID().ID]
		if parent == nil || parent == n {
			parent = top // its parent may not be seen
		}
		parent.children = append(parent.children, n)
	}
	for _, n := range byID {
		slices.SortStableFunc(n.children, func(a, b *node) int {
			return cmp.Or(cmp.Compare(strings.ToLower(a.folder.Name()), strings.ToLower(b.folder.Name())),
				cmp.Compare(a.folder.folderID().ID, b.folder.folderID().ID))
		})
	}
	return top, nil
}

// below fetches all folders below f.
func (f Folder) below(ctx context.Context) ([]Folder, error) {
	if !f.public {
		return collect(f.find(ctx, types.FolderQueryTraversalDeep, nil))
	}
	// The server has no deep traversal of public folders, and reports wrong
	// parents for them.
	var out []Folder
	seen := map[string]bool{}
	for todo := []Folder{f}; len(todo) > 0; todo = todo[1:] {
		children, err := todo[0].Children(ctx)
		if err != nil {
			return out, err
		}
		for _, c := range children {
			id := c.folderID().ID
			if seen[id] {
				continue
			}
			seen[id] = true
			c.parent = todo[0].folderID().ID
			out = append(out, c)
			if c.ChildCount() > 0 {
				todo = append(todo, c)
			}
		}
	}
	return out, nil
}

func (n *node) walk(visit func(*node, int) bool) bool { return n.walkAt(0, visit) }

func (n *node) walkAt(depth int, visit func(*node, int) bool) bool {
	for _, c := range n.children {
		if !visit(c, depth) || !c.walkAt(depth+1, visit) {
			return false
		}
	}
	return true
}

func (n *node) draw(b *strings.Builder, indent string) {
	for i, c := range n.children {
		branch, next := "├── ", "│   "
		if i == len(n.children)-1 {
			branch, next = "└── ", "    "
		}
		fmt.Fprintf(b, "%s%s%s", indent, branch, c.folder.Name())
		if t := c.folder.Total(); t > 0 {
			fmt.Fprintf(b, " (%d)", t)
		}
		b.WriteByte('\n')
		c.draw(b, indent+next)
	}
}

// Path fetches the folder at the path of display names below f, as in
//
//	inv, err := acct.Root().Path(ctx, "Projects", "Invoices")
//
// It sends one request a name. Names compare in any case, as the server keeps
// them unique; ".." is the parent. A name that is not there is a *FolderError
// that lists what is, for which it sends one more.
func (f Folder) Path(ctx context.Context, names ...string) (Folder, error) {
	at := f
	for _, name := range names {
		if name == ".." {
			g, err := at.Parent(ctx)
			if err != nil {
				return Folder{}, err
			}
			at = g
			continue
		}
		found, err := collect(at.find(ctx, types.FolderQueryTraversalShallow, folderProps.DisplayName.IExactly(name).Expression()))
		if err != nil {
			return Folder{}, err
		}
		i := named(found, name)
		if i < 0 {
			if found, err = at.Children(ctx); err != nil {
				return Folder{}, err
			}
			i = named(found, name)
		}
		if i < 0 {
			e := &FolderError{Path: slices.Clone(names), Missing: name}
			for _, c := range found {
				e.Has = append(e.Has, c.Name())
			}
			return Folder{}, e
		}
		at = found[i]
	}
	return at.resolve(ctx)
}

// named returns the position of the folder with the name, -1 if there is none.
func named(list []Folder, name string) int {
	i := slices.IndexFunc(list, func(f Folder) bool { return f.Name() == name })
	if i < 0 {
		i = slices.IndexFunc(list, func(f Folder) bool { return strings.EqualFold(f.Name(), name) })
	}
	return i
}

// Glob fetches the folders below f whose path matches the pattern: names
// separated by slashes, each with *, ? and [a-z] as in path.Match; ** stands
// for any number of folders. Names compare in any case. It sends what Walk
// does. A pattern that is none is an error that matches path.ErrBadPattern.
//
//	folders, err := acct.Root().Glob(ctx, "Projects/*/Invoices")
//	folders, err := acct.Root().Glob(ctx, "**/20??")
func (f Folder) Glob(ctx context.Context, pattern string) ([]Folder, error) {
	parts := strings.Split(strings.ToLower(strings.Trim(pattern, "/")), "/")
	for _, p := range parts {
		if _, err := path.Match(p, ""); err != nil {
			return nil, fmt.Errorf("orm: Glob %q: %w", pattern, err)
		}
	}
	t, err := f.tree(ctx)
	if err != nil {
		return nil, err
	}
	var out []Folder
	stack := []string{}
	t.walk(func(n *node, depth int) bool {
		stack = append(stack[:depth], strings.ToLower(n.folder.Name()))
		if match(parts, stack) {
			out = append(out, n.folder)
		}
		return true
	})
	return out, nil
}

func match(parts, names []string) bool {
	if len(parts) == 0 {
		return len(names) == 0
	}
	if parts[0] == "**" {
		for i := 0; i <= len(names); i++ {
			if match(parts[1:], names[i:]) {
				return true
			}
		}
		return false
	}
	if len(names) == 0 {
		return false
	}
	// A slash in a folder's name is no separator: path.Match would not let *
	// match it.
	ok, _ := path.Match(parts[0], strings.ReplaceAll(names[0], "/", "\uFFFC"))
	return ok && match(parts[1:], names[1:])
}

// AbsolutePath fetches the display names from the root of the store down to f,
// joined by slashes. It sends one request for each folder on the way.
func (f Folder) AbsolutePath(ctx context.Context) (string, error) {
	at, err := f.resolve(ctx)
	if err != nil {
		return "", err
	}
	names := []string{at.Name()}
	for range 1000 {
		id := at.parentID().ID
		if id == "" || id == at.folderID().ID {
			break
		}
		at, err = f.at(id).Load(ctx)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			break // a delegate doesn't see what is above
		}
		if err != nil {
			return "", err
		}
		names = append(names, at.Name())
	}
	slices.Reverse(names)
	return "/" + strings.Join(names, "/"), nil
}
