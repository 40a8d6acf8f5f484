package ewstest

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-1937cc67/goews/gen/types"
)

// scope is what a criterion looks at.
type scope string

const (
	anyScope           scope = "any"
	subjectScope       scope = "subject"
	bodyScope          scope = "body"
	fromScope          scope = "from"
	toScope            scope = "to"
	ccScope            scope = "cc"
	bccScope           scope = "bcc"
	participantsScope  scope = "participants"
	attachmentScope    scope = "attachment"
	categoryScope      scope = "category"
	receivedScope      scope = "received"
	sentScope          scope = "sent"
	sizeScope          scope = "size"
	importanceScope    scope = "importance"
	kindScope          scope = "kind"
	hasAttachmentScope scope = "hasattachment"
	hasScope           scope = "has"
	readScope          scope = "isread"
	flaggedScope       scope = "isflagged"
)

// keywords are the names of the scopes in a query string, in lower case.
var keywords = map[string]scope{
	"subject": subjectScope, "body": bodyScope, "content": bodyScope, "from": fromScope, "to": toScope, "cc": ccScope, "bcc": bccScope,
	"participants": participantsScope, "attachment": attachmentScope, "attachments": attachmentScope, "attachmentnames": attachmentScope,
	"category": categoryScope, "categories": categoryScope, "received": receivedScope, "sent": sentScope, "size": sizeScope,
	"importance": importanceScope, "kind": kindScope, "hasattachment": hasAttachmentScope, "hasattachments": hasAttachmentScope,
	"has": hasScope, "isread": readScope, "read": readScope, "isflagged": flaggedScope,
}

// isText reports whether the scope is one of texts, which are matched by word.
func (sc scope) isText() bool {
	switch sc {
	case anyScope, subjectScope, bodyScope, fromScope, toScope, ccScope, bccScope, participantsScope, attachmentScope, categoryScope:
		return true
	}
	return false
}

// text reads a word or phrase that has to stand in the texts of the scope.
func (p *queryParser) text(sc scope, t token) condition {
	m := wordMatcher{prefix: true}
	if t.kind == phraseToken {
		m.prefix, m.all = t.star, t.star
	}
	m.words = words(foldCase(t.text))
	if len(m.words) == 0 {
		if strings.Contains(t.text, "*") && sc != anyScope {
			return func(r *row) bool { return anyText(r, sc, func(s string) bool { return s != "" }) }
		}
		return nil // nothing but punctuation
	}
	if !p.not {
		p.query.terms = append(p.query.terms, types.HighlightTerm{Scope: string(sc), Value: strings.Trim(t.text, "*")})
	}
	return func(r *row) bool { return anyText(r, sc, m.match) }
}

// wordMatcher looks for words that stand side by side.
type wordMatcher struct {
	words  []string // folded
	prefix bool     // the last may be the beginning of a word
	all    bool     // so may each
}

func (m wordMatcher) match(s string) bool {
	s = foldCase(s)
	for at := 0; ; {
		start, end := nextWord(s, at)
		if start == len(s) {
			return false
		}
		if m.fits(0, s[start:end]) && m.follows(s, end) {
			return true
		}
		at = end
	}
}

// follows reports whether the words but the first come next.
func (m wordMatcher) follows(s string, at int) bool {
	for n := 1; n < len(m.words); n++ {
		start, end := nextWord(s, at)
		if !m.fits(n, s[start:end]) {
			return false
		}
		at = end
	}
	return true
}

func (m wordMatcher) fits(n int, word string) bool {
	if m.all || m.prefix && n == len(m.words)-1 {
		return strings.HasPrefix(word, m.words[n])
	}
	return word == m.words[n]
}

// nextWord returns where the first word from at on begins and ends.
func nextWord(s string, at int) (start, end int) {
	for start = at; start < len(s); {
		r, n := utf8.DecodeRuneInString(s[start:])
		if inWord(r) {
			break
		}
		start += n
	}
	for end = start; end < len(s); {
		r, n := utf8.DecodeRuneInString(s[end:])
		if !inWord(r) {
			break
		}
		end += n
	}
	return start, end
}

