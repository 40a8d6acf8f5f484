package ewstest

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// discoverAnswer is what the SOAP service answers.
type discoverAnswer struct {
	code, text string
	parts      []discoverPart
}

// discoverPart is the answer for one user or domain.
type discoverPart struct {
	code, text string
	target     string // of a redirection
	values     []discoverValue
}

// discoverValue is a setting: its value, or why there is none.
type discoverValue struct {
	name, text string
	code       string   // empty if there is a value
	box        *mailbox // whose alternate mailboxes are the value; else nil
}

// discoverAnswer does what was asked. The parts whose places are keys of failed
// fail with those codes.
func (x *exchange) discoverAnswer(c *discoverCall, failed map[int]messages.ResponseCode, text string) discoverAnswer {
	refuse := func(format string, args ...any) discoverAnswer {
		return discoverAnswer{code: discoverInvalidRequest, text: fmt.Sprintf(format, args...)}
	}
	limit := x.srv.cfg.Autodiscover.MaxUsers
	what := "users"
	if c.op == opDomainSettings {
		what = "domains"
	}
	switch {
	case !discoverVersion(x.log.Version):
		return refuse("The header RequestedServerVersion is missing or names no version.")
	case len(c.targets) == 0:
		return refuse("The request names no %s.", what)
	case len(c.settings) == 0:
		return refuse("The request names no settings.")
	case len(c.targets) > limit:
		return refuse("The request names %d %s; at most %d are allowed.", len(c.targets), what, limit)
	}
	a := discoverAnswer{code: discoverNoError}
	for i, t := range c.targets {
		if code := failed[i]; code != "" {
			a.parts = append(a.parts, discoverPart{code: discoverCode(code), text: cmp.Or(text, string(code))})
			continue
		}
		if c.op == opDomainSettings {
			a.parts = append(a.parts, x.discoverDomain(t, c.settings))
		} else {
			a.parts = append(a.parts, x.discoverUser(t, c.settings))
		}
	}
	return a
}

// discoverVersion reports whether a request may name the version: those that
// Microsoft lists, and the later ones that clients send and servers take.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/requestedserverversion-soap
func discoverVersion(v types.ExchangeVersion) bool {
	known, err := validator()
	return err == nil && v != "" && known.Knows(string(v))
}

func (x *exchange) discoverUser(address string, settings []string) discoverPart {
	d := x.srv.discover(address)
	switch {
	case d.address != "":
		return discoverPart{code: discoverRedirectAddress, text: "Redirection address.", target: d.address}
	case d.url != "":
		return discoverPart{code: discoverRedirectURL, text: "Redirection Url.", target: d.url}
	case d.box == nil:
		return discoverPart{code: discoverInvalidUser, text: fmt.Sprintf("Invalid user: '%s'", address)}
	}
	p := discoverPart{code: discoverNoError, text: "No error."}
	for _, name := range settings {
		v := discoverValue{name: name, text: x.srv.setting(d.box, name, x.r.Host)}
		if name == alternateMailboxes && len(d.box.account.AlternateMailboxes) > 0 {
			v.box = d.box
		}
		p.values = append(p.values, v.judged(userSettingNames))
	}
	return p
}

func (x *exchange) discoverDomain(domain string, settings []string) discoverPart {
	switch to := x.srv.cfg.Autodiscover.Redirects[strings.ToLower(domain)]; {
	case strings.Contains(to, "://"):
		return discoverPart{code: discoverRedirectURL, text: "Redirection Url.", target: to}
	case to != "":
		_, to, _ = strings.Cut(to, "@")
		return discoverPart{code: discoverRedirectAddress, text: "Redirection address.", target: to}
	case !x.srv.hasDomain(domain):
		return discoverPart{code: discoverInvalidDomain, text: fmt.Sprintf("Invalid domain: '%s'", domain)}
	}
	p := discoverPart{code: discoverNoError, text: "No error."}
	for _, name := range settings {
		v := discoverValue{name: name}
		if domainSettingNames[name] {
			v.text = x.srv.domainSetting(name, x.r.Host)
		}
		p.values = append(p.values, v.judged(domainSettingNames))
	}
	return p
}

