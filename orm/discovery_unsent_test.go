package orm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/orm"
)

// TestOpenWithoutToken: that there are no credentials to send says nothing of
// where the server is. It is not looked for, and what is kept stays.
func TestOpenWithoutToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, aliased)
		cache := new(autodiscover.MemoryCache)
		c.open(t, "ann@example.com", c.config(0, cache))
		c.ForgetRequests()
		cfg := c.config(0, cache)
		asked := 0
		cfg.Auth = auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
			asked++
			return "", time.Time{}, errors.New("the authorization server is down")
		})
		_, err := orm.Open(t.Context(), "ann@example.com", cfg)
		var token *auth.TokenError
		if !errors.As(err, &token) || strings.Contains(err.Error(), "looked for again") {
			t.Errorf("error %v", err)
		}
		if asked != 1 {
			t.Errorf("a token was asked for %d times", asked)
		}
		if n := len(c.asked()); n != 0 {
			t.Errorf("%v was asked", c.asked())
		}
		if found, fresh, err := cache.Load(t.Context(), "ann@example.com"); found == nil || !fresh || err != nil {
			t.Errorf("the cache has %v, %v, %v", found, fresh, err)
		}
	})
}
