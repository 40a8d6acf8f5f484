package interop

import (
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ewstest"
)

// TestBasic works through mod_auth_basic.
func TestBasic(t *testing.T) {
	f := startFront(t, nil)
	labour(t, f, "basic", func(_ *testing.T, user string) auth.Method { return auth.Basic(user, ewstest.Password) })
}
