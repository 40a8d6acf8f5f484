package autodiscover_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// exchange is a server with the services of Exchange, as it answers Ann.
type exchange struct {
	user, password string        // "" takes everybody
	realm          []string      // of WWW-Authenticate; default Basic
	header         http.Header   // of every answer
	soap, pox      func() string // answers; nil: not there
	json           func() (int, string)
	broken         int // status for all requests
}

// ServeHTTP implements http.Handler.
func (e *exchange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	for name, values := range e.header {
		w.Header()[name] = values
	}
	if e.broken != 0 {
		w.WriteHeader(e.broken)
		return
	}
	path := strings.ToLower(r.URL.Path)
	if strings.Contains(path, "/autodiscover.json") {
		if e.json == nil {
			http.NotFound(w, r)
			return
		}
		status, body := e.json()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return
	}
	if !strings.HasPrefix(path, "/autodiscover/") {
		http.NotFound(w, r)
		return
	}
	if user, pass, _ := r.BasicAuth(); e.user != "" && (user != e.user || pass != e.password) {
		for _, realm := range e.realm {
			w.Header().Add("WWW-Authenticate", realm)
		}
		if len(e.realm) == 0 {
			w.Header().Set("WWW-Authenticate", `Basic realm="mail"`)
		}
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer := e.soap
	if strings.HasSuffix(path, ".xml") {
		answer = e.pox
	}
	if answer == nil || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = io.WriteString(w, answer())
}

// mail is an Exchange server that knows Ann, whose URL has the host in it.
func mail(host string) *exchange {
	return &exchange{user: ann, password: password, soap: settings("ExternalEwsUrl", "https://"+host+"/EWS/Exchange.asmx")}
}

// settings is an answer of the SOAP service with string settings.
func settings(pairs ...string) func() string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, `<UserSetting i:type="StringSetting"><Name>%s</Name><Value>%s</Value></UserSetting>`, pairs[i], pairs[i+1])
	}
	return userResponse("NoError", "", b.String())
}

// userResponse is an answer of the SOAP service for one user.
func userResponse(code, target, settings string) func() string {
	return func() string {
		return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>` +
			`<a:Action s:mustUnderstand="1">http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/GetUserSettingsResponse</a:Action>` +
			`<h:ServerVersionInfo xmlns:h="http://schemas.microsoft.com/exchange/2010/Autodiscover" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><h:MajorVersion>15</h:MajorVersion>` +
			`<h:MinorVersion>1</h:MinorVersion><h:MajorBuildNumber>2507</h:MajorBuildNumber><h:MinorBuildNumber>35</h:MinorBuildNumber><h:Version>Exchange2013</h:Version></h:ServerVersionInfo></s:Header>` +
			`<s:Body><GetUserSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover"><Response xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
			`<ErrorCode>NoError</ErrorCode><ErrorMessage/><UserResponses><UserResponse><ErrorCode>` + code + `</ErrorCode><ErrorMessage>text of ` + code + `</ErrorMessage>` +
			`<RedirectTarget>` + target + `</RedirectTarget><UserSettingErrors/><UserSettings>` + settings +
			`</UserSettings></UserResponse></UserResponses></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>`
	}
}

// account is an answer of the POX service with an Account.
func account(content string) func() string {
	return func() string {
		return `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">` +
			`<Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><Account>` + content + `</Account></Response></Autodiscover>`
	}
}

// goTo redirects every request, with its path if to has none.
func goTo(status int, to string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		target := to
		if strings.Count(target, "/") < 3 {
			target += r.URL.Path
		}
		w.Header().Set("Location", target)
		w.WriteHeader(status)
	})
}
