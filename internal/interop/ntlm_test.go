package interop

import (
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/ntlm"
	"github.com/seed-1937cc67/goews/ewstest"
)

// TestNTLM works through mod_auth_gssapi with gss-ntlmssp, which authenticates
// connections.
func TestNTLM(t *testing.T) {
	f := startFront(t, nil)
	// gss-ntlmssp as a client; its user is the first in its file. (curl's own NTLM
	// it does not understand.)
	if status, err := f.curl("ntlm", "--negotiate", "-u", ":"); err != nil || status != "302" {
		t.Errorf("curl: status %s, error %v", status, err)
	}
	labour(t, f, "ntlm", func(_ *testing.T, user string) auth.Method { return ntlm.New(`EXAMPLE\`+user, ewstest.Password) })
}