// judged returns v with the code that says why it has no value.
func (v discoverValue) judged(known map[string]bool) discoverValue {
	switch {
	case !known[v.name]:
		v.code, v.text = discoverInvalidSetting, fmt.Sprintf("Invalid setting: '%s'", v.name)
	case v.text == "" && v.box == nil:
		v.code, v.text = discoverNotAvailable, fmt.Sprintf("Setting '%s' is not available.", v.name)
	}
	return v
}

// noteDiscover puts the outcome into the log.
func (x *exchange) noteDiscover(a discoverAnswer) {
	x.log.Code, x.log.Parts = messages.ResponseCode(a.code), len(a.parts)
	for _, p := range a.parts {
		if p.code != discoverNoError {
			x.log.Code = messages.ResponseCode(p.code)
			return
		}
	}
}

// answerDiscover sends the answer. The order of elements is that of the schema,
// in which a domain's differs from a user's.
func (x *exchange) answerDiscover(c *discoverCall, a discoverAnswer) {
	x.noteDiscover(a)
	kind := strings.TrimSuffix(strings.TrimPrefix(c.op, "Get"), "Settings") // User or Domain
	x.sendDiscover(http.StatusOK, c.op, func(e *wire.Encoder) {
		e.Start(c.op + "ResponseMessage")
		e.AttrString("xmlns", discoverURI, true)
		e.Start("Response")
		e.AttrString("xmlns:xsi", wire.XSIURI, true)
		e.String("ErrorCode", a.code, true)
		e.String("ErrorMessage", a.text, true)
		e.Start(kind + "Responses")
		for _, p := range a.parts {
			e.Start(kind + "Response")
			e.String("ErrorCode", p.code, true)
			e.String("ErrorMessage", p.text, true)
			target := func() {
				if p.target == "" {
					e.NilElem("RedirectTarget")
					return
				}
				e.String("RedirectTarget", p.target, true)
			}
			if kind == "User" {
				target()
			}
			p.encode(e, kind)
			if kind == "Domain" {
				target()
			}
			e.End(kind + "Response")
		}
		e.End(kind + "Responses")
		e.End("Response")
		e.End(c.op + "ResponseMessage")
	})
}

// encode writes the settings: first those that have no value.
func (p discoverPart) encode(e *wire.Encoder, kind string) {
	e.Start(kind + "SettingErrors")
	for _, v := range p.values {
		if v.code != "" {
			e.Start(kind + "SettingError")
			e.String("ErrorCode", v.code, true)
			e.String("ErrorMessage", v.text, true)
			e.String("SettingName", v.name, true)
			e.End(kind + "SettingError")
		}
	}
	e.End(kind + "SettingErrors")
	e.Start(kind + "Settings")
	for _, v := range p.values {
		if v.code == "" {
			v.encode(e, kind)
		}
	}
	e.End(kind + "Settings")
}

// encode writes a setting that has a value.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/usersetting-soap
func (v discoverValue) encode(e *wire.Encoder, kind string) {
	e.Start(kind + "Setting")
	switch {
	case v.box != nil:
		e.AttrString("xsi:type", "AlternateMailboxCollectionSetting", true)
		e.String("Name", v.name, true)
		e.Start("AlternateMailboxes")
		for _, m := range v.box.account.AlternateMailboxes {
			e.Start("AlternateMailbox")
			e.String("Type", m.Type, true)
			e.String("DisplayName", m.Name, true)
			e.String("LegacyDN", m.LegacyDN, true)
			e.String("Server", m.Server, true)
			e.String("SmtpAddress", m.Address, false)
			e.End("AlternateMailbox")
		}
		e.End("AlternateMailboxes")
	case v.name == internalWebClients || v.name == externalWebClients:
		e.AttrString("xsi:type", "WebClientUrlCollectionSetting", true)
		e.String("Name", v.name, true)
		e.Start("WebClientUrls")
		e.Start("WebClientUrl")
		e.String("AuthenticationMethods", "Basic, Fba", true)
		e.String("Url", v.text, true)
		e.End("WebClientUrl")
		e.End("WebClientUrls")
	case kind == "Domain":
		e.AttrString("xsi:type", "DomainStringSetting", true)
		e.String("Name", v.name, true)
		e.String("Value", v.text, true)
	default:
		e.AttrString("xsi:type", "StringSetting", true)
		e.String("Name", v.name, true)
		e.String("Value", v.text, true)
	}
	e.End(kind + "Setting")
}
