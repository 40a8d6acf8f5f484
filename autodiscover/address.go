package autodiscover

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// domainOf returns the domain of an address, as the DNS has it. It fails unless
// the address is one: a server may have sent it, and it gets into URLs.
func domainOf(address string) (string, error) {
	i := strings.LastIndexByte(address, '@')
	bad := func(why string) (string, error) {
		return "", fmt.Errorf("autodiscover: %q is no address such as ann@example.com: %s", address, why)
	}
	switch {
	case i < 0:
		return bad("there is no @ in it")
	case i == 0:
		return bad("there is nothing before the @")
	case len(address) > 320:
		return "", fmt.Errorf("autodiscover: the address is longer than 320 bytes")
	case strings.ContainsFunc(address, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return bad("there is white space or a control character in it")
	}
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(address[i+1:], "."))
	if err != nil || domain == "" || len(domain) > 253 || strings.Contains(domain, "..") || strings.HasPrefix(domain, ".") {
		return bad("what is behind the @ is no domain")
	}
	for _, r := range domain {
		if r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			return bad("what is behind the @ is no domain")
		}
	}
	if _, err := netip.ParseAddr(domain); err == nil {
		return bad("what is behind the @ is an IP address")
	}
	return domain, nil
}
