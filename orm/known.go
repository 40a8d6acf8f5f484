package orm

import (
	"fmt"
	"strings"

	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Known is what an account has found out about its server. It is plain data
// without a secret, and survives JSON: a program may keep it, and give it to the
// next Open as Config.Known.
type Known struct {
	// Requested is the address that was given to Open, Address the mailbox's.
	Requested, Address string
	// Endpoint is the URL of Exchange.asmx. With Config.Client that is the
	// Client's, and it may be empty.
	Endpoint string
	// Scheme is the authentication that the server has taken last, as in "NTLM":
	// a program that can do several may choose Config.Auth by it. Empty if none
	// was sent, or with Config.Client.
	Scheme string `json:",omitempty"`
	// Version is the schema version that the account speaks. Empty: not known.
	Version types.ExchangeVersion `json:",omitempty"`
	// Discovered says that autodiscover found the endpoint, and that it may look
	// for it again.
	Discovered bool `json:",omitempty"`
}

// Known returns what is known of the server by now. It sends nothing. As much
// can be known after the first answer, which Open waits for.
func (a *Account) Known() Known {
	l := a.route.line()
	k := Known{
		Requested: a.route.asked, Address: a.address, Endpoint: l.client.Endpoint(), Scheme: l.scheme.get(), Discovered: a.route.look != nil,
	}
	if v, build := l.client.Version(); build.Major != 0 || a.cfg.Version != "" {
		k.Version = v
	} else {
		k.Version = l.hint
	}
	return k
}

// Discovered returns what autodiscover said of the mailbox: the answer that
// Endpoint and Address are from. It is nil if nobody was asked, as the endpoint
// was given. An answer from a cache may have no Settings: see
// autodiscover.DiskCache. It must not be changed.
func (a *Account) Discovered() *autodiscover.Result {
	a.route.mu.Lock()
	defer a.route.mu.Unlock()
	return a.route.found
}

// checkKnown rejects what is known of another mailbox, or goes with another
// endpoint.
func (cfg Config) checkKnown(address string) error {
	k := cfg.Known
	switch {
	case k == nil:
		return nil
	case !strings.EqualFold(k.Requested, address) && !strings.EqualFold(k.Address, address):
		return &ConfigError{"Config.Known", fmt.Sprintf("is of %q: give what Account.Known said of the address that is opened", k.Requested)}
	case !isAddress(k.Address):
		return &ConfigError{"Config.Known", "has no Address: give what Account.Known returned"}
	case cfg.Endpoint != "" || cfg.Server != "" || cfg.Transport.Endpoint != "":
		return &ConfigError{"Config.Known", "has an endpoint: leave Endpoint and Server out"}
	case k.Discovered && !strings.HasPrefix(strings.ToLower(k.Endpoint), "https:"):
		return &ConfigError{"Config.Known", "has an Endpoint that is no https URL, which autodiscover never finds: somebody has changed it; open by the address alone"}
	case cfg.Client != nil && k.Endpoint != "" && k.Endpoint != cfg.Client.Endpoint():
		return &ConfigError{"Config.Known", fmt.Sprintf("is of the endpoint %s, and Client is of %s", k.Endpoint, cfg.Client.Endpoint())}
	case cfg.Client == nil && k.Endpoint == "":
		return &ConfigError{"Config.Known", "has no Endpoint: give what Account.Known returned"}
	}
	return nil
}

// isAddress reports whether s may be an SMTP address.
func isAddress(s string) bool {
	user, domain, ok := strings.Cut(s, "@")
	return ok && user != "" && domain != "" && !strings.ContainsAny(s, " \t\r\n<>")
}
