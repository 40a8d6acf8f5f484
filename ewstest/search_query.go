package ewstest

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/seed-1937cc67/goews/gen/types"
)

// A query string is a search in the Advanced Query Syntax: words, phrases,
// criteria such as subject:word or received:today, joined by AND, OR, NOT and
// parentheses. What is malformed is read as well as it can be: there is no
// query that is an error.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/querystring-querystringtype
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-perform-an-aqs-search-by-using-ews-in-exchange

// maxQueryDepth bounds how deep parentheses nest; deeper ones do not count.
const maxQueryDepth = 64

// query is a query string that was read.
type query struct {
	meets condition // nil if the string says nothing
	terms []types.HighlightTerm
}

// queryContext is what the meaning of a query depends on.
type queryContext struct {
	now      time.Time // where the user is
	dayFirst bool      // 1/2 is the first of February
}

// parseQuery reads a query string.
func parseQuery(s string, ctx queryContext) *query {
	p := &queryParser{tokens: scanQuery(s), ctx: ctx, query: &query{}}
	var cs []condition
	for p.peek().kind != endToken {
		cs = append(cs, p.or(anyScope, 0))
		if p.peek().kind == closeToken {
			p.next() // one too many
		}
	}
	p.query.meets = allOf(cs)
	return p.query
}

// tokenKind is the kind of a token.
type tokenKind uint8

const (
	endToken tokenKind = iota
	wordToken
	phraseToken // in quotes
	keyToken    // a keyword and its colon
	openToken
	closeToken
	andToken
	orToken
	notToken
)

// token is a piece of a query string.
type token struct {
	kind tokenKind
	text string // of a word or phrase; the scope's name of a keyword
	star bool   // of a phrase: an asterisk follows
}

// scanQuery splits a query string. The last token is an endToken.
func scanQuery(s string) []token {
	var list []token
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case unicode.IsSpace(r):
			s = s[n:]
		case r == '(':
			list, s = append(list, token{kind: openToken}), s[n:]
		case r == ')':
			list, s = append(list, token{kind: closeToken}), s[n:]
		case r == '+':
			// AND is what stands between two criteria anyway.
			list, s = append(list, token{kind: andToken}), s[n:]
		case r == '-':
			list, s = append(list, token{kind: notToken}), s[n:]
		case r == '"':
			text, rest, _ := strings.Cut(s[n:], `"`)
			t := token{kind: phraseToken, text: text}
			if rest, t.star = strings.CutPrefix(rest, "*"); text != "" {
				list = append(list, t)
			}
			s = rest
		default:
			end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`()"`, r) })
			if end < 0 {
				end = len(s)
			}
			t, n := scanWord(s[:end])
			list, s = append(list, t), s[n:]
		}
	}
	return append(list, token{kind: endToken})
}

// scanWord reads a word that may be a connector or begin with a keyword. It
// returns the length of what it read.
func scanWord(s string) (t token, n int) {
	switch s {
	case "AND":
		return token{kind: andToken}, len(s)
	case "OR":
		return token{kind: orToken}, len(s)
	case "NOT":
		return token{kind: notToken}, len(s)
	}
	if key, _, ok := strings.Cut(s, ":"); ok {
		if name, ok := keywords[strings.ToLower(key)]; ok {
			return token{kind: keyToken, text: string(name)}, len(key) + 1
		}
	}
	return token{kind: wordToken, text: s}, len(s)
}

// queryParser makes conditions of tokens.
type queryParser struct {
	tokens []token
	at     int
	ctx    queryContext
	query  *query
	not    bool // below an odd number of NOTs
}

func (p *queryParser) peek() token { return p.tokens[p.at] }

func (p *queryParser) next() token {
	t := p.tokens[p.at]
	if t.kind != endToken {
		p.at++
	}
	return t
}

// or reads criteria up to a closing parenthesis or the end. Words in it are
// values of the scope.
func (p *queryParser) or(sc scope, depth int) condition {
	cs := []condition{p.and(sc, depth)}
	for p.peek().kind == orToken {
		p.next()
		cs = append(cs, p.and(sc, depth))
	}
	return oneOf(cs)
}

