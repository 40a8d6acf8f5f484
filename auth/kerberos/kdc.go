package kerberos

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// ticket is a ticket with the key of its session.
type ticket struct {
	messages.Ticket
	key                   types.EncryptionKey
	start, end, renewTill time.Time
	renewable             bool
	tried                 time.Time // when it was fetched, or another was asked for in vain
}

// authority gives tickets: a realm's KDCs, as the user sees them. Its methods
// are called one at a time, may take long, and return *Errors.
type authority interface {
	// login returns a ticket by which others are got.
	login() (*ticket, error)
	// renew returns the ticket with a new end.
	renew(tgt *ticket) (*ticket, error)
	// service returns a ticket for the service of the name, of the realm if
	// that is not empty.
	service(tgt *ticket, name types.PrincipalName, realm string) (*ticket, error)
}

// realmUser is the authority that gokrb5's client speaks to. The client is made
// anew for each exchange and stays with it: shared, as it is meant to be, it
// changes its settings and the configuration without a lock, and starts
// goroutines that renew tickets.
type realmUser struct {
	conf   *config.Config
	user   types.PrincipalName
	realm  string
	secret secret
}

// secret is what the user proves itself by: one of its fields.
type secret struct {
	password func() string // hidden from package fmt
	keytab   string        // path
	cache    string        // path
}

// client returns a client with the secret.
func (u *realmUser) client() (*client.Client, error) {
	name := u.user.PrincipalNameString()
	if u.secret.keytab == "" {
		return client.NewWithPassword(name, u.realm, u.secret.password(), u.conf), nil
	}
	kt, err := loadKeytab(u.secret.keytab)
	if err != nil {
		return nil, &Error{Kind: ErrPassword, Err: err}
	}
	return client.NewWithKeytab(name, u.realm, kt, u.withTypes(kt)), nil
}

// withTypes returns the configuration with those types of keys alone that the
// keytab has of the user: the KDC chooses one of them, and not another that
// the user has, too.
func (u *realmUser) withTypes(kt *keytab.Keytab) *config.Config {
	conf := *u.conf
	conf.LibDefaults.DefaultTktEnctypeIDs = nil
	for _, id := range u.conf.LibDefaults.DefaultTktEnctypeIDs {
		if _, _, err := kt.GetEncryptionKey(u.user, u.realm, 0, id); err == nil {
			conf.LibDefaults.DefaultTktEnctypeIDs = append(conf.LibDefaults.DefaultTktEnctypeIDs, id)
		}
	}
	if conf.LibDefaults.DefaultTktEnctypeIDs == nil {
		return u.conf
	}
	return &conf
}

// guard turns a panic of gokrb5, which trusts what KDCs send, into an error.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = &Error{Err: errors.New("the key distribution centre sent nonsense")}
	}
}

func (u *realmUser) login() (tgt *ticket, err error) {
	defer guard(&err)
	if u.secret.cache != "" {
		return u.fromCache()
	}
	cl, err := u.client()
	if err != nil {
		return nil, err
	}
	defer cl.Destroy()
	req, err := messages.NewASReqForTGT(u.realm, cl.Config, u.user)
	if err != nil {
		return nil, kdcError(err)
	}
	rep, err := cl.ASExchange(u.realm, req, 0)
	if err != nil {
		return nil, kdcError(err)
	}
	return newTicket(rep.Ticket, rep.DecryptedEncPart), nil
}

// fromCache returns the ticket that the cache has now.
func (u *realmUser) fromCache() (*ticket, error) {
	c, err := loadCache(u.secret.cache)
	if err != nil {
		return nil, err
	}
	tgt := c.granting()
	switch {
	case c.realm != u.realm || !c.user.Equal(u.user):
		return nil, &Error{Kind: ErrNoCache, Err: fmt.Errorf("%s is that of %s@%s now", u.secret.cache, c.user.PrincipalNameString(), c.realm)}
	case tgt == nil:
		return nil, &Error{Kind: ErrNoCache, Err: fmt.Errorf("%s has no ticket krbtgt/%s", u.secret.cache, c.realm)}
	case !tgt.end.After(time.Now()):
		return nil, &Error{Kind: ErrExpired, Err: fmt.Errorf("that in %s ended at %s", u.secret.cache, tgt.end.Format(time.RFC3339))}
	}
	return tgt, nil
}

func (u *realmUser) renew(tgt *ticket) (_ *ticket, err error) {
	defer guard(&err)
	return u.exchange(u.conf, tgt, tgt.SName, u.realm, true)
}

func (u *realmUser) service(tgt *ticket, name types.PrincipalName, realm string) (_ *ticket, err error) {
	defer guard(&err)
	// A KDC refers to another realm only those who ask for canonical names.
	conf := *u.conf
	conf.LibDefaults.Canonicalize = true
	if realm == "" {
		realm = conf.ResolveRealm(name.NameString[len(name.NameString)-1])
	}
	if realm != "" && realm != u.realm {
		there := types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{"krbtgt", realm}}
		if tgt, err = u.exchange(&conf, tgt, there, u.realm, false); err != nil {
			return nil, err
		}
	} else {
		realm = u.realm
	}
	return u.exchange(&conf, tgt, name, realm, false)
}

// exchange asks a KDC of the realm for a ticket.
func (u *realmUser) exchange(conf *config.Config, tgt *ticket, name types.PrincipalName, realm string, renewal bool) (*ticket, error) {
	cl := client.NewWithPassword(u.user.PrincipalNameString(), u.realm, "", conf)
	defer cl.Destroy() // and what waits to renew a ticket of another realm
	_, rep, err := cl.TGSREQGenerateAndExchange(name, realm, tgt.Ticket, tgt.key, renewal)
	if err != nil {
		return nil, kdcError(err)
	}
	return newTicket(rep.Ticket, rep.DecryptedEncPart), nil
}

func newTicket(t messages.Ticket, part messages.EncKDCRepPart) *ticket {
	k := &ticket{Ticket: t, key: part.Key, start: part.StartTime, end: part.EndTime, renewTill: part.RenewTill}
	if k.start.IsZero() {
		k.start = part.AuthTime
	}
	k.renewable = !k.renewTill.IsZero()
	return k
}

// loadKeytab reads the file. Its errors have nothing of what is in it: those of
// gokrb5 do.
func loadKeytab(path string) (kt *keytab.Keytab, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			kt, err = nil, fmt.Errorf("%s is no keytab, or a damaged one", path)
		}
	}()
	kt = keytab.New()
	if kt.Unmarshal(data) != nil || len(kt.Entries) == 0 {
		return nil, fmt.Errorf("%s is no keytab, or a damaged or empty one", path)
	}
	return kt, nil
}

// principals returns the names that a keytab has keys of, in order.
func principals(kt *keytab.Keytab) []string {
	var out []string
	for _, e := range kt.Entries {
		name := strings.Join(e.Principal.Components, "/") + "@" + e.Principal.Realm
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
