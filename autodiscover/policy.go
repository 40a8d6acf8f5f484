package autodiscover

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Redirect is a redirect that a Policy is asked about.
type Redirect struct {
	// Kind says who redirects: HTTPRedirect (over plain HTTP), SRV (neither can
	// be trusted), or SOAP, POX, JSON (a server with a valid certificate).
	Kind Kind
	// Address is the one that is looked for.
	Address string
	// From is what was asked, To where it leads, an https URL. With SRV, From
	// is nil. With NewAddress, To is the first place that it would be looked
	// for at.
	From, To *url.URL
	// NewAddress is set if the server says that the mailbox has that address.
	NewAddress string
}

// Policy says whether a redirect may be followed: nil, or why not. It is asked
// after the rules that always hold: To is an https URL that has not been asked
// yet, and there have not been too many. The credentials may be sent to what it
// permits. It is never called twice at once by one search, and only if what
// comes before in the order of preference was of no use: it may ask a user.
type Policy func(Redirect) error

// errOther is why policies refuse.
var errOther = errors.New("the policy does not permit this host")

// DefaultPolicy permits what SameDomain and Microsoft permit, and new addresses
// that a server with a valid certificate gave: it could as well have given any
// URL for EWS. Microsoft's own library refuses all redirects unless told
// otherwise, Outlook asks the user.
func DefaultPolicy(r Redirect) error {
	if r.NewAddress != "" {
		return nil
	}
	return Either(SameDomain, Microsoft)(r)
}

// SameDomain permits hosts of the domain of the mailbox's address, and of
// those around it that one registrant has: for ann@eu.example.co.uk all hosts
// below example.co.uk. See https://publicsuffix.org.
func SameDomain(r Redirect) error {
	_, domain, _ := strings.Cut(r.Address, "@")
	domain, host := strings.ToLower(domain), strings.ToLower(strings.TrimSuffix(r.To.Hostname(), "."))
	if inside(host, domain) {
		return nil
	}
	if net.ParseIP(host) == nil {
		if mine, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil && inside(host, mine) {
			return nil
		}
	}
	return errOther
}

// Microsoft permits the hosts of Exchange Online: outlook.com, office365.com,
// office365.us, partner.outlook.cn and onmicrosoft.com, with those below them.
// See https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges.
func Microsoft(r Redirect) error {
	return Hosts("*.outlook.com", "*.office365.com", "*.office365.us", "*.partner.outlook.cn", "*.onmicrosoft.com")(r)
}

// Hosts returns a policy that permits the hosts of that name; "*.example.com"
// stands for example.com and all below it. Ports do not matter.
func Hosts(names ...string) Policy {
	return func(r Redirect) error {
		host := strings.ToLower(strings.TrimSuffix(r.To.Hostname(), "."))
		for _, n := range names {
			n = strings.ToLower(n)
			if domain, below := strings.CutPrefix(n, "*."); below && inside(host, domain) || host == n {
				return nil
			}
		}
		return errOther
	}
}

// Any permits every host: whoever can change what the DNS says, or an answer
// over plain HTTP, gets the credentials.
func Any(Redirect) error { return nil }

// None permits no redirect.
func None(Redirect) error { return errors.New("the policy permits no redirect") }

// Either returns a policy that permits what one of policies permits.
func Either(policies ...Policy) Policy {
	return func(r Redirect) error {
		err := errOther
		for _, p := range policies {
			if err = p(r); err == nil {
				return nil
			}
		}
		return err
	}
}

// inside reports whether host is domain or below it.
func inside(host, domain string) bool {
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// RedirectError is a redirect that was not followed.
type RedirectError struct {
	Redirect
	// Reason says why, of the policy or of the rules that always hold.
	Reason error
}

// Error says how to allow it.
func (e *RedirectError) Error() string {
	to := showURL(e.To)
	if e.NewAddress != "" {
		to = e.NewAddress
	}
	s := fmt.Sprintf("the redirect by %s to %s was not followed: %v", e.Kind, to, e.Reason)
	if errors.Is(e.Reason, errOther) {
		s += fmt.Sprintf("; if you trust it with the credentials, set Config.Redirect to autodiscover.Either(autodiscover.DefaultPolicy, autodiscover.Hosts(%q))", e.To.Hostname())
	}
	return s
}

// Unwrap returns Reason.
func (e *RedirectError) Unwrap() error { return e.Reason }

// Is reports whether target is ErrRedirect.
func (e *RedirectError) Is(target error) bool { return target == ErrRedirect }
