package orm_test

import (
	"errors"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

func TestKnownFolders(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	tests := []struct {
		folder      orm.Folder
		name, class string
		data        types.BaseFolder
	}{
		{acct.Root(), "Top of Information Store", "IPF", &types.Folder{}},
		{acct.Store(), "root", "", &types.Folder{}},
		{acct.Inbox(), "Inbox", "IPF.Note", &types.Folder{}},
		{acct.Drafts(), "Drafts", "IPF.Note", &types.Folder{}},
		{acct.Sent(), "Sent Items", "IPF.Note", &types.Folder{}},
		{acct.Outbox(), "Outbox", "IPF.Note", &types.Folder{}},
		{acct.Trash(), "Deleted Items", "IPF.Note", &types.Folder{}},
		{acct.Junk(), "Junk Email", "IPF.Note", &types.Folder{}},
		{acct.Calendar(), "Calendar", "IPF.Appointment", &types.CalendarFolder{}},
		{acct.Contacts(), "Contacts", "IPF.Contact", &types.ContactsFolder{}},
		{acct.Tasks(), "Tasks", "IPF.Task", &types.TasksFolder{}},
		{acct.Notes(), "Notes", "IPF.StickyNote", &types.Folder{}},
		{acct.Journal(), "Journal", "IPF.Journal", &types.Folder{}},
		{acct.RecoverableItems(), "Recoverable Items", "", &types.Folder{}},
	}
	for _, tt := range tests {
		if tt.folder.Data() != nil || tt.folder.Class() != "" || tt.folder.Total() != 0 || tt.folder.Unread() != 0 {
			t.Errorf("%s: there is something in a handle", tt.name)
		}
		f, err := tt.folder.Load(ctx)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if f.Name() != tt.name || f.String() != tt.name || tt.class != "" && f.Class() != tt.class {
			t.Errorf("%s is %q of class %q", tt.name, f.Name(), f.Class())
		}
		if a, b := typeName(f.Data()), typeName(tt.data); a != b {
			t.Errorf("%s is a %s, want %s", tt.name, a, b)
		}
		if f.Account() != acct {
			t.Errorf("%s is of another account", tt.name)
		}
		if _, ok := f.ID().(*types.FolderID); !ok {
			t.Errorf("%s has id %T", tt.name, f.ID())
		}
	}
}

func typeName(v any) string { return reflect.TypeOf(v).String() }

func TestFolderLife(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	projects, err := acct.Root().Create(ctx, "Projects")
	if err != nil || projects.Name() != "Projects" || projects.Class() != "IPF.Note" {
		t.Fatalf("%v %q, %v", projects, projects.Class(), err)
	}
	if _, err := acct.Root().Create(ctx, "PROJECTS"); !errors.Is(err, messages.ErrorFolderExists) || !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "PROJECTS") {
		t.Errorf("created twice: %v", err)
	}
	deep, err := acct.Root().Ensure(ctx, "Projects", "2026", "Invoices")
	if err != nil || deep.Name() != "Invoices" {
		t.Fatal(deep, err)
	}
	again, err := acct.Root().Ensure(ctx, "projects", "2026", "Invoices")
	if err != nil || !cmp.Equal(again.ID(), deep.ID()) {
		t.Errorf("ensured %v, then %v, %v", deep.ID(), again.ID(), err)
	}
	if same, err := acct.Root().Ensure(ctx); err != nil || same.ID() != acct.Root().ID() && same.Name() == "" {
		t.Errorf("nothing ensured: %v, %v", same, err)
	}
	shifts, err := acct.Root().CreateFolder(ctx, &types.CalendarFolder{DisplayName: "Shifts"})
	if err != nil || shifts.Class() != "IPF.Appointment" {
		t.Fatal(shifts.Class(), err)
	}
	renamed, err := deep.Rename(ctx, "Bills")
	if err != nil || renamed.Name() != "Bills" {
		t.Fatal(renamed, err)
	}
	if parent, err := renamed.Parent(ctx); err != nil || parent.Name() != "2026" {
		t.Errorf("parent %v, %v", parent, err)
	}
	if p, err := renamed.AbsolutePath(ctx); err != nil || p != "/root/Top of Information Store/Projects/2026/Bills" {
		t.Errorf("path %q, %v", p, err)
	}
	if err := acct.Create(ctx, renamed, &orm.Message{Subject: "bill"}); err != nil {
		t.Fatal(err)
	}
	copied, err := renamed.Copy(ctx, acct.Inbox())
	if err != nil || copied.Name() != "Bills" || copied.Total() != 1 {
		t.Fatal(copied, copied.Total(), err)
	}
	moved, err := renamed.Move(ctx, acct.Trash())
	if err != nil || !cmp.Equal(moved.ID(), renamed.ID()) || moved.Total() != 1 {
		t.Fatal(moved, moved.Total(), err)
	}
	if parent, err := moved.Parent(ctx); err != nil || parent.Name() != "Deleted Items" {
		t.Errorf("parent %v, %v", parent, err)
	}
	if counts, err := acct.Trash().Counts(ctx); err != nil || counts.Children != 1 {
		t.Errorf("counts %+v, %v", counts, err)
	}
	if err := copied.Empty(ctx, orm.HardDelete, false); err != nil {
		t.Fatal(err)
	}
	if counts, err := copied.Counts(ctx); err != nil || counts != (orm.Counts{}) {
		t.Errorf("counts %+v, %v", counts, err)
	}
	if err := copied.Delete(ctx, orm.HardDelete); err != nil {
		t.Fatal(err)
	}
	if _, err := copied.Load(ctx); !errors.Is(err, orm.ErrNotFound) || !strings.Contains(err.Error(), `folder "Bills"`) {
		t.Errorf("deleted folder: %v", err)
	}
	if err := acct.Trash().Empty(ctx, orm.HardDelete, true); err != nil {
		t.Fatal(err)
	}
	if counts, err := acct.Trash().Counts(ctx); err != nil || counts != (orm.Counts{}) {
		t.Errorf("counts %+v, %v", counts, err)
	}
	if err := acct.Inbox().Delete(ctx, orm.HardDelete); !errors.Is(err, messages.ErrorDeleteDistinguishedFolder) || !strings.Contains(err.Error(), `folder "inbox"`) {
		t.Errorf("inbox deleted: %v", err)
	}
	var fe *orm.FieldError
	if _, err := shifts.Update(ctx, field.Message.Subject.Set("x")); !errors.As(err, &fe) {
		t.Errorf("a message's field: %v", err)
	}
	if f, err := shifts.Update(ctx, field.Folder.DisplayName.Set("Rota")); err != nil || f.Name() != "Rota" {
		t.Errorf("%v, %v", f, err)
	}
}

