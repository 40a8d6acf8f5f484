package peer

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// tree is an element. What exchangelib sees is named after elements and
// attributes, so that it can be held against one.
type tree struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Kids    []*tree    `xml:",any"`
}

func (n *tree) child(name string) *tree {
	for _, k := range n.Kids {
		if k.XMLName.Local == name {
			return k
		}
	}
	return nil
}

func (n *tree) attr(name string) (string, bool) {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// empty reports whether an element says nothing: only ids say something in
// attributes alone.
func (n *tree) empty() bool {
	return n == nil || n.Text == "" && len(n.Kids) == 0 && (len(n.Attrs) == 0 || !strings.HasSuffix(n.XMLName.Local, "Id"))
}

// treeOf returns the element that an item is on the wire.
func treeOf(t testing.TB, item types.Item) *tree {
	t.Helper()
	e := wire.NewEncoder(nil)
	e.Start("root")
	e.AttrString("xmlns:t", wire.TypesURI, true)
	types.EncodeItem(e, item)
	e.End("root")
	if err := e.Err(); err != nil {
		t.Fatal(err)
	}
	var root tree
	if err := xml.NewDecoder(bytes.NewReader(e.Bytes())).Decode(&root); err != nil {
		t.Fatalf("%v\n%s", err, e.Bytes())
	}
	return root.Kids[0]
}

// diff returns where what exchangelib saw and what orm saw differ. Only what
// exchangelib knows is looked at; what it saw nothing of, orm must not have.
func diff(path string, seen any, n *tree) []string {
	differs := func(format string, args ...any) []string {
		return []string{path + ": " + fmt.Sprintf(format, args...)}
	}
	switch seen := seen.(type) {
	case nil:
		if !n.empty() {
			return differs("exchangelib sees nothing, orm sees %s", n)
		}
	case string:
		switch {
		case n == nil && seen != "":
			return differs("exchangelib sees %q, orm sees nothing", seen)
		case n != nil && !sameText(seen, n.Text):
			return differs("exchangelib sees %q, orm sees %q", seen, n.Text)
		}
	case []any:
		if n == nil {
			return differs("exchangelib sees %v, orm sees nothing", seen)
		}
		kids := n.Kids
		if len(kids) != len(seen) {
			return differs("exchangelib sees %d, orm sees %d", len(seen), len(kids))
		}
		var all []string
		for i, s := range seen {
			all = append(all, diff(fmt.Sprintf("%s[%d]", path, i), s, kids[i])...)
		}
		return all
	case map[string]any:
		if n == nil {
			return differs("exchangelib sees %v, orm sees nothing", seen)
		}
		if _, ok := seen["Mailbox"]; !ok && len(n.Kids) == 1 && n.Kids[0].XMLName.Local == "Mailbox" {
			n = n.Kids[0] // a single mailbox, wrapped
		}
		var all []string
		for _, name := range sorted(seen) {
			at := path + "/" + name
			if name == "text" {
				all = append(all, diff(at, seen[name], &tree{Text: n.Text})...)
			} else if v, ok := n.attr(name); ok {
				all = append(all, diff(at, seen[name], &tree{Text: v})...)
			} else {
				all = append(all, diff(at, seen[name], n.child(name))...)
			}
		}
		return all
	default:
		return differs("what is a %T?", seen)
	}
	return nil
}

func sorted(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// sameText compares two values of a simple type.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	if ta, err := time.Parse(time.RFC3339Nano, a); err == nil {
		if _, err := time.Parse(time.DateOnly, b); err == nil {
			return strings.HasPrefix(a, b) // exchangelib makes times of some days
		}
		tb, err := time.Parse(time.RFC3339Nano, b)
		return err == nil && ta.Equal(tb)
	}
	if _, err := time.Parse(time.DateOnly, a); err == nil {
		return strings.HasPrefix(b, a) // and days of some times
	}
	return strings.ReplaceAll(a, "\r\n", "\n") == strings.ReplaceAll(b, "\r\n", "\n")
}

func (n *tree) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<%s", n.XMLName.Local)
	for _, a := range n.Attrs {
		fmt.Fprintf(&b, " %s=%q", a.Name.Local, a.Value)
	}
	b.WriteString(">" + n.Text)
	for _, k := range n.Kids {
		b.WriteString(k.String())
	}
	return b.String()
}
