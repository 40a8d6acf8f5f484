package ewstest

import (
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// grant is what a user may do in a folder.
type grant struct {
	createItems, createFolders bool
	owner, visible, contact    bool
	edit, remove               types.PermissionAction
	read                       types.CalendarPermissionReadAccess // also of folders that are no calendars
}

// permission is a row of a folder's permission set. Slices of it are never
// changed in place.
type permission struct {
	box  *mailbox                // nil for Default and Anonymous
	user types.DistinguishedUser // empty for a user with a mailbox
	grant
}

const (
	actAll   = types.PermissionActionAll
	actOwned = types.PermissionActionOwned
	actNone  = types.PermissionActionNone

	readAll  = types.CalendarPermissionReadAccessFullDetails
	readNone = types.CalendarPermissionReadAccessNone
)

// levels are the grants that have names, in the order in which a grant is
// looked up.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/permissionlevel
var levels = []struct {
	name types.CalendarPermissionLevel
	grant
}{
	{types.CalendarPermissionLevelNone, grant{edit: actNone, remove: actNone, read: readNone}},
	{types.CalendarPermissionLevelOwner, grant{true, true, true, true, true, actAll, actAll, readAll}},
	{types.CalendarPermissionLevelPublishingEditor, grant{true, true, false, true, false, actAll, actAll, readAll}},
	{types.CalendarPermissionLevelEditor, grant{true, false, false, true, false, actAll, actAll, readAll}},
	{types.CalendarPermissionLevelPublishingAuthor, grant{true, true, false, true, false, actOwned, actOwned, readAll}},
	{types.CalendarPermissionLevelAuthor, grant{true, false, false, true, false, actOwned, actOwned, readAll}},
	{types.CalendarPermissionLevelNoneditingAuthor, grant{true, false, false, true, false, actNone, actOwned, readAll}},
	{types.CalendarPermissionLevelReviewer, grant{false, false, false, true, false, actNone, actNone, readAll}},
	{types.CalendarPermissionLevelContributor, grant{true, false, false, true, false, actNone, actNone, readNone}},
	{types.CalendarPermissionLevelFreeBusyTimeOnly, grant{edit: actNone, remove: actNone, read: types.CalendarPermissionReadAccessTimeOnly}},
	{types.CalendarPermissionLevelFreeBusyTimeAndSubjectAndLocation, grant{edit: actNone, remove: actNone, read: types.CalendarPermissionReadAccessTimeAndSubjectAndLocation}},
}

// level returns the name of a grant, Custom if it has none. Whether the user is
// a contact of the folder has no part in it, but for owners.
func (g grant) level() types.CalendarPermissionLevel {
	for _, l := range levels {
		if g.contact = l.contact; g == l.grant {
			return l.name
		}
	}
	return types.CalendarPermissionLevelCustom
}

// levelGrant returns the grant of a level.
func levelGrant(level types.CalendarPermissionLevel) (grant, bool) {
	for _, l := range levels {
		if l.name == level {
			return l.grant, true
		}
	}
	return grant{}, false
}

// isCalendarFolder reports whether a folder has a CalendarPermissionSet.
func isCalendarFolder(data types.BaseFolder) bool {
	_, ok := data.(*types.CalendarFolder)
	return ok
}

// defaultPermissions are those of a new mailbox: others see when its owner is
// busy, and nothing else.
func defaultPermissions(data types.BaseFolder) []permission {
	nothing, _ := levelGrant(types.CalendarPermissionLevelNone)
	rest := nothing
	if isCalendarFolder(data) {
		rest, _ = levelGrant(types.CalendarPermissionLevelFreeBusyTimeOnly)
	}
	return []permission{{user: types.DistinguishedUserDefault, grant: rest}, {user: types.DistinguishedUserAnonymous, grant: nothing}}
}

// inheritPermissions are those of a new folder. What only calendars know of
// does not reach other folders.
func inheritPermissions(from []permission, data types.BaseFolder) []permission {
	if isCalendarFolder(data) {
		return from
	}
	out := slices.Clone(from)
	for i := range out {
		if out[i].read != readAll {
			out[i].read = readNone
		}
	}
	return out
}

// grantOf returns what the user of the call may do in the folder.
func (c *call) grantOf(f *folder) grant {
	everything, _ := levelGrant(types.CalendarPermissionLevelOwner)
	if c.mayOpen(f.box) {
		return everything
	}
	var rest grant
	for _, p := range f.permissions {
		if p.box == c.user {
			return p.grant
		}
		if p.user == types.DistinguishedUserDefault {
			rest = p.grant
		}
	}
	return rest
}

// sees reports whether the user of the call may know of the folder.
func (c *call) sees(f *folder) bool {
	g := c.grantOf(f)
	return g.visible || g.owner || g.read == readAll
}

// Rights that an operation needs in a folder.
type right uint8

const (
	readItems right = iota
	createItems
	createFolders
	manageFolder // change, move or delete it
)

// need refuses a call that lacks a right in the folder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/effectiverights
func (c *call) need(f *folder, r right) error {
	g := c.grantOf(f)
	switch {
	case r == readItems && g.read == readAll, r == createItems && g.createItems,
		r == createFolders && g.createFolders, r == manageFolder && g.owner:
		return nil
	case r == createFolders && c.sees(f):
		return fail(messages.ErrorCreateSubfolderAccessDenied)
	}
	return fail(messages.ErrorAccessDenied)
}

// needItem refuses a call that may not change, or not delete, an item.
func (c *call) needItem(i *item, what func(grant) types.PermissionAction) error {
	switch what(c.grantOf(i.folder)) {
	case actAll:
		return nil
	case actOwned:
		if i.creator == c.user {
			return nil
		}
	}
	return fail(messages.ErrorAccessDenied)
}

func editing(g grant) types.PermissionAction  { return g.edit }
func removing(g grant) types.PermissionAction { return g.remove }

// effectiveRights is what the answer says of the rights in a folder.
func (c *call) effectiveRights(f *folder) types.EffectiveRights {
	g := c.grantOf(f)
	return types.EffectiveRights{
		CreateAssociated: g.owner, CreateContents: g.createItems, CreateHierarchy: g.createFolders,
		Delete: g.owner && !f.builtIn, Modify: g.owner, Read: g.read == readAll,
		ViewPrivateItems: g.owner && c.mayOpen(f.box), Present: types.EffectiveRightsHasViewPrivateItems,
	}
}

// setPermissions puts the folder's permissions into an answer.
func setPermissions(v types.Properties, list []permission) {
	if _, ok := v.(*types.CalendarFolder); ok {
		var set types.CalendarPermissionSet
		for _, p := range list {
			set.CalendarPermissions = append(set.CalendarPermissions, types.CalendarPermission{
				UserID: p.userID(), CanCreateItems: p.createItems, CanCreateSubFolders: p.createFolders, IsFolderOwner: p.owner,
				IsFolderVisible: p.visible, IsFolderContact: p.contact, EditItems: p.edit, DeleteItems: p.remove,
				ReadItems: p.read, CalendarPermissionLevel: p.level(),
				Present: types.CalendarPermissionHasCanCreateItems | types.CalendarPermissionHasCanCreateSubFolders |
					types.CalendarPermissionHasIsFolderOwner | types.CalendarPermissionHasIsFolderVisible |
					types.CalendarPermissionHasIsFolderContact | types.CalendarPermissionHasEditItems |
					types.CalendarPermissionHasDeleteItems | types.CalendarPermissionHasReadItems,
			})
		}
		assign(v, "folder:PermissionSet", set)
		return
	}
	var set types.PermissionSet
	for _, p := range list {
		set.Permissions = append(set.Permissions, types.Permission{
			UserID: p.userID(), CanCreateItems: p.createItems, CanCreateSubFolders: p.createFolders, IsFolderOwner: p.owner,
			IsFolderVisible: p.visible, IsFolderContact: p.contact, EditItems: p.edit, DeleteItems: p.remove,
			ReadItems: types.PermissionReadAccess(p.read), PermissionLevel: types.PermissionLevel(p.level()),
			Present: types.PermissionHasCanCreateItems | types.PermissionHasCanCreateSubFolders |
				types.PermissionHasIsFolderOwner | types.PermissionHasIsFolderVisible |
				types.PermissionHasIsFolderContact | types.PermissionHasEditItems |
				types.PermissionHasDeleteItems | types.PermissionHasReadItems,
		})
	}
	assign(v, "folder:PermissionSet", set)
}

func (p permission) userID() types.UserID {
	if p.box == nil {
		return types.UserID{DistinguishedUser: p.user}
	}
	return types.UserID{SID: p.box.sid(), PrimarySMTPAddress: p.box.account.Address, DisplayName: p.box.account.Name}
}

// wanted is a permission as a request has it, of either kind.
type wanted struct {
	user    types.UserID
	level   types.CalendarPermissionLevel
	said    types.Bits // which fields of grant were there, as types.PermissionHasCanCreateItems
	details grant
}

// readPermissions returns the permission set of a request, checked.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/permissionset-permissionsettype
func (c *call) readPermissions(in types.Properties, calendar bool) ([]permission, error) {
	var rows []wanted
	var unknown []string
	switch in := in.(type) {
	case *types.CalendarFolder:
		if !calendar {
			return nil, fail(messages.ErrorCannotSetCalendarPermissionOnNonCalendarFolder)
		}
		unknown = in.PermissionSet.UnknownEntries
		for _, p := range in.PermissionSet.CalendarPermissions {
			rows = append(rows, wanted{p.UserID, p.CalendarPermissionLevel, p.Present, grant{
				p.CanCreateItems, p.CanCreateSubFolders, p.IsFolderOwner, p.IsFolderVisible, p.IsFolderContact,
				p.EditItems, p.DeleteItems, p.ReadItems,
			}})
		}
	default:
		if calendar {
			return nil, fail(messages.ErrorCannotSetNonCalendarPermissionOnCalendarFolder)
		}
		set := valueAt[types.PermissionSet](in, "folder:PermissionSet")
		unknown = set.UnknownEntries
		for _, p := range set.Permissions {
			rows = append(rows, wanted{p.UserID, types.CalendarPermissionLevel(p.PermissionLevel), p.Present, grant{
				p.CanCreateItems, p.CanCreateSubFolders, p.IsFolderOwner, p.IsFolderVisible, p.IsFolderContact,
				p.EditItems, p.DeleteItems, types.CalendarPermissionReadAccess(p.ReadItems),
			}})
		}
	}
	if len(unknown) > 0 {
		return nil, fail(messages.ErrorCannotSetPermissionUnknownEntries)
	}
	out := make([]permission, 0, len(rows)+2)
	for _, w := range rows {
		p, err := c.permission(w)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o permission) bool { return o.box == p.box && o.user == p.user }) {
			return nil, fail(messages.ErrorDuplicateUserIDsSpecified)
		}
		out = append(out, p)
	}
	// Who is not named keeps nothing, but the two are always there.
	nothing, _ := levelGrant(types.CalendarPermissionLevelNone)
	for i, user := range []types.DistinguishedUser{types.DistinguishedUserDefault, types.DistinguishedUserAnonymous} {
		if !slices.ContainsFunc(out, func(o permission) bool { return o.user == user }) {
			out = slices.Insert(out, min(i, len(out)), permission{user: user, grant: nothing})
		}
	}
	return out, nil
}