// names fetches the names of folders.
func names(list []orm.Folder) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Name())
	}
	slices.Sort(out)
	return out
}

func TestNavigation(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	base, err := acct.Inbox().Create(ctx, "Base")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"Invoices/2025", "Invoices/2026", "invoice drafts", "Projects/Alpha/Invoices", "Projects/Beta/Invoices", "Projects/Beta/Notes"} {
		if _, err := base.Ensure(ctx, strings.Split(p, "/")...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := base.Create(ctx, "a/b"); err != nil {
		t.Fatal(err)
	}
	f, err := base.Path(ctx, "projects", "BETA", "invoices")
	if err != nil || f.Name() != "Invoices" {
		t.Fatal(f, err)
	}
	if f, err = f.Path(ctx, "..", "..", "Alpha"); err != nil || f.Name() != "Alpha" {
		t.Fatal(f, err)
	}
	if f, err = base.Path(ctx, "a/b"); err != nil || f.Name() != "a/b" {
		t.Fatal(f, err)
	}
	if f, err = base.Path(ctx); err != nil || f.Name() != "Base" {
		t.Fatal(f, err)
	}
	for _, tt := range []struct {
		path []string
		text string
	}{
		{[]string{"Projects", "Gamma"}, `orm: no folder "Gamma" in path "Projects/Gamma"; there are "Alpha", "Beta"`},
		{[]string{"Project"}, `orm: no folder "Project"; did you mean "Projects"?`},
		{[]string{"Projects", "Alpha", "Invoices", "x"}, `orm: no folder "x" in path "Projects/Alpha/Invoices/x"; there are no folders`},
	} {
		_, err := base.Path(ctx, tt.path...)
		var e *orm.FolderError
		if !errors.As(err, &e) || !errors.Is(err, orm.ErrNotFound) || err.Error() != tt.text {
			t.Errorf("got  %v\nwant %s", err, tt.text)
		}
	}
	children, err := base.Children(ctx)
	if diff := cmp.Diff([]string{"Invoices", "Projects", "a/b", "invoice drafts"}, names(children)); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	for _, tt := range []struct {
		pattern string
		want    []string
	}{
		{"Invoices", []string{"Invoices"}},
		{"inv*", []string{"Invoices", "invoice drafts"}},
		{"*/2025", []string{"2025"}},
		{"Projects/*/Invoices", []string{"Invoices", "Invoices"}},
		{"**/Invoices", []string{"Invoices", "Invoices", "Invoices"}},
		{"**/20??", []string{"2025", "2026"}},
		{"Projects/**", []string{"Alpha", "Beta", "Invoices", "Invoices", "Notes", "Projects"}},
		{"/invoices/202[0-5]/", []string{"2025"}},
		{"a*", []string{"a/b"}},
		{"a/b", nil},
		{"nothing*", nil},
	} {
		got, err := base.Glob(ctx, tt.pattern)
		if diff := cmp.Diff(tt.want, names(got)); diff != "" || err != nil {
			t.Errorf("%s: %v; -want +got:\n%s", tt.pattern, err, diff)
		}
	}
	if _, err := base.Glob(ctx, "[x"); !errors.Is(err, path.ErrBadPattern) {
		t.Errorf("bad pattern: %v", err)
	}
	if err := acct.Create(ctx, children[0], &orm.Message{Subject: "x"}); err != nil {
		t.Fatal(err)
	}
	tree, err := base.Tree(ctx)
	want := `Base
├── a/b
├── invoice drafts
├── Invoices (1)
│   ├── 2025
│   └── 2026
└── Projects
    ├── Alpha
    │   └── Invoices
    └── Beta
        ├── Invoices
        └── Notes
`
	if diff := cmp.Diff(want, tree); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	var walked []string
	for f, err := range base.Walk(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		walked = append(walked, f.Name())
		if f.Name() == "Invoices" {
			break
		}
	}
	if diff := cmp.Diff([]string{"a/b", "invoice drafts", "Invoices"}, walked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// What is cached can't be stale: nothing is.
	if _, err := base.Create(ctx, "late"); err != nil {
		t.Fatal(err)
	}
	if got, err := base.Glob(ctx, "late"); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := acct.Store().Parent(ctx); !errors.Is(err, orm.ErrNotFound) {
		t.Errorf("parent of the root: %v", err)
	}
}

// Danish folders, found without a word of Danish.
func TestFoldersInAnotherLanguage(t *testing.T) {
	_, acct := open(t, ewstest.Config{Language: "da-DK"})
	f, err := acct.Inbox().Load(t.Context())
	if err != nil || f.Name() != "Indbakke" {
		t.Errorf("%q, %v", f.Name(), err)
	}
	var e *orm.FolderError
	if _, err := acct.Root().Path(t.Context(), "Inbox"); !errors.As(err, &e) || !slices.Contains(e.Has, "Indbakke") {
		t.Errorf("%v", err)
	}
}

func TestAccess(t *testing.T) {
	srv := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "alice@example.com", Password: ewstest.Password},
		{Address: "bob@example.com", Password: ewstest.Password, FullAccess: []string{"alice@example.com"}},
		{Address: "service@example.com", Password: ewstest.Password, Impersonates: true},
		{Address: "eve@example.com", Password: ewstest.Password},
	}})
	ctx := t.Context()
	as := func(user, address string, cfg orm.Config) (*orm.Account, error) {
		cfg.Endpoint, cfg.HTTPClient, cfg.Auth = srv.URL, srv.HTTPClient(), auth.Basic(user, ewstest.Password)
		return orm.Open(ctx, address, cfg)
	}
	alice, err := as("alice@example.com", "alice@example.com", orm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := alice.Create(ctx, alice.Inbox(), &orm.Message{Subject: "alice's"}); err != nil {
		t.Fatal(err)
	}
	check := func(name string, f orm.Folder) {
		t.Helper()
		m, err := f.Messages().Get(ctx)
		if err != nil || m.Subject != "alice's" {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}

	// Bob opens Alice's mailbox as a delegate, or reaches into it from his.
	delegate, err := as("bob@example.com", "alice@example.com", orm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	check("delegate", delegate.Inbox())
	bob, err := as("bob@example.com", "bob@example.com", orm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	shared := bob.SharedFolder("alice@example.com", types.DistinguishedFolderIDNameInbox)
	check("shared", shared)
	if n := must(bob.Inbox().Messages().Count(ctx))(t); n != 0 {
		t.Errorf("%d messages in bob's own inbox", n)
	}
	if err := bob.Create(ctx, shared, &orm.Message{Subject: "by bob"}); err != nil {
		t.Errorf("create in a shared folder: %v", err)
	}
	if m, err := alice.Inbox().Messages().Filter(field.Message.Subject.Equals("by bob")).Get(ctx); err != nil {
		t.Errorf("%v, %v", m, err)
	} else if err := alice.Delete(ctx, m, orm.HardDelete); err != nil {
		t.Error(err)
	}

	// A service account acts as others.
	imp, err := as("service@example.com", "alice@example.com", orm.Config{Access: orm.Impersonation})
	if err != nil {
		t.Fatal(err)
	}
	check("impersonation", imp.Inbox())
	client, err := ews.New(ews.Config{Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("service@example.com", ewstest.Password)})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"alice@example.com", "bob@example.com"} {
		a, err := orm.Open(ctx, address, orm.Config{Access: orm.Impersonation, Client: client})
		if err != nil {
			t.Fatal(err)
		}
		if n := must(a.Inbox().Messages().Count(ctx))(t); (n == 1) != (address == "alice@example.com") {
			t.Errorf("%s over the shared client: %d messages", address, n)
		}
	}
	// Impersonated bob reaches into what bob has rights in.
	bob2, err := as("service@example.com", "bob@example.com", orm.Config{Access: orm.Impersonation})
	if err != nil {
		t.Fatal(err)
	}
	check("shared with the impersonated", bob2.SharedFolder("alice@example.com", types.DistinguishedFolderIDNameInbox))

	// Eve has no rights, and may not act as another.
	if _, err := as("eve@example.com", "alice@example.com", orm.Config{Access: orm.Impersonation}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("eve impersonates: %v", err)
	}
	eve, err := as("eve@example.com", "alice@example.com", orm.Config{})
	if err == nil {
		_, err = eve.Inbox().Messages().Count(ctx)
	}
	if !errors.Is(err, orm.ErrNotFound) && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("eve as delegate: %v", err)
	}
	if _, err := as("alice@example.com", "nobody@example.com", orm.Config{}); !errors.Is(err, orm.ErrNotFound) {
		t.Errorf("no such mailbox: %v", err)
	}
	if _, err := as("service@example.com", "nobody@example.com", orm.Config{Access: orm.Impersonation}); err == nil {
		t.Error("no such mailbox, impersonated")
	}
}

func TestFoldersByFilter(t *testing.T) {
	_, acct := open(t)
	ctx, f := t.Context(), field.Folder
	if _, err := acct.Inbox().Ensure(ctx, "Invoices", "old invoices"); err != nil {
		t.Fatal(err)
	}
	got, err := acct.Root().Children(ctx, f.FolderClass.Equals("IPF.Note"), f.DisplayName.IStartsWith("d"))
	if diff := cmp.Diff([]string{"Deleted Items", "Drafts"}, names(got)); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	got, err = acct.Root().Find(ctx, f.DisplayName.IContains("invoices"))
	if diff := cmp.Diff([]string{"Invoices", "old invoices"}, names(got)); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	got, err = acct.Root().Find(ctx, f.DisplayName.In())
	if len(got) != 0 || err != nil {
		t.Errorf("%v, %v", names(got), err)
	}
}

func TestLoadAll(t *testing.T) {
	srv := ewstest.New(t)
	acct := login(t, srv, 0, orm.Config{ChunkSize: 2})
	ctx := t.Context()
	gone, err := acct.Inbox().Create(ctx, "gone")
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Delete(ctx, orm.HardDelete); err != nil {
		t.Fatal(err)
	}
	rs, err := acct.LoadAll(ctx, []orm.Folder{acct.Inbox(), acct.Calendar(), gone, acct.SharedFolder("bob@example.com", "inbox"), acct.Tasks()})
	if err != nil || len(rs) != 5 {
		t.Fatal(rs, err)
	}
	for i, name := range []string{"Inbox", "Calendar", "", "", "Tasks"} {
		switch {
		case name != "" && (rs[i].Err != nil || rs[i].Value.Name() != name):
			t.Errorf("%d: %v", i, rs[i])
		case name == "" && !errors.Is(rs[i].Err, orm.ErrNotFound) && !errors.Is(rs[i].Err, fs.ErrPermission):
			t.Errorf("%d: %v", i, rs[i].Err)
		}
	}
}

func TestFolderPropertiesOnDemand(t *testing.T) {
	srv := ewstest.New(t)
	alice, bob := login(t, srv, 0, orm.Config{}), login(t, srv, 1, orm.Config{})
	ctx := t.Context()
	size := field.ExtendedOf[types.BaseFolder, int64](field.PropertyTag(0x0E08, types.MapiPropertyTypeLong))
	if err := alice.Create(ctx, alice.Inbox(), &orm.Message{Subject: "x"}); err != nil {
		t.Fatal(err)
	}
	inbox, err := alice.Inbox().Load(ctx, size, field.Folder.PermissionSet, field.Folder.EffectiveRights)
	if err != nil {
		t.Fatal(err)
	}
	data := inbox.Data().(*types.Folder)
	if size.Get(data) <= 0 || !data.EffectiveRights.Read || len(data.PermissionSet.Permissions) == 0 {
		t.Errorf("size %d, rights %+v, permissions %+v", size.Get(data), data.EffectiveRights, data.PermissionSet)
	}

	// Alice lets Bob read her inbox, and no more.
	shared := bob.SharedFolder("alice@example.com", types.DistinguishedFolderIDNameInbox)
	if _, err := shared.Messages().Count(ctx); err == nil {
		t.Error("bob may read without permission")
	}
	set := data.PermissionSet
	set.Permissions = append(slices.Clone(set.Permissions), types.Permission{
		UserID: types.UserID{PrimarySMTPAddress: "bob@example.com"}, PermissionLevel: types.PermissionLevelReviewer,
	})
	if _, err := inbox.Update(ctx, field.Folder.PermissionSet.From(&types.Folder{PermissionSet: set})); err != nil {
		t.Fatal(err)
	}
	if n, err := shared.Messages().Count(ctx); n != 1 || err != nil {
		t.Errorf("bob sees %d, %v", n, err)
	}
	if err := bob.Create(ctx, shared, &orm.Message{Subject: "by bob"}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("bob writes: %v", err)
	}
	// A calendar's permissions are of a type of their own.
	var fe *orm.FieldError
	if _, err := alice.Calendar().Update(ctx, field.Folder.PermissionSet.From(&types.Folder{PermissionSet: set})); !errors.As(err, &fe) ||
		!strings.Contains(err.Error(), "use field.CalendarFolder.PermissionSet") {
		t.Errorf("%v", err)
	}
}
