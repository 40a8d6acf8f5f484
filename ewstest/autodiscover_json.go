package ewstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
)

// jsonProtocols are what a server on premises answers for, as it spells them.
var jsonProtocols = []string{"ActiveSync", "AutodiscoverV1", "Ews"}

// serveDiscoverJSON answers what is sent to autodiscover.json, by anyone: an
// address in the path behind v1.0, or in the query, and a protocol in the
// query.
//
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange
func (x *exchange) serveDiscoverJSON() {
	x.log.Op = opJSON
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		x.w.Header().Set("Allow", "GET, HEAD")
		x.w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if x.rule = x.srv.faults.hit(x.log.Request); x.rule != nil {
		x.log.Fault = true
		x.rule.serve(x, served{
			refuse: func(f *refusal) { x.refuseJSON(http.StatusInternalServerError, discoverCode(f.code), f.text) },
			work: func(*rule) (answer, note func()) {
				return x.answerJSON, func() { x.log.Code = messages.NoError }
			},
		})
		return
	}
	x.answerJSON()
}

func (x *exchange) answerJSON() {
	query := lowerKeys(x.r.URL.Query())
	address, rest := query["email"], x.r.URL.Path[len(jsonPath):]
	if in, ok := cutFold(rest, "/v1.0/"); ok {
		address = in
	} else if rest != "" {
		http.NotFound(x.w, x.r)
		return
	}
	protocol := ""
	for _, p := range jsonProtocols {
		if strings.EqualFold(p, query["protocol"]) {
			protocol = p
		}
	}
	switch {
	case query["protocol"] == "":
		x.refuseJSON(http.StatusBadRequest, "MandatoryParameterMissing", "A valid value must be provided for the query parameter 'Protocol'")
		return
	case protocol == "":
		x.refuseJSON(http.StatusBadRequest, "ProtocolNotSupported", fmt.Sprintf("The given protocol value '%s' is not supported. Supported values are '%s'", query["protocol"], strings.Join(jsonProtocols, ",")))
		return
	case !strings.Contains(address, "@"):
		x.refuseJSON(http.StatusBadRequest, "InvalidUserId", "The given user id is invalid")
		return
	}
	d := x.srv.discover(address)
	switch {
	case d.url != "":
		u, err := url.Parse(d.url)
		if err != nil { // it was checked
			x.refuseJSON(http.StatusInternalServerError, discoverInternal, err.Error())
			return
		}
		x.redirectJSON(u.Host, address, protocol)
	case d.address != "":
		_, domain, _ := strings.Cut(d.address, "@")
		x.redirectJSON("autodiscover."+domain, d.address, protocol)
	case d.box == nil:
		x.refuseJSON(http.StatusNotFound, "UserNotFound", "The given user is not found")
	default:
		x.log.Code = messages.NoError
		x.sendJSON(http.StatusOK, struct{ Protocol, Url string }{protocol, x.jsonURL(d.box, protocol)})
	}
}

// jsonURL is what a client of the protocol is to use.
func (x *exchange) jsonURL(b *mailbox, protocol string) string {
	switch protocol {
	case "ActiveSync":
		return "https://" + x.r.Host + "/Microsoft-Server-ActiveSync"
	case "AutodiscoverV1":
		return "https://" + x.r.Host + "/Autodiscover/Autodiscover.xml"
	}
	return cmp.Or(x.srv.setting(b, "ExternalEwsUrl", x.r.Host), x.srv.setting(b, "InternalEwsUrl", x.r.Host))
}

// redirectJSON sends a client to another server.
func (x *exchange) redirectJSON(host, address, protocol string) {
	x.log.Code = discoverRedirectURL
	q := url.Values{"Email": {address}, "Protocol": {protocol}, "RedirectCount": {"1"}}
	x.w.Header().Set("Location", "https://"+host+jsonPath+"?"+q.Encode())
	x.w.WriteHeader(http.StatusFound)
}

func (x *exchange) refuseJSON(status int, code, text string) {
	x.log.Code = messages.ResponseCode(code)
	x.w.Header().Set("jsonerror", "true")
	x.sendJSON(status, struct{ ErrorCode, ErrorMessage string }{code, text})
}

func (x *exchange) sendJSON(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // strings alone
		http.Error(x.w, "ewstest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	x.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	x.write(status, body)
}

// lowerKeys returns the first value of each parameter, by its name in lower
// case.
func lowerKeys(q url.Values) map[string]string {
	m := map[string]string{}
	for k, v := range q {
		m[strings.ToLower(k)] = v[0]
	}
	return m
}
