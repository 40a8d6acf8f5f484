package kerberos

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/seed-1937cc67/goews/auth"
)

// Config says who the user is, and where its realm is. At most one of
// Password, Keytab and Cache is set. Zero fields mean their defaults.
type Config struct {
	// User is the user's principal name, as in "ann" or "ann@EXAMPLE.COM".
	// Required with Password. Default: the first in the Keytab, or the one that
	// the Cache belongs to.
	User string
	// Realm is the user's, in capitals as a rule. Default: what stands behind
	// the @ of User, else that of the Cache, else default_realm of krb5.conf.
	Realm string
	// Password is the user's.
	Password auth.Secret
	// Keytab is the path of a file with the user's keys. It is read again when
	// a new ticket is needed.
	Keytab string
	// Cache is the path of a credential cache, as kinit makes it, also with FILE:
	// before it. It is read again when its tickets are about to end; those that
	// can be renewed are, in memory. Default, without Password and Keytab: that
	// of the environment variable KRB5CCNAME, else /tmp/krb5cc_ and the number
	// of the user. Caches of other kinds than FILE are not read.
	Cache string
	// Krb5Conf is the path of krb5.conf, which has the realm's key distribution
	// centres; without any they are looked up in DNS. Default: the files of the
	// environment variable KRB5_CONFIG, else /etc/krb5.conf.
	Krb5Conf string
	// Krb5ConfText is the text of krb5.conf, instead of a file.
	Krb5ConfText string
	// SPN is the service principal name of the server, as in
	// "HTTP/mail.example.com", with @ and a realm if it is in one that krb5.conf
	// does not say. Default: HTTP/ and the host name of the request's URL, in
	// lower case. That is not made canonical: DNS, which is not to be trusted, is
	// not asked for another name, as Windows does not either.
	SPN string
	// NoChannelBinding leaves the TLS certificate of the server out of the tokens. It
	// is in there, as Extended Protection demands, from the second request on,
	// or from the repetition of the first if that is refused without it. Servers
	// behind a proxy that ends TLS with another certificate may refuse tokens
	// that have it. See
	// https://learn.microsoft.com/exchange/plan-and-deploy/post-installation-tasks/security-best-practices/exchange-extended-protection.
	NoChannelBinding bool
	// RequireProof refuses answers that do not prove that they come from the
	// service of SPN. It is for plain HTTP; with TLS the certificate is proof. A
	// proof that is there is checked in any case. A server that keeps a
	// connection authenticated proves itself once, which is not enough here.
	RequireProof bool
}

// New returns the method that sends a SPNEGO token with each request. It does
// not contact the server, nor the realm, but it reads the files that cfg names:
// what is wrong with them is a *ConfigError, or for a credential cache an
// *Error of ErrNoCache.
//
// The method may be used over plain HTTP: what it sends is not secret.
// auth.AllowPlainHTTP returns it as it is. It needs no closing: it has no
// goroutines but while a ticket is fetched, and no connections of its own.
//
// Its round trippers wait for tickets as long as the request's context lasts.
// If there is none they return an *auth.TokenError of an *Error. On status 401
// a request is repeated with another ticket if the one in hand was not new, and
// with the binding if that was not known; else the refusal stands. What the
// realm says of a wrong password or user stands for a minute, so that tries do
// not lock the account.
func New(cfg Config) (auth.Method, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	conf, err := loadConf(cfg)
	if err != nil {
		return nil, err
	}
	user, err := cfg.open(conf)
	if err != nil {
		return nil, err
	}
	return newMethod(cfg, user.user, user.realm, user), nil
}

