package auth

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Challenge is one way in that a server offers in WWW-Authenticate (RFC 9110,
// section 11.6.1).
type Challenge struct {
	Scheme string            // as sent, as in "Negotiate"; its case says nothing
	Token  Secret            // what stands in place of parameters, as in a step of NTLM's handshake
	Params map[string]string // by name in lower case, as in "realm"; nil: none
}

// Is reports whether c is of the scheme.
func (c Challenge) Is(scheme string) bool { return strings.EqualFold(c.Scheme, scheme) }

// String returns c as it stands in the header, parameters sorted and quoted,
// without the token.
func (c Challenge) String() string {
	var b strings.Builder
	b.WriteString(c.Scheme)
	if c.Token != "" {
		b.WriteString(" " + mask)
	}
	sep := " "
	for _, key := range slices.Sorted(maps.Keys(c.Params)) {
		b.WriteString(sep + key + `="` + escape.Replace(c.Params[key]) + `"`)
		sep = ", "
	}
	return b.String()
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// Challenges returns what the WWW-Authenticate headers of an answer offer, in
// their order. Several may stand in one header. What is malformed is passed
// over; of a parameter that is there twice, the first counts. What comes after
// the first 100 challenges, or 100 parameters of one, is left out.
func Challenges(h http.Header) []Challenge {
	var out []Challenge
	for _, v := range h.Values("WWW-Authenticate") {
		p := challengeParser{rest: v}
		out = append(out, p.all(most-len(out))...)
	}
	return out
}

// most is how many challenges are read, and how many parameters of one:
// headers may have megabytes.
const most = 100

// challengeParser reads one header. A comma separates challenges, and
// parameters of a challenge, too: a word that "=" follows is a parameter's
// name, any other is a scheme.
type challengeParser struct{ rest string }

func (p *challengeParser) all(most int) []Challenge {
	var out []Challenge
	for {
		p.rest = strings.TrimLeft(p.rest, " \t,")
		if p.rest == "" {
			return out
		}
		word := p.take(isToken)
		if word == "" {
			p.rest = p.rest[1:] // not of the grammar
			continue
		}
		if value, ok := p.value(); ok {
			if len(out) > 0 {
				out[len(out)-1].set(word, value)
			}
			continue
		}
		if len(out) >= most {
			return out
		}
		c := Challenge{Scheme: word}
		if p.rest != "" && (p.rest[0] == ' ' || p.rest[0] == '\t') {
			p.blank()
			if c.Token = p.token68(); c.Token == "" {
				p.skipWords()
			}
		}
		out = append(out, c)
	}
}

func (c *Challenge) set(key, value string) {
	if c.Token != "" {
		return // a challenge has the one or the other
	}
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	key = strings.ToLower(key)
	if _, ok := c.Params[key]; !ok && len(c.Params) < most {
		c.Params[key] = value
	}
}

// value reads "=" and what follows it, a word or a quoted string, if "=" is
// next.
func (p *challengeParser) value() (string, bool) {
	before := p.rest
	p.blank()
	if !strings.HasPrefix(p.rest, "=") {
		p.rest = before
		return "", false
	}
	p.rest = p.rest[1:]
	p.blank()
	if strings.HasPrefix(p.rest, `"`) {
		return p.quoted(), true
	}
	// More than the grammar has without quotes: servers forget them.
	return p.take(func(c byte) bool { return c > ' ' && c != ',' && c != 0x7F }), true
}

// quoted reads a quoted string; one that does not end goes to the end.
func (p *challengeParser) quoted() string {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.rest = p.rest[i+1:]
			return b.String()
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	p.rest = ""
	return b.String()
}

// token68 reads a token that stands in place of parameters: all up to the next
// comma or the end.
func (p *challengeParser) token68() Secret {
	before := p.rest
	token := p.take(func(c byte) bool { return isAlnum(c) || strings.IndexByte("-._~+/", c) >= 0 })
	if token != "" {
		token += p.take(func(c byte) bool { return c == '=' })
		p.blank()
		if p.rest == "" || p.rest[0] == ',' {
			return Secret(token)
		}
	}
	p.rest = before
	return ""
}

// skipWords passes over words behind a scheme that are neither a token nor
// parameters: they are no schemes.
func (p *challengeParser) skipWords() {
	before := p.rest
	p.take(isToken)
	p.blank()
	if strings.HasPrefix(p.rest, "=") {
		p.rest = before
		return
	}
	p.take(func(c byte) bool { return c != ',' })
}

func (p *challengeParser) blank() { p.rest = strings.TrimLeft(p.rest, " \t") }

// take reads bytes of one kind.
func (p *challengeParser) take(kind func(byte) bool) string {
	n := 0
	for n < len(p.rest) && kind(p.rest[n]) {
		n++
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken
}

func isAlnum(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' }

// isToken reports whether a token may have c (RFC 9110, section 5.6.2).
func isToken(c byte) bool { return isAlnum(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0 }
