package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// builtIn is a folder that every mailbox has.
type builtIn struct {
	name   string                          // display name in English; what parent refers to
	parent string                          // name of the parent
	id     types.DistinguishedFolderIDName // empty if it has none
	class  string                          // FolderClass; empty if it has none
	search bool                            // a search folder
	denied bool                            // GetFolder is refused, though searches show the folder
}

// The names of the two roots, which others refer to.
const (
	rootName = ""
	topName  = "Top of Information Store"
)

// builtInFolders are the folders of a new mailbox, parents before children. A
// client sees most of them only when it searches from root: they hold what
// Outlook and the server keep for themselves.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/distinguishedfolderid
var builtInFolders = []builtIn{
	{name: rootName, parent: "", id: "root"},
	{name: topName, parent: rootName, id: "msgfolderroot", class: "IPF"},

	{name: "Calendar", parent: topName, id: "calendar", class: "IPF.Appointment"},
	{name: "Birthdays", parent: "Calendar", class: "IPF.Appointment.Birthday"},
	{name: "Contacts", parent: topName, id: "contacts", class: "IPF.Contact"},
	{name: "Companies", parent: "Contacts", class: "IPF.Contact.Company"},
	{name: "GAL Contacts", parent: "Contacts", class: "IPF.Contact.GalContacts"},
	{name: "Organizational Contacts", parent: "Contacts", class: "IPF.Contact.OrganizationalContacts"},
	{name: "PeopleCentricConversation Buddies", parent: "Contacts", class: "IPF.Contact.PeopleCentricConversationBuddies"},
	{name: "Recipient Cache", parent: "Contacts", id: "recipientcache", class: "IPF.Contact.RecipientCache"},
	{name: "{06967759-274D-40B2-A3EB-D7F9E73727D7}", parent: "Contacts", id: "quickcontacts", class: "IPF.Contact.MOC.QuickContacts"},
	{name: "{A9E2BC46-B3A0-4243-B315-60D991004455}", parent: "Contacts", id: "imcontactlist", class: "IPF.Contact.MOC.ImContactList"},
	{name: "Conversation Action Settings", parent: topName, class: "IPF.Configuration"},
	{name: "Deleted Items", parent: topName, id: "deleteditems", class: "IPF.Note"},
	{name: "Drafts", parent: topName, id: "drafts", class: "IPF.Note"},
	{name: "ExternalContacts", parent: topName, class: "IPF.Contact"},
	{name: "Files", parent: topName, class: "IPF.Files"},
	{name: "Inbox", parent: topName, id: "inbox", class: "IPF.Note"},
	{name: "Journal", parent: topName, id: "journal", class: "IPF.Journal"},
	{name: "Junk Email", parent: topName, id: "junkemail", class: "IPF.Note"},
	{name: "Notes", parent: topName, id: "notes", class: "IPF.StickyNote"},
	{name: "Outbox", parent: topName, id: "outbox", class: "IPF.Note"},
	{name: "PersonMetadata", parent: topName, class: "IPF.Contact"},
	{name: "RSS Feeds", parent: topName, class: "IPF.Note.OutlookHomepage"},
	{name: "Sent Items", parent: topName, id: "sentitems", class: "IPF.Note"},
	{name: "Tasks", parent: topName, id: "tasks", class: "IPF.Task"},

	{name: "AllTodoTasks", parent: rootName, class: "IPF.Task", search: true},
	{name: "ApplicationDataRoot", parent: rootName},
	{name: "CalendarSearchCache", parent: rootName, class: "IPF.Appointment", search: true},
	{name: "Common Views", parent: rootName},
	{name: "CrawlerData", parent: rootName, class: "IPF.StoreItem.CrawlerData"},
	{name: "DefaultFoldersChangeHistory", parent: rootName, class: "IPM.DefaultFolderHistoryItem"},
	{name: "Deferred Action", parent: rootName},
	{name: "Directory", parent: rootName, id: "directory"},
	{name: "EventCheckPoints", parent: rootName, class: "IPF.StoreItem.EventCheckPoints"},
	{name: "ExchangeSyncData", parent: rootName},
	{name: "Favorites", parent: rootName, id: "favorites", class: "IPF.Note", search: true},
	{name: "Finder", parent: rootName, id: "searchfolders"},
	{name: "Voice Mail", parent: "Finder", id: "voicemail", class: "IPF.Note.Microsoft.Voicemail", search: true},
	{name: "Folder Memberships", parent: rootName, class: "IPF.Task"},
	{name: "FreeBusyLocalCache", parent: rootName, class: "IPF.StoreItem.FreeBusyCache"},
	{name: "Freebusy Data", parent: rootName},
	{name: "GraphAnalytics", parent: rootName, class: "IPF.StoreItem.GraphAnalytics"},
	{name: "Location", parent: rootName},
	{name: "MailboxAssociations", parent: rootName},
	{name: "MyContacts", parent: rootName, id: "mycontacts", class: "IPF.Note", search: true},
	{name: "MyContactsExtended", parent: rootName, class: "IPF.Note", search: true},
	{name: "ParkedMessages", parent: rootName},
	{name: "Pass-Through Search Results", parent: rootName, class: "IPF.StoreItem.PassThroughSearchResults"},
	{name: "PeopleConnect", parent: rootName, id: "peopleconnect"},
	{name: "RecoveryPoints", parent: rootName, class: "IPF.StoreItem.RecoveryPoints"},
	{name: "Recoverable Items", parent: rootName, id: "recoverableitemsroot"},
	{name: "Audits", parent: "Recoverable Items", denied: true},
	{name: "Calendar Logging", parent: "Recoverable Items"},
	{name: "Deletions", parent: "Recoverable Items", id: "recoverableitemsdeletions"},
	{name: "DiscoveryHolds", parent: "Recoverable Items", id: "recoverableitemsdiscoveryholds"},
	{name: "Purges", parent: "Recoverable Items", id: "recoverableitemspurges"},
	{name: "Versions", parent: "Recoverable Items", id: "recoverableitemsversions"},
	{name: "Reminders", parent: rootName, class: "Outlook.Reminder", search: true},
	{name: "Schedule", parent: rootName},
	{name: "ShadowItems", parent: rootName, class: "IPF.StoreItem.ShadowItems"},
	{name: "Sharing", parent: rootName, class: "IPF.Note"},
	{name: "Shortcuts", parent: rootName},
	{name: "Signal", parent: rootName, class: "IPF.StoreItem.Signal"},
	{name: "Spooler Queue", parent: rootName},
	{name: "SwssItems", parent: rootName, class: "IPF.StoreItem.SwssItems"},
	{name: "System", parent: rootName, denied: true},
	{name: "To-Do Search", parent: rootName, id: "todosearch", class: "IPF.Task", search: true},
	{name: "Views", parent: rootName},
	{name: "Working Set", parent: rootName},
}

