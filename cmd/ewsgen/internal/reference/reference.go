// Package reference has what the schema does not say of the contract: what the
// operations and the main types are for, in our words, the pages of
// Microsoft's reference about them, and the units of numbers.
package reference

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// base is where the reference is.
const base = "https://learn.microsoft.com/exchange/client-developer/web-service-reference/"

// Entry is what the reference says of an operation or a type.
type Entry struct {
	// Page is the address of the page, empty if there is none.
	Page string
	// Says is a sentence without its subject and its end, as in "finds items",
	// "an e-mail message"; empty if there is none.
	Says string
}

//go:embed operations.tsv
var operationTable string

//go:embed types.tsv
var typeTable string

var (
	operations = sync.OnceValue(func() map[string]Entry { return parse(operationTable) })
	types      = sync.OnceValue(func() map[string]Entry { return parse(typeTable) })
)

// Operation returns what is known of the operation with the name.
func Operation(name string) Entry { return operations()[name] }

// Type returns what is known of the type. The types of one local name in both
// namespaces are the same in the reference.
func Type(n xsd.Name) Entry { return types()[n.Local] }

// Operations returns the names of the operations that there is an entry for.
func Operations() []string {
	var out []string
	for line := range strings.Lines(operationTable) {
		name, _, _ := strings.Cut(line, "\t")
		out = append(out, name)
	}
	return out
}

// parse reads lines of name, page and sentence, tab-separated.
func parse(table string) map[string]Entry {
	m := map[string]Entry{}
	for line := range strings.Lines(table) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		page, says, _ := strings.Cut(rest, "\t")
		if page != "" {
			page = base + page
		}
		m[name] = Entry{Page: page, Says: says}
	}
	return m
}

// Unit returns the unit of an element or attribute of a type, or its range, as
// in "bytes"; empty if it has none, or its name says it.
func Unit(owner xsd.Name, name string) string {
	if u, ok := units[owner.Local+"/"+name]; ok {
		return u
	}
	return units[name]
}

// units are by name of the element or attribute, with the local name of the
// type before it where that matters.
var units = map[string]string{
	"Size":                       "bytes",
	"ReminderMinutesBeforeStart": "minutes",
	"ActualWork":                 "minutes",
	"TotalWork":                  "minutes",
	"PercentComplete":            "0 to 100",
	"MaximumBodySize":            "bytes",
	"AppointmentState":           "bits: 1 a meeting, 2 received, 4 cancelled",
	"GetStreamingEventsType/ConnectionTimeout":    "minutes, 1 to 30",
	"PullSubscriptionRequestType/Timeout":         "minutes, 1 to 1440",
	"PushSubscriptionRequestType/StatusFrequency": "minutes, 1 to 1440",
	"SerializableTimeZone/Bias":                   "minutes, UTC minus local time",
	"SerializableTimeZoneTime/Bias":               "minutes, added to the zone's",
	"SyncFolderItemsType/MaxChangesReturned":      "1 to 512",
	"RelevanceScore":                              "the smaller, the more relevant",
	"StartWallClock":                              "in the zone of StartTimeZoneId",
	"EndWallClock":                                "in the zone of EndTimeZoneId",
}
