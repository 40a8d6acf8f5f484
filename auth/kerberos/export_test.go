package kerberos

import (
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/seed-1937cc67/goews/auth"
)

// FakeRealm gives tickets for services of a keytab, without a network. Its
// fields may be changed between calls of it.
type FakeRealm struct {
	Services *keytab.Keytab // keys of krbtgt/EXAMPLE.COM, too
	Lifetime time.Duration  // of tickets
	Renewal  time.Duration  // how long they can be renewed; 0: not at all
	Delay    time.Duration  // before each answer
	Wait     chan struct{}  // if not nil, closed when it may answer
	Fail     func(what string) error

	mu    sync.Mutex
	calls []string
}

// Calls returns what it was asked, one line a question.
func (f *FakeRealm) Calls() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.calls, "\n")
}

func (f *FakeRealm) answer(what, name string, until time.Time) (*ticket, error) {
	f.mu.Lock()
	f.calls = append(f.calls, what)
	f.mu.Unlock()
	time.Sleep(f.Delay)
	if f.Wait != nil {
		<-f.Wait
	}
	if f.Fail != nil {
		if err := f.Fail(what); err != nil {
			return nil, kdcError(err)
		}
	}
	now := time.Now()
	k := &ticket{start: now, end: now.Add(f.Lifetime)}
	if !until.IsZero() && k.end.After(until) {
		k.end = until
	}
	if f.Renewal > 0 {
		k.renewable, k.renewTill = true, now.Add(f.Renewal)
	}
	var err error
	k.Ticket, k.key, err = messages.NewTicket(
		types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "ann"), "EXAMPLE.COM",
		types.NewPrincipalName(nametype.KRB_NT_SRV_INST, name), "EXAMPLE.COM",
		types.NewKrbFlags(), f.Services, etypeID.AES256_CTS_HMAC_SHA1_96, 0, k.start, k.start, k.end, k.end)
	return k, err
}

func (f *FakeRealm) login() (*ticket, error) {
	return f.answer("login", "krbtgt/EXAMPLE.COM", time.Time{})
}

func (f *FakeRealm) renew(tgt *ticket) (*ticket, error) {
	k, err := f.answer("renew", "krbtgt/EXAMPLE.COM", tgt.renewTill)
	if err == nil {
		k.renewTill = tgt.renewTill
	}
	return k, err
}

func (f *FakeRealm) service(tgt *ticket, name types.PrincipalName, realm string) (*ticket, error) {
	if realm != "" {
		realm = "@" + realm
	}
	return f.answer(name.PrincipalNameString()+realm, name.PrincipalNameString(), tgt.end)
}

// NewFake returns the method of ann@EXAMPLE.COM with tickets of f.
func NewFake(cfg Config, f *FakeRealm) auth.Method {
	return newMethod(cfg, types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "ann"), "EXAMPLE.COM", f)
}

// LoadConf reads krb5.conf as New does.
func LoadConf(cfg Config) (*config.Config, error) { return loadConf(cfg) }

// KDCError is what is made of an error of gokrb5.
func KDCError(err error) *Error { return kdcError(err) }

// ParseCache reads a credential cache: whose it is, and what tickets are in it,
// one line each.
func ParseCache(data []byte) (string, error) {
	c, err := parseCache(data)
	if err != nil {
		return "", err
	}
	lines := []string{c.user.PrincipalNameString() + "@" + c.realm}
	for _, k := range c.tickets {
		line := k.SName.PrincipalNameString() + "@" + k.Realm + " until " + k.end.Format(time.RFC3339)
		if k.renewable {
			line += ", renewable until " + k.renewTill.Format(time.RFC3339)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), nil
}

// CachePath is where the credential cache is.
func CachePath(name string) (string, error) { return cachePath(name) }

// ParseProof reads a server's token.
func ParseProof(raw []byte) (*messages.APRep, error) { return parseProof(raw) }