// anyText reports whether one of the texts of the scope is as wanted.
func anyText(r *row, sc scope, is func(string) bool) bool {
	v := r.stored()
	switch sc {
	case subjectScope:
		return is(valueAt[string](v, "item:Subject"))
	case bodyScope:
		b, ok := lookup[types.Body](v, "item:Body")
		return ok && is(plainText(b))
	case categoryScope:
		return slices.ContainsFunc(valueAt[[]string](v, "item:Categories"), is)
	case attachmentScope:
		return r.item != nil && anyAttachment(r.item.attached, is)
	case fromScope:
		return anyMailbox(v, is, "message:From", "message:Sender", "calendar:Organizer")
	case toScope:
		return anyMailbox(v, is, "message:ToRecipients", "calendar:RequiredAttendees")
	case ccScope:
		return anyMailbox(v, is, "message:CcRecipients", "calendar:OptionalAttendees")
	case bccScope:
		return anyMailbox(v, is, "message:BccRecipients", "calendar:Resources")
	case participantsScope:
		// The senders, too, as in the query language of Exchange 2013 and later.
		return anyText(r, fromScope, is) || anyText(r, toScope, is) || anyText(r, ccScope, is) || anyText(r, bccScope, is)
	}
	for _, uri := range indexedTexts {
		if s, ok := lookup[string](v, uri); ok && is(s) {
			return true
		}
	}
	for _, e := range valueAt[[]types.EmailAddressDictionaryEntry](v, "contacts:EmailAddresses") {
		if is(e.Value) {
			return true
		}
	}
	return anyText(r, participantsScope, is) || anyText(r, bodyScope, is) || anyText(r, attachmentScope, is) || anyText(r, categoryScope, is)
}

// indexedTexts are the properties in which words without a keyword are looked
// for, besides those that have one.
var indexedTexts = []string{
	"item:Subject", "calendar:Location", "contacts:DisplayName", "contacts:FileAs", "contacts:GivenName", "contacts:MiddleName",
	"contacts:Surname", "contacts:Nickname", "contacts:CompanyName", "contacts:Department", "contacts:JobTitle",
	"contacts:OfficeLocation", "contacts:Manager", "contacts:AssistantName",
}

// anyMailbox reports whether a name or an address is as wanted.
func anyMailbox(v types.Properties, is func(string) bool, uris ...string) bool {
	one := func(m *types.EmailAddress) bool {
		return m.Name != "" && is(m.Name) || m.EmailAddress != "" && is(m.EmailAddress)
	}
	for _, uri := range uris {
		p, ok := classOf(v).prop(uri)
		if !ok || !has(v, p) {
			continue
		}
		switch x := v.PropertyPtr(p.Bit).(type) {
		case *types.EmailAddress:
			if one(x) {
				return true
			}
		case *[]types.EmailAddress:
			for n := range *x {
				if one(&(*x)[n]) {
					return true
				}
			}
		case *[]types.Attendee:
			for n := range *x {
				if one(&(*x)[n].Mailbox) {
					return true
				}
			}
		}
	}
	return false
}

// anyAttachment reports whether the name, or the text, of an attachment is as
// wanted.
func anyAttachment(list []*attachment, is func(string) bool) bool {
	for _, a := range list {
		switch d := a.data.(type) {
		case *types.FileAttachment:
			if is(d.Name) || strings.HasPrefix(d.ContentType, "text/") && utf8.Valid(d.Content) && is(string(d.Content)) {
				return true
			}
		case *types.ItemAttachment:
			if is(d.Name) {
				return true
			}
		}
		if anyAttachment(a.attached, is) {
			return true
		}
	}
	return false
}

// plainText returns the text of a body.
func plainText(b types.Body) string { return convertBody(b, types.BodyTypeResponseText).Value }