func (cfg Config) check() error {
	set := 0
	for _, is := range []bool{cfg.Password != "", cfg.Keytab != "", cfg.Cache != ""} {
		if is {
			set++
		}
	}
	switch {
	case set > 1:
		return &ConfigError{"Password", errors.New("more than one of Password, Keytab and Cache is set")}
	case cfg.Password != "" && cfg.User == "":
		return &ConfigError{"User", errors.New("a password is of a user")}
	case strings.Contains(cfg.User, `\`):
		return &ConfigError{"User", fmt.Errorf(`%q is no principal name such as ann@EXAMPLE.COM; the realm goes behind an @`, cfg.User)}
	case cfg.Krb5Conf != "" && cfg.Krb5ConfText != "":
		return &ConfigError{"Krb5Conf", errors.New("both Krb5Conf and Krb5ConfText are set")}
	}
	if cfg.SPN != "" {
		service, host, ok := strings.Cut(cfg.SPN, "/")
		if !ok || service == "" || host == "" || host[0] == '@' {
			return &ConfigError{"SPN", fmt.Errorf("%q is no service principal name such as HTTP/mail.example.com", cfg.SPN)}
		}
	}
	return nil
}

// open finds out who the user is.
func (cfg Config) open(conf *config.Config) (*realmUser, error) {
	name, realm, _ := strings.Cut(cfg.User, "@")
	if cfg.Realm != "" {
		realm = cfg.Realm
	}
	u := &realmUser{conf: conf}
	switch {
	case cfg.Password != "":
		password := string(cfg.Password)
		u.secret.password = func() string { return password }
	case cfg.Keytab != "":
		kt, err := loadKeytab(cfg.Keytab)
		if err != nil {
			return nil, &ConfigError{"Keytab", err}
		}
		known := principals(kt)
		if name == "" {
			first, its, _ := strings.Cut(known[0], "@")
			name = first
			if realm == "" {
				realm = its
			}
		}
		realm = realmOf(realm, conf)
		if !hasPrincipal(known, name+"@"+realm) {
			return nil, &ConfigError{"Keytab", fmt.Errorf("%s has no key of %s@%s, but of %s", cfg.Keytab, name, realm, strings.Join(known, ", "))}
		}
		u.secret.keytab = cfg.Keytab
	default:
		path, err := cachePath(cfg.Cache)
		if err != nil {
			return nil, &Error{Kind: ErrNoCache, Err: err}
		}
		c, err := loadCache(path)
		if err != nil {
			return nil, err
		}
		its := c.user.PrincipalNameString()
		if name != "" && name != its || realm != "" && !strings.EqualFold(realm, c.realm) {
			return nil, &ConfigError{"User", fmt.Errorf("%s is that of %s@%s", path, its, c.realm)}
		}
		u.user, u.realm, u.secret.cache = c.user, c.realm, path
		return u, nil
	}
	u.user, u.realm = types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, name), realmOf(realm, conf)
	if u.realm == "" {
		return nil, &ConfigError{"Realm", errors.New("krb5.conf has no default_realm: write the user as ann@EXAMPLE.COM, or set Realm")}
	}
	return u, nil
}

// realmOf returns the realm as it is written: the default if it is empty, in
// capitals if it is not known otherwise.
func realmOf(realm string, conf *config.Config) string {
	if realm == "" {
		return conf.LibDefaults.DefaultRealm
	}
	for _, r := range conf.Realms {
		if r.Realm == realm {
			return realm
		}
	}
	return strings.ToUpper(realm)
}

func hasPrincipal(known []string, name string) bool {
	for _, k := range known {
		if k == name {
			return true
		}
	}
	return false
}

// method is what New returns. It shows its name, and nothing else, however it
// is printed.
type method struct {
	name     string
	spn      string // empty: by the request's host
	identity *identity
	tickets  *tickets
	bindings *bindings // nil: none are sent
	prove    bool
}

func newMethod(cfg Config, user types.PrincipalName, realm string, from authority) *method {
	name := user.PrincipalNameString() + "@" + realm
	m := &method{
		name: "Kerberos " + name, spn: cfg.SPN, prove: cfg.RequireProof,
		identity: &identity{user: user, realm: realm},
		tickets:  newTickets(from, name),
	}
	if !cfg.NoChannelBinding {
		m.bindings = &bindings{}
	}
	return m
}

// String returns the word Kerberos and the user.
func (m *method) String() string { return m.name }

// GoString is as String.
func (m *method) GoString() string { return m.name }

// Format writes String for every verb.
func (m *method) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, m.name) }

// LogValue is as String.
func (m *method) LogValue() slog.Value { return slog.StringValue(m.name) }

// MarshalText is as String.
func (m *method) MarshalText() ([]byte, error) { return []byte(m.name), nil }

// Schemes implements auth.Schemed.
func (m *method) Schemes() []string { return []string{"Negotiate"} }

// Wrap implements auth.Method.
func (m *method) Wrap(next http.RoundTripper) http.RoundTripper {
	return auth.RoundTripper(next, m.send)
}

// service returns the service principal name for a request.
func (m *method) service(r *http.Request) string {
	if m.spn != "" {
		return m.spn
	}
	return "HTTP/" + strings.ToLower(strings.TrimSuffix(r.URL.Hostname(), "."))
}
