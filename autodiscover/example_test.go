package autodiscover_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
)

func ExampleDiscover() {
	password := auth.Secret(os.Getenv("PASSWORD"))
	found, err := autodiscover.Discover(context.Background(), "ann@example.com", autodiscover.Config{
		Auth:  auth.Basic("ann@example.com", password),
		Trace: autodiscover.TraceTo(os.Stderr),
	})
	switch {
	case errors.Is(err, autodiscover.ErrCredentials):
		fmt.Println("the password is wrong, or another way in is wanted:", err)
		return
	case errors.Is(err, fs.ErrNotExist):
		fmt.Println("the server does not know the address:", err)
		return
	case err != nil:
		fmt.Println(err) // says what was tried
		return
	}
	fmt.Println(found.Address, found.EWS, found.Version)
	if archive := found.Archive(); archive != nil {
		fmt.Println("there is an archive:", archive.DisplayName)
	}
}

// A company whose mailboxes are with a hoster, found by a redirect over plain
// HTTP or by a DNS record, neither of which can be trusted by itself.
func ExampleConfig_redirect() {
	_ = autodiscover.Config{
		Redirect: autodiscover.Either(autodiscover.DefaultPolicy, autodiscover.Hosts("*.hoster.example.net")),
	}
}

// A user may be asked about redirects that DefaultPolicy does not permit.
func ExamplePolicy() {
	ask := func(r autodiscover.Redirect) error {
		if autodiscover.DefaultPolicy(r) == nil {
			return nil
		}
		fmt.Printf("Send the password of %s to %s? [y/N] ", r.Address, r.To.Host)
		var answer string
		if _, err := fmt.Scanln(&answer); err != nil || answer != "y" {
			return errors.New("the user said no")
		}
		return nil
	}
	_ = autodiscover.Config{Redirect: ask}
}

// DNS servers of one's own, without EDNS0, which an old firewall drops.
func ExampleDNS() {
	_ = autodiscover.Config{Resolver: &autodiscover.DNS{Servers: []string{"192.0.2.53", "[2001:db8::53]:5353"}, NoEDNS: true}}
}

func ExampleSameDomain() {
	for _, to := range []string{"https://mail.example.co.uk", "https://example.net"} {
		u, err := url.Parse(to)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(u.Host, autodiscover.SameDomain(autodiscover.Redirect{Address: "ann@eu.example.co.uk", To: u}))
	}
	// Output:
	// mail.example.co.uk <nil>
	// example.net the policy does not permit this host
}