// noFolder returns why a mailbox has no folder of a distinguished name.
func noFolder(id types.DistinguishedFolderIDName) *failure {
	switch id {
	case types.DistinguishedFolderIDNamePublicfoldersroot:
		return failf(messages.ErrorNoPublicFolderReplicaAvailable, "There are no public folder servers available.")
	case types.DistinguishedFolderIDNameAdminauditlogs:
		return fail(messages.ErrorAccessDenied)
	case types.DistinguishedFolderIDNameSyncissues, types.DistinguishedFolderIDNameConflicts,
		types.DistinguishedFolderIDNameLocalfailures, types.DistinguishedFolderIDNameServerfailures,
		types.DistinguishedFolderIDNameConversationhistory,
		types.DistinguishedFolderIDNameArchive, types.DistinguishedFolderIDNameArchiveroot,
		types.DistinguishedFolderIDNameArchivemsgfolderroot, types.DistinguishedFolderIDNameArchivedeleteditems,
		types.DistinguishedFolderIDNameArchiveinbox, types.DistinguishedFolderIDNameArchiverecoverableitemsroot,
		types.DistinguishedFolderIDNameArchiverecoverableitemsdeletions,
		types.DistinguishedFolderIDNameArchiverecoverableitemsversions,
		types.DistinguishedFolderIDNameArchiverecoverableitemspurges,
		types.DistinguishedFolderIDNameArchiverecoverableitemsdiscoveryholds:
		// Folders that Outlook makes, and those of mailboxes with an archive.
		return fail(messages.ErrorFolderNotFound)
	}
	// The schema knows the name, but the mailbox has no such folder.
	return failf(messages.ErrorInvalidOperation, "The distinguished folder name is unrecognized.")
}
