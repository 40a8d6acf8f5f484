package kerberos_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jcmturner/gokrb5/v8/keytab"

	"github.com/seed-1937cc67/goews/auth/kerberos"
)

const realms = `[libdefaults]
default_realm = EXAMPLE.COM
dns_lookup_kdc = no
[realms]
EXAMPLE.COM = {
	kdc = kdc.example.com
}
lower.example = {
	kdc = kdc.lower.example
}
`

// file writes a file and returns its path.
func file(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// userKeys returns a keytab of the principals.
func userKeys(t testing.TB, names ...string) []byte {
	t.Helper()
	kt := keytab.New()
	for _, n := range names {
		name, realm, _ := strings.Cut(n, "@")
		if err := kt.AddEntry(name, realm, "hush", time.Unix(1, 0), 1, 18); err != nil {
			t.Fatal(err)
		}
	}
	data, err := kt.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestNew holds who the user is, by what the Config says.
func TestNew(t *testing.T) {
	t.Setenv("KRB5CCNAME", "FILE:"+file(t, "cc", cacheOf("bob", "EXAMPLE.COM")))
	t.Setenv("KRB5_CONFIG", "/nowhere"+string(filepath.ListSeparator)+file(t, "krb5.conf", []byte(realms)))
	keys := file(t, "keytab", userKeys(t, "ews/app@EXAMPLE.COM", "ann@EXAMPLE.COM", "carl@lower.example"))
	for _, tt := range []struct {
		name string
		cfg  kerberos.Config
		want string
	}{
		{"password, default realm", kerberos.Config{User: "ann", Password: "x"}, "ann@EXAMPLE.COM"},
		{"password, realm", kerberos.Config{User: "ann@CORP.EXAMPLE", Password: "x"}, "ann@CORP.EXAMPLE"},
		{"realm in small letters", kerberos.Config{User: "ann@example.com", Password: "x"}, "ann@EXAMPLE.COM"},
		{"realm that is in small letters", kerberos.Config{User: "ann@lower.example", Password: "x"}, "ann@lower.example"},
		{"Realm goes before", kerberos.Config{User: "ann@mail.example", Realm: "EXAMPLE.COM", Password: "x"}, "ann@EXAMPLE.COM"},
		{"keytab's first", kerberos.Config{Keytab: keys}, "ews/app@EXAMPLE.COM"},
		{"keytab", kerberos.Config{User: "ann", Keytab: keys}, "ann@EXAMPLE.COM"},
		{"keytab, realm", kerberos.Config{User: "carl@lower.example", Keytab: keys}, "carl@lower.example"},
		{"cache of the environment", kerberos.Config{}, "bob@EXAMPLE.COM"},
		{"cache", kerberos.Config{Cache: file(t, "cc", cacheOf("dora", "CORP.EXAMPLE"))}, "dora@CORP.EXAMPLE"},
		{"cache with FILE", kerberos.Config{User: "dora@corp.example", Cache: "FILE:" + file(t, "cc", cacheOf("dora", "CORP.EXAMPLE"))}, "dora@CORP.EXAMPLE"},
		{"text", kerberos.Config{User: "ann", Password: "x", Krb5ConfText: "[libdefaults]\ndefault_realm=OTHER.EXAMPLE\n"}, "ann@OTHER.EXAMPLE"},
	} {
		m, err := kerberos.New(tt.cfg)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := fmt.Sprint(m); got != "Kerberos "+tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestNewFails holds what is wrong with a Config: the field, and what the error
// says of it.
func TestNewFails(t *testing.T) {
	t.Setenv("KRB5_CONFIG", file(t, "krb5.conf", []byte(realms)))
	t.Setenv("KRB5CCNAME", "KEYRING:persistent:1000")
	keys := userKeys(t, "ann@EXAMPLE.COM")
	other := "[libdefaults]\n"
	for _, tt := range []struct {
		name  string
		cfg   kerberos.Config
		field string // empty: an *Error of ErrNoCache
		says  string
	}{
		{"two secrets", kerberos.Config{User: "ann", Password: "hush", Keytab: "x"}, "Password", "more than one"},
		{"no user", kerberos.Config{Password: "hush"}, "User", "of a user"},
		{"Windows name", kerberos.Config{User: `EXAMPLE\ann`, Password: "hush"}, "User", "behind an @"},
		{"two files", kerberos.Config{User: "ann", Password: "hush", Krb5Conf: "a", Krb5ConfText: "b"}, "Krb5Conf", "both"},
		{"SPN", kerberos.Config{User: "ann", Password: "hush", SPN: "mail.example.com"}, "SPN", "HTTP/mail.example.com"},
		{"SPN of nobody", kerberos.Config{User: "ann", Password: "hush", SPN: "HTTP/@EXAMPLE.COM"}, "SPN", "HTTP/mail.example.com"},
		{"no realm", kerberos.Config{User: "ann", Password: "hush", Krb5ConfText: other}, "Realm", "default_realm"},
		{"no krb5.conf", kerberos.Config{User: "ann", Password: "hush", Krb5Conf: "/nowhere/krb5.conf"}, "Krb5Conf", "/nowhere/krb5.conf"},
		{"krb5.conf", kerberos.Config{User: "ann", Password: "hush", Krb5ConfText: "[libdefaults]\nforwardable = perhaps\n"}, "Krb5ConfText", "forwardable"},
		{"no keytab", kerberos.Config{Keytab: "/nowhere/keytab"}, "Keytab", "/nowhere/keytab"},
		{"damaged keytab", kerberos.Config{Keytab: file(t, "keytab", keys[:len(keys)-9])}, "Keytab", "is no keytab"},
		{"empty keytab", kerberos.Config{Keytab: file(t, "keytab", nil)}, "Keytab", "is no keytab"},
		{"keytab of others", kerberos.Config{User: "bob", Keytab: file(t, "keytab", keys)}, "Keytab", "no key of bob@EXAMPLE.COM, but of ann@EXAMPLE.COM"},
		{"keytab of another realm", kerberos.Config{User: "ann@CORP.EXAMPLE", Keytab: file(t, "keytab", keys)}, "Keytab", "no key of ann@CORP.EXAMPLE"},
		{"kind of cache", kerberos.Config{}, "", "KEYRING"},
		{"no cache", kerberos.Config{Cache: "/nowhere/cc"}, "", "/nowhere/cc"},
		{"damaged cache", kerberos.Config{Cache: file(t, "cc", cacheOf("ann", "EXAMPLE.COM")[:40])}, "", "damaged"},
		{"cache of others", kerberos.Config{User: "bob", Cache: file(t, "cc", cacheOf("ann", "EXAMPLE.COM"))}, "User", "is that of ann@EXAMPLE.COM"},
	} {
		_, err := kerberos.New(tt.cfg)
		var bad *kerberos.ConfigError
		var krb *kerberos.Error
		switch {
		case err == nil:
			t.Errorf("%s: no error", tt.name)
			continue
		case tt.field == "" && (!errors.Is(err, kerberos.ErrNoCache) || !errors.As(err, &krb) || !strings.Contains(err.Error(), "kinit")):
			t.Errorf("%s: %v", tt.name, err)
		case tt.field != "" && (!errors.As(err, &bad) || bad.Field != tt.field):
			t.Errorf("%s: not of field %s: %v", tt.name, tt.field, err)
		}
		if !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestCachePath(t *testing.T) {
	for _, tt := range []struct{ name, env, want string }{
		{"", "", fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())},
		{"", "/run/cc", "/run/cc"},
		{"", "FILE:/run/cc", "/run/cc"},
		{"FILE:/other/cc", "/run/cc", "/other/cc"},
		{"WRFILE:/other/cc", "", "/other/cc"},
		{"", "DIR:/run/ccs", ""},
		{"", "KCM:", ""},
		{`C:\cc`, "", `C:\cc`},
	} {
		t.Setenv("KRB5CCNAME", tt.env)
		got, err := kerberos.CachePath(tt.name)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q, environment %q: %q, error %v; want %q", tt.name, tt.env, got, err, tt.want)
		}
	}
}

// TestConf holds how krb5.conf is read: files that include others, sections
// that stand there twice, relations that nest.
func TestConf(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"more/realm.conf":   "[realms]\nTHIRD.EXAMPLE = {\n kdc = third.example\n}\n",
		"more/skipped.bak":  "nonsense {",
		"more/.hidden.conf": "nonsense {",
		"one":               "[domain_realm]\n.one.example = ONE.EXAMPLE\n",
		"loop":              "include " + filepath.Join(dir, "loop") + "\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	conf, err := kerberos.LoadConf(kerberos.Config{Krb5ConfText: `
# a comment
includedir ` + dir + `/more
module /usr/lib/x.so:residual
[libdefaults]
	default_realm = EXAMPLE.COM ; the only one
	dns_lookup_realm = false
[logging]
	kdc = FILE:/var/log/kdc.log
[realms]
	EXAMPLE.COM = {
		kdc = kdc1.example.com:1088
		kdc = kdc2.example.com
		auth_to_local_names = {
			ann = a
		}
	}
[appdefaults]
	pam = {
		minimum_uid = 1000
	}
include ` + dir + `/one
[realms]
	OTHER.EXAMPLE = {
		kdc = other.example
	}
[libdefaults]
	forwardable = yes
`})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range conf.Realms {
		got = append(got, r.Realm+" "+strings.Join(r.KDC, ","))
	}
	want := []string{"THIRD.EXAMPLE third.example:88", "EXAMPLE.COM kdc1.example.com:1088,kdc2.example.com:88", "OTHER.EXAMPLE other.example:88"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("realms (-want +got):\n%s", diff)
	}
	if d := conf.LibDefaults; d.DefaultRealm != "EXAMPLE.COM" || !d.Forwardable || !d.DNSLookupKDC {
		t.Errorf("realm %q, forwardable %v, KDCs in DNS %v", d.DefaultRealm, d.Forwardable, d.DNSLookupKDC)
	}
	if got := conf.ResolveRealm("mail.one.example"); got != "ONE.EXAMPLE" {
		t.Errorf("mail.one.example is in %q", got)
	}
	for text, want := range map[string]string{
		"include " + dir + "/loop":                   "deep",
		"include " + dir + "/none":                   "no such file",
		"includedir " + dir + "/none":                "no such file",
		"[realms]\nA = {\n":                          "open at the end",
		"[realms]\nA = {\n[libdefaults]\n":           "is open where section",
		"[realms]\n}\n":                              "none has opened",
		"[libdefaults]\nticket_lifetime = a while\n": "ticket_lifetime",
		"[realms]\nA = {\n kdc\n}\n":                 "kdc",
	} {
		if _, err := kerberos.LoadConf(kerberos.Config{Krb5ConfText: text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	t.Setenv("KRB5_CONFIG", "/nowhere/a:/nowhere/b")
	if _, err := kerberos.LoadConf(kerberos.Config{}); err == nil || !strings.Contains(err.Error(), "/nowhere/b") {
		t.Errorf("error %v", err)
	}
	if _, err := kerberos.LoadConf(kerberos.Config{Krb5ConfText: "[libdefaults]\ndns_lookup_kdc = false\n"}); err != nil {
		t.Error(err)
	}
}
