package ewstest

import "strings"

// Languages returns the languages that Config.Language may be.
func Languages() []string { return []string{"en-US", "da-DK"} }

// language returns the known spelling of a language, "" if it is unknown.
func language(name string) string {
	for _, l := range Languages() {
		if strings.EqualFold(l, strings.ReplaceAll(name, "_", "-")) {
			return l
		}
	}
	return ""
}

// localName returns the display name of a folder that every mailbox has in a
// language. Folders that Outlook does not show keep their English names.
func localName(name, language string) string {
	if language == "da-DK" {
		if s, ok := danish[name]; ok {
			return s
		}
	}
	return name
}

// danish are the names that Exchange gives to a mailbox whose regional
// configuration is Danish.
var danish = map[string]string{
	topName:                        "Informationslagerets øverste niveau",
	"Birthdays":                    "Fødselsdage",
	"Calendar":                     "Kalender",
	"Companies":                    "Firmaer",
	"Contacts":                     "Kontaktpersoner",
	"Conversation Action Settings": "Indstillinger for samtalehandlinger",
	"Deleted Items":                "Slettet post",
	"Drafts":                       "Kladder",
	"Files":                        "Filer",
	"Inbox":                        "Indbakke",
	"Journal":                      "Journal",
	"Junk Email":                   "Uønsket e-mail",
	"Notes":                        "Noter",
	"Outbox":                       "Udbakke",
	"Reminders":                    "Påmindelser",
	"Sent Items":                   "Sendt post",
	"Tasks":                        "Opgaver",
}
