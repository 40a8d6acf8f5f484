package ewstest

import (
	"math"
	"strconv"
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// never is met by no item: a value that its keyword cannot have.
func never(*row) bool { return false }

// criterionOf returns what a value means that is neither text nor date.
func criterionOf(sc scope, s string) condition {
	switch sc {
	case sizeScope:
		return sizeCriterion(s)
	case importanceScope:
		return func(r *row) bool {
			return strings.EqualFold(string(valueAt[types.ImportanceChoices](r.stored(), "item:Importance")), s)
		}
	case kindScope:
		return kindCriterion(strings.ToLower(s))
	case hasScope:
		if strings.EqualFold(s, "attachment") || strings.EqualFold(s, "attachments") {
			return flag("item:HasAttachments", true)
		}
		return never
	}
	want, ok := parseFlag(s)
	if !ok {
		return never
	}
	switch sc {
	case hasAttachmentScope:
		return flag("item:HasAttachments", want)
	case readScope:
		return flag("message:IsRead", want)
	case flaggedScope:
		return func(r *row) bool {
			return (valueAt[types.Flag](r.stored(), "item:Flag").FlagStatus == types.FlagStatusFlagged) == want
		}
	}
	return never
}

// flag is met by items that have the property with the value.
func flag(uri string, want bool) condition {
	return func(r *row) bool {
		v, ok := lookup[bool](r.stored(), uri)
		return ok && v == want
	}
}

func parseFlag(s string) (v, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "1":
		return true, true
	case "false", "no", "0":
		return false, true
	}
	return false, false
}

// cutRelation takes the operator from a value: "=" if there is none.
func cutRelation(s string) (op, rest string) {
	for _, op := range []string{">=", "<=", "<>", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(s, op); ok {
			return op, strings.TrimSpace(rest)
		}
	}
	return "=", s
}

// sizeCriterion compares the size: a number, perhaps with a unit, after an
// operator, or a range.
func sizeCriterion(s string) condition {
	size := func(r *row) (int64, bool) {
		n, ok := lookup[int32](r.stored(), "item:Size")
		return int64(n), ok
	}
	if low, high, ok := strings.Cut(s, ".."); ok {
		from, ok1 := parseSize(low, 0)
		to, ok2 := parseSize(high, math.MaxInt64)
		if !ok1 || !ok2 {
			return never
		}
		return func(r *row) bool {
			n, ok := size(r)
			return ok && from <= n && n <= to
		}
	}
	op, s := cutRelation(s)
	want, ok := parseSize(s, -1)
	if !ok || want < 0 {
		return never
	}
	return func(r *row) bool {
		n, ok := size(r)
		if !ok {
			return false
		}
		switch op {
		case ">":
			return n > want
		case ">=":
			return n >= want
		case "<":
			return n < want
		case "<=":
			return n <= want
		case "<>":
			return n != want
		}
		return n == want
	}
}

// parseSize reads a number of bytes, or of KB, MB or GB; empty stands for
// another.
func parseSize(s string, empty int64) (int64, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return empty, true
	}
	unit := int64(1)
	for i, name := range []string{"kb", "mb", "gb"} {
		if rest, ok := strings.CutSuffix(s, name); ok {
			s, unit = rest, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n * unit, err == nil && n >= 0 && n <= math.MaxInt64/unit
}

// kinds are the item classes of the kinds of items: the first that fits
// counts.
var kinds = []struct{ name, class string }{
	{"im", "IPM.Note.Microsoft.Conversation"},
	{"faxes", "IPM.Note.Microsoft.Fax"},
	{"voicemail", "IPM.Note.Microsoft.Voicemail"},
	{"rssfeeds", "IPM.Post.Rss"},
	{"posts", "IPM.Post"},
	{"email", "IPM.Note"},
	{"meetings", "IPM.Appointment"},
	{"meetings", "IPM.Schedule"},
	{"tasks", "IPM.Task"},
	{"notes", "IPM.StickyNote"},
	{"docs", "IPM.Document"},
	{"journals", "IPM.Activity"},
	{"contacts", "IPM.Contact"},
	{"contacts", "IPM.DistList"},
}

// queryKind returns the kind of items of the class, "" if it has none.
func queryKind(class string) string {
	for _, k := range kinds {
		// A class has the classes below it.
		if n := len(k.class); len(class) >= n && strings.EqualFold(class[:n], k.class) && (len(class) == n || class[n] == '.') {
			return k.name
		}
	}
	return ""
}

func kindCriterion(s string) condition {
	for _, k := range kinds {
		if s == k.name || s == strings.TrimSuffix(k.name, "s") {
			name := k.name
			return func(r *row) bool { return queryKind(valueAt[string](r.stored(), "item:ItemClass")) == name }
		}
	}
	return never
}
