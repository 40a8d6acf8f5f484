package interop

import (
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/kerberos"
	"github.com/seed-1937cc67/goews/orm"
)

func TestKerberos(t *testing.T) {
	k := startKDC(t)
	k.admin("addprinc +requires_preauth -pw secret alice", "addprinc -randkey HTTP/localhost")
	f := startFront(t, k)
	for _, loc := range []string{"kerberos", "kept", "negotiate"} {
		m, err := kerberos.New(kerberos.Config{User: "alice", Password: "secret", Krb5Conf: k.conf})
		if err != nil {
			t.Fatal(err)
		}
		a, err := orm.Open(t.Context(), "alice@example.com", orm.Config{Endpoint: f.endpoint(loc), HTTPClient: f.client(), Auth: m})
		if err != nil {
			t.Errorf("%s: %v", loc, err)
			continue
		}
		_ = a
	}
	m := auth.Basic("alice", "secret")
	if _, err := orm.Open(t.Context(), "alice@example.com", orm.Config{Endpoint: f.endpoint("basic"), HTTPClient: f.client(), Auth: m}); err != nil {
		t.Error(err)
	}
}
