package interop

import (
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/kerberos"
)

func newRealm(t *testing.T) (*kdc, *front) {
	t.Helper()
	k := startKDC(t)
	k.admin("addprinc +requires_preauth -pw secret alice", "addprinc +requires_preauth -pw secret bob", "addprinc -randkey HTTP/localhost")
	return k, startFront(t, k)
}

func TestKerberos(t *testing.T) {
	k, f := newRealm(t)
	for _, loc := range []string{"kerberos", "kept", "negotiate"} {
		t.Run(loc, func(t *testing.T) {
			labour(t, f, loc, func(t *testing.T, user string) auth.Method {
				m, err := kerberos.New(kerberos.Config{User: user, Password: "secret", Krb5Conf: k.conf})
				if err != nil {
					t.Fatal(err)
				}
				return m
			})
		})
	}
	t.Run("basic", func(t *testing.T) {
		labour(t, f, "basic", func(t *testing.T, user string) auth.Method { return auth.Basic(user, "secret") })
	})
}