// permission checks one row.
func (c *call) permission(w wanted) (permission, error) {
	var p permission
	var err error
	if p.box, p.user, err = c.userOf(w.user); err != nil {
		return p, err
	}
	const every = types.PermissionHasCanCreateItems | types.PermissionHasCanCreateSubFolders | types.PermissionHasIsFolderOwner |
		types.PermissionHasIsFolderVisible | types.PermissionHasIsFolderContact | types.PermissionHasEditItems |
		types.PermissionHasDeleteItems | types.PermissionHasReadItems
	if w.level == types.CalendarPermissionLevelCustom {
		p.grant = w.details
		if p.edit == "" {
			p.edit = actNone
		}
		if p.remove == "" {
			p.remove = actNone
		}
		if p.read == "" {
			p.read = readNone
		}
		return p, nil
	}
	g, ok := levelGrant(w.level)
	if !ok {
		return p, fail(messages.ErrorInvalidPermissionSettings)
	}
	p.grant = g
	// What is said beside a level must say the same.
	same := overlay(w.said&every, g, w.details)
	same.contact = g.contact
	if same != g {
		return p, fail(messages.ErrorInvalidPermissionSettings)
	}
	p.contact = p.contact || w.details.contact
	return p, nil
}

// overlay returns g with the fields of d that were said.
func overlay(said types.Bits, g, d grant) grant {
	for _, f := range []struct {
		bit types.Bits
		set func()
	}{
		{types.PermissionHasCanCreateItems, func() { g.createItems = d.createItems }},
		{types.PermissionHasCanCreateSubFolders, func() { g.createFolders = d.createFolders }},
		{types.PermissionHasIsFolderOwner, func() { g.owner = d.owner }},
		{types.PermissionHasIsFolderVisible, func() { g.visible = d.visible }},
		{types.PermissionHasEditItems, func() { g.edit = d.edit }},
		{types.PermissionHasDeleteItems, func() { g.remove = d.remove }},
		{types.PermissionHasReadItems, func() { g.read = d.read }},
	} {
		if said.Has(f.bit) {
			f.set()
		}
	}
	return g
}

// userOf returns whom a UserId means: a mailbox, or Default or Anonymous.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/userid
func (c *call) userOf(u types.UserID) (*mailbox, types.DistinguishedUser, error) {
	if u.DistinguishedUser != "" {
		if u.SID != "" || u.PrimarySMTPAddress != "" {
			return nil, "", fail(messages.ErrorInvalidUserInfo)
		}
		return nil, u.DistinguishedUser, nil
	}
	var box *mailbox
	switch {
	case u.SID != "":
		if box = c.store.bySID(u.SID); box == nil {
			return nil, "", fail(messages.ErrorInvalidUserSid)
		}
		if u.PrimarySMTPAddress != "" && !strings.EqualFold(u.PrimarySMTPAddress, box.account.Address) {
			return nil, "", fail(messages.ErrorInvalidUserInfo)
		}
	case u.PrimarySMTPAddress != "":
		if box = c.store.mailboxOf(u.PrimarySMTPAddress); box == nil {
			return nil, "", fail(messages.ErrorInvalidUserInfo)
		}
	default:
		return nil, "", fail(messages.ErrorMissingUserIDInformation)
	}
	return box, "", nil
}