// and reads criteria that all have to be met: AND need not be said.
func (p *queryParser) and(sc scope, depth int) condition {
	var cs []condition
	for {
		switch p.peek().kind {
		case andToken:
			p.next()
		case endToken, closeToken, orToken:
			return allOf(cs)
		default:
			cs = append(cs, p.one(sc, depth))
		}
	}
}

// one reads one criterion.
func (p *queryParser) one(sc scope, depth int) condition {
	t := p.next()
	if depth >= maxQueryDepth {
		return nil
	}
	switch t.kind {
	case notToken:
		return p.negated(sc, depth+1)
	case openToken:
		return p.group(sc, depth+1)
	case keyToken:
		return p.criterion(scope(t.text), depth+1)
	case wordToken, phraseToken:
		if t.kind == wordToken && p.saysHas(p.at-1) {
			p.next() // "has attachment:true"
			return p.criterion(hasAttachmentScope, depth+1)
		}
		p.at--
		return p.value(sc)
	}
	return nil
}

// saysHas reports whether the tokens from at on are "has attachment:".
func (p *queryParser) saysHas(at int) bool {
	return strings.EqualFold(p.tokens[at].text, "has") && p.tokens[at+1].kind == keyToken && scope(p.tokens[at+1].text) == attachmentScope
}

// negated reads what follows a NOT. NOT before nothing says nothing.
func (p *queryParser) negated(sc scope, depth int) condition {
	for n := 1; ; n++ {
		switch p.peek().kind {
		case notToken:
			p.next()
			continue
		case endToken, closeToken, orToken, andToken:
			return nil
		}
		was := p.not
		p.not = was != (n%2 == 1)
		c := p.one(sc, depth)
		p.not = was
		if c == nil || n%2 == 0 {
			return c
		}
		return func(r *row) bool { return !c(r) }
	}
}

// group reads what is in parentheses.
func (p *queryParser) group(sc scope, depth int) condition {
	c := p.or(sc, depth)
	if p.peek().kind == closeToken {
		p.next()
	}
	return c
}

// criterion reads what follows a keyword: a value, several in parentheses, or
// NOT and a value.
func (p *queryParser) criterion(sc scope, depth int) condition {
	switch t := p.peek(); {
	case t.kind == openToken:
		p.next()
		return p.group(sc, depth)
	case t.kind == notToken:
		p.next()
		return p.negated(sc, depth)
	case sc == hasScope && t.kind == keyToken && scope(t.text) == attachmentScope:
		p.next() // "has:attachment:true"
		return p.criterion(hasAttachmentScope, depth)
	case t.kind != wordToken && t.kind != phraseToken:
		return nil // a keyword without a value
	}
	quoted := p.peek().kind == phraseToken
	cs := []condition{p.value(sc)}
	// Bare words that follow a bare word belong to the keyword, too.
	for sc.isText() && !quoted && p.peek().kind == wordToken && !p.saysHas(p.at) {
		cs = append(cs, p.value(sc))
	}
	return allOf(cs)
}

// value reads a value of the scope.
func (p *queryParser) value(sc scope) condition {
	if sc.isText() {
		return p.text(sc, p.next())
	}
	if sc == receivedScope || sc == sentScope {
		return p.date(sc)
	}
	return criterionOf(sc, p.next().text)
}

// allOf is met where all conditions are that say something; nil if none does.
func allOf(cs []condition) condition {
	cs = slices.DeleteFunc(cs, func(c condition) bool { return c == nil })
	switch len(cs) {
	case 0:
		return nil
	case 1:
		return cs[0]
	}
	return func(r *row) bool {
		for _, c := range cs {
			if !c(r) {
				return false
			}
		}
		return true
	}
}

// oneOf is met where one of the conditions is; nil if none says something.
func oneOf(cs []condition) condition {
	cs = slices.DeleteFunc(cs, func(c condition) bool { return c == nil })
	switch len(cs) {
	case 0:
		return nil
	case 1:
		return cs[0]
	}
	return func(r *row) bool {
		for _, c := range cs {
			if c(r) {
				return true
			}
		}
		return false
	}
}
