package ewstest

import (
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// The namespaces of the XML protocol. Microsoft's pages show them with https,
// the schemas have http.
const (
	poxRequestURI  = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
	poxResponseURI = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
	poxOutlookURI  = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)

// The codes of the XML protocol, and what is said with them.
//
// https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxdscli/713ef4f4-83b2-4375-9d64-60c97ee5b166
var poxTexts = map[int]string{
	500: "The e-mail address cannot be found.",
	501: "Bad Address: there are no settings for it.",
	600: "Invalid Request",
	601: "Provider is not available",
	602: "Bad Address: its settings are in error.",
	603: "Internal error",
}

// serveDiscoverPOX answers what is sent to autodiscover.xml. A GET is a request
// without its document.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-web-service-reference-for-exchange
func (x *exchange) serveDiscoverPOX() {
	user := x.authenticate()
	if user == nil {
		return
	}
	x.log.Op = opPOX
	switch x.r.Method {
	case http.MethodPost, http.MethodGet, http.MethodHead:
	default:
		x.w.Header().Set("Allow", "GET, HEAD, POST")
		x.w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, ok := x.read()
	if !ok {
		return
	}
	code, find := x.readPOX(body)
	if code == 0 {
		if x.rule = x.srv.faults.hit(x.log.Request); x.rule != nil {
			x.log.Fault = true
			x.rule.serve(x, served{
				refuse: func(f *refusal) { x.refusePOX(poxCode(f.code), f.text) },
				work: func(*rule) (answer, note func()) {
					return func() { x.answerPOX(find()) }, func() { x.log.Code = messages.NoError }
				},
			})
			return
		}
		x.answerPOX(find())
		return
	}
	x.refusePOX(code, poxTexts[code])
}

// readPOX returns how to look up whom a request asks for, or the code of what is
// wrong with it.
func (x *exchange) readPOX(body []byte) (int, func() discovered) {
	root, err := readElement(body)
	if err != nil || x.r.Method != http.MethodPost || root.name.Space != poxRequestURI || root.name.Local != poxShape.name || poxShape.check(root) != nil {
		return 600, nil
	}
	request := root.child(poxRequestURI, "Request")
	address, dn := request.child(poxRequestURI, "EMailAddress").value(), request.child(poxRequestURI, "LegacyDN").value()
	switch {
	case address == "" && dn == "":
		return 600, nil
	case request.child(poxRequestURI, "AcceptableResponseSchema").value() != poxOutlookURI:
		return 601, nil
	}
	return 0, func() discovered {
		if address != "" {
			return x.srv.discover(address)
		}
		return discovered{box: x.srv.store.byLegacyDN(dn)}
	}
}

// poxCode is the number of a fault's code, which may be one itself.
func poxCode(code messages.ResponseCode) int {
	if n, err := strconv.Atoi(string(code)); err == nil {
		return n
	}
	switch discoverCode(code) {
	case discoverInvalidUser, discoverInvalidDomain:
		return 500
	case discoverInvalidRequest:
		return 600
	}
	return 603
}

// answerPOX sends what there is to say of a user.
func (x *exchange) answerPOX(d discovered) {
	x.log.Code, x.log.Parts = messages.NoError, 1
	switch {
	case d.address != "":
		x.log.Code = discoverRedirectAddress
		x.sendPOX(poxOutlookURI, func(e *wire.Encoder) {
			e.Start("Account")
			e.String("Action", "redirectAddr", true)
			e.String("RedirectAddr", d.address, true)
			e.End("Account")
		})
	case d.url != "":
		x.log.Code = discoverRedirectURL
		x.sendPOX(poxOutlookURI, func(e *wire.Encoder) {
			e.Start("Account")
			e.String("Action", "redirectUrl", true)
			e.String("RedirectUrl", d.url, true)
			e.End("Account")
		})
	case d.box == nil:
		x.refusePOX(500, poxTexts[500])
	default:
		x.sendPOX(poxOutlookURI, func(e *wire.Encoder) { x.encodePOX(e, d.box) })
	}
}

// refusePOX answers with an error, as ever with status 200. It stands in the
// namespace of the document, other than settings and redirects do.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/error-pox
func (x *exchange) refusePOX(code int, text string) {
	x.log.Code = messages.ResponseCode(strconv.Itoa(code))
	host := fnv.New32a()
	_, _ = host.Write([]byte(x.r.Host)) // never fails
	x.sendPOX(poxResponseURI, func(e *wire.Encoder) {
		e.Start("Error")
		e.AttrString("Time", x.srv.cfg.Clock().Format("15:04:05.0000000"), true)
		e.AttrString("Id", strconv.FormatUint(uint64(host.Sum32()), 10), true)
		e.Int("ErrorCode", int64(code), true)
		e.String("Message", text, true)
		e.String("DebugData", "", true)
		e.End("Error")
	})
}

func (x *exchange) sendPOX(uri string, write func(*wire.Encoder)) {
	e := wire.NewEncoder([]byte(`<?xml version="1.0" encoding="utf-8"?>`))
	e.Start("Autodiscover")
	e.AttrString("xmlns", poxResponseURI, true)
	e.Start("Response")
	e.AttrString("xmlns", uri, true)
	write(e)
	e.End("Response")
	e.End("Autodiscover")
	if err := e.Err(); err != nil {
		http.Error(x.w, "ewstest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	x.write(http.StatusOK, e.Bytes())
}

// encodePOX writes the settings of a user: EXCH is for clients inside of the
// organization, EXPR for those outside, WEB for browsers.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-response-for-exchange
func (x *exchange) encodePOX(e *wire.Encoder, b *mailbox) {
	put := func(element, setting string) {
		e.String(element, x.srv.setting(b, setting, x.r.Host), false)
	}
	e.Start("User")
	e.String("DisplayName", x.srv.setting(b, "UserDisplayName", x.r.Host), true)
	e.String("LegacyDN", x.srv.setting(b, "UserDN", x.r.Host), true)
	if !x.srv.cfg.Version.Before(types.ExchangeVersionExchange2010) {
		put("AutoDiscoverSMTPAddress", "AutoDiscoverSMTPAddress")
	}
	put("DeploymentId", "UserDeploymentId")
	e.String("DefaultABView", "contacts", true)
	e.End("User")
	e.Start("Account")
	e.String("AccountType", "email", true)
	e.String("Action", "settings", true)

	e.Start("Protocol")
	e.String("Type", "EXCH", true)
	put("Server", "InternalMailboxServer")
	put("ServerDN", "InternalMailboxServerDN")
	e.String("ServerVersion", x.srv.release.hex(), true)
	put("MdbDN", "MailboxDN")
	put("PublicFolderServer", "PublicFolderServer")
	put("AD", "ActiveDirectoryServer")
	x.encodeURLs(put, "Internal")
	put("ServerExclusiveConnect", "InternalServerExclusiveConnect")
	e.End("Protocol")

	e.Start("Protocol")
	e.String("Type", "EXPR", true)
	put("Server", "ExternalMailboxServer")
	e.String("SSL", "On", true)
	put("AuthPackage", "ExternalMailboxServerAuthenticationMethods")
	x.encodeURLs(put, "External")
	put("ServerExclusiveConnect", "ExternalServerExclusiveConnect")
	e.End("Protocol")

	e.Start("Protocol")
	e.String("Type", "WEB", true)
	for _, side := range []struct{ name, kind string }{{"Internal", "EXCH"}, {"External", "EXPR"}} {
		ews := x.srv.setting(b, side.name+"EwsUrl", x.r.Host)
		if ews == "" {
			continue
		}
		e.Start(side.name)
		e.Start("OWAUrl")
		e.AttrString("AuthenticationMethod", "Basic, Fba", true)
		e.Text(x.srv.setting(b, side.name+"WebClientUrls", x.r.Host))
		e.End("OWAUrl")
		e.Start("Protocol")
		e.String("Type", side.kind, true)
		e.String("ASUrl", ews, true)
		e.End("Protocol")
		e.End(side.name)
	}
	e.End("Protocol")

	for _, m := range b.account.AlternateMailboxes {
		e.Start("AlternativeMailbox")
		e.String("Type", m.Type, true)
		e.String("DisplayName", m.Name, true)
		if m.Address != "" {
			e.String("SmtpAddress", m.Address, true)
		} else {
			e.String("LegacyDN", m.LegacyDN, true)
			e.String("Server", m.Server, true)
		}
		e.End("AlternativeMailbox")
	}
	if address := x.srv.setting(b, "PublicFolderInformation", x.r.Host); address != "" {
		e.Start("PublicFolderInformation")
		e.String("SmtpAddress", address, true)
		e.End("PublicFolderInformation")
	}
	e.End("Account")
}

// encodeURLs writes the URLs of one side. EwsUrl came with Exchange 2010.
func (x *exchange) encodeURLs(put func(element, setting string), side string) {
	list := []struct{ element, setting string }{
		{"ASUrl", "EwsUrl"}, {"EwsUrl", "EwsUrl"}, {"EcpUrl", "EcpUrl"}, {"OOFUrl", "EwsUrl"}, {"UMUrl", "UMUrl"}, {"OABUrl", "OABUrl"},
	}
	if x.srv.cfg.Version.Before(types.ExchangeVersionExchange2010) {
		list = slices.DeleteFunc(list, func(v struct{ element, setting string }) bool { return v.element == "EwsUrl" || v.element == "EcpUrl" })
	}
	for _, v := range list {
		put(v.element, side+v.setting)
	}
}
