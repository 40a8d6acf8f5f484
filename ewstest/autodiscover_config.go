package ewstest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// Autodiscover says what the server answers to clients that look for their
// endpoint. Zero fields mean their defaults.
//
// Exchange 2007 has the XML protocol alone, Exchange 2010 the SOAP service
// beside it, Exchange 2016 the JSON one, too: so does a server of that
// version. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange.
type Autodiscover struct {
	// ExternalURL and InternalURL are what clients outside and inside of the
	// organization are told to use. Default: EndpointPath on the host that the
	// request was sent to.
	ExternalURL, InternalURL string
	// Settings are settings of all users by their names in the SOAP service,
	// as in "GroupingInformation"; they stand in place of the server's own. An
	// empty one is not available. The XML and JSON protocols say what they
	// have a place for.
	Settings map[string]string
	// Redirects sends clients elsewhere: the key is an address or a domain, the
	// value the address, or the absolute URL, to ask instead.
	Redirects map[string]string
	// PublicFolders is the address of the mailbox that has the public folders.
	PublicFolders string
	// NoSOAP, NoPOX and NoJSON switch one of the protocols off: its path is not
	// found.
	NoSOAP, NoPOX, NoJSON bool
	// MaxUsers is how many users or domains one SOAP request may ask for. It is
	// an administrator's setting in Exchange. Default 100.
	MaxUsers int
}

// AlternateMailbox is another mailbox that a user is to open.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/alternatemailbox-soap
type AlternateMailbox struct {
	// Type is "Archive", "Delegate" or "TeamMailbox".
	Type string
	// Name is the display name.
	Name string
	// Address is its SMTP address. With one, LegacyDN and Server are not said.
	Address          string
	LegacyDN, Server string
}

// check rejects nonsense, and returns the configuration with its defaults.
func (a Autodiscover) check() (Autodiscover, error) {
	a.MaxUsers = cmp.Or(a.MaxUsers, 100)
	redirects := make(map[string]string, len(a.Redirects))
	for key, target := range a.Redirects {
		if u, err := url.Parse(target); !strings.Contains(target, "@") && (err != nil || u.Scheme == "" || u.Host == "") {
			return a, fmt.Errorf("ewstest: redirect of %q to %q, which is neither an address nor an absolute URL", key, target)
		}
		redirects[strings.ToLower(key)] = target
	}
	a.Redirects = redirects
	return a, nil
}

// The paths of autodiscover, in lower case.
const (
	soapPath = "/autodiscover/autodiscover.svc"
	poxPath  = "/autodiscover/autodiscover.xml"
	jsonPath = "/autodiscover/autodiscover.json"
)

// The names of autodiscover's requests in the log and in a Fault.
const (
	opUserSettings   = "GetUserSettings"
	opDomainSettings = "GetDomainSettings"
	opPOX            = "Autodiscover.xml"
	opJSON           = "Autodiscover.json"
)

// serveAutodiscover answers a request below /autodiscover/.
func (x *exchange) serveAutodiscover() {
	a, v, path := &x.srv.cfg.Autodiscover, x.srv.cfg.Version, strings.ToLower(x.r.URL.Path)
	switch {
	case path == soapPath && !a.NoSOAP && !v.Before(types.ExchangeVersionExchange2010):
		x.serveDiscoverSOAP()
	case path == poxPath && !a.NoPOX:
		x.serveDiscoverPOX()
	case (path == jsonPath || strings.HasPrefix(path, jsonPath+"/")) && !a.NoJSON && !v.Before(types.ExchangeVersionExchange2016):
		x.serveDiscoverJSON()
	default:
		http.NotFound(x.w, x.r)
	}
}

// discovered is what there is to say of an address: one of the fields is set,
// or none if it is nobody's.
type discovered struct {
	box     *mailbox
	address string // to ask for instead
	url     string // to ask instead
}

// discover looks an address up.
func (s *Server) discover(address string) discovered {
	address = strings.ToLower(strings.TrimSpace(address))
	_, domain, _ := strings.Cut(address, "@")
	to := cmp.Or(s.cfg.Autodiscover.Redirects[address], s.cfg.Autodiscover.Redirects[domain])
	switch {
	case to == "":
		return discovered{box: s.store.mailboxOf(address)}
	case strings.Contains(to, "://"):
		return discovered{url: to}
	}
	return discovered{address: to}
}

// hasDomain reports whether a mailbox has an address in the domain.
func (s *Server) hasDomain(domain string) bool {
	for _, b := range s.store.boxes {
		for _, a := range append([]string{b.account.Address}, b.account.Aliases...) {
			if _, d, _ := strings.Cut(a, "@"); strings.EqualFold(d, domain) {
				return true
			}
		}
	}
	return false
}
