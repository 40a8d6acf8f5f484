package connecting

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/password"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/orm"
)

func search(ctx context.Context) (*orm.Account, error) {
	// code: autodiscover
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{Auth: password.New("john@example.com", secret)})
	// end
	return acct, err
}

func searchWith(ctx context.Context, noSRV autodiscover.Resolver) (*orm.Account, error) {
	// code: autodiscover-more
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Auth: auth.Basic("john@example.com", secret),
		Autodiscover: autodiscover.Config{
			Redirect: autodiscover.Either(autodiscover.SameDomain, autodiscover.Hosts("*.hoster.example")), // who may get the credentials
			Cache:    autodiscover.NoCache{},
			Trace:    autodiscover.TraceTo(os.Stderr),
			Resolver: noSRV,
		},
	})
	// end
	return acct, err
}

func why(err error) []string {
	// code: autodiscover-error
	var steps []string
	var failed *autodiscover.Error
	if errors.As(err, &failed) {
		for _, step := range failed.Steps {
			steps = append(steps, step.String())
		}
	}
	// end
	return steps
}

func clearCache(ctx context.Context) error {
	// code: autodiscover-clear
	err := autodiscover.ClearCache(ctx)
	// end
	return err
}

func saveKnown(acct *orm.Account, path string) error {
	// code: known-save
	b, err := json.Marshal(acct.Known())
	if err != nil {
		return err
	}
	err = os.WriteFile(path, b, 0o600)
	// end
	return err
}

func openKnown(ctx context.Context, path string) (*orm.Account, error) {
	// code: known-open
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	known := new(orm.Known)
	if err := json.Unmarshal(b, known); err != nil {
		return nil, err
	}
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Known: known, // nothing is sent
		Auth:  auth.Basic("john@example.com", secret),
	})
	// end
	return acct, err
}

// noSRV is a name server that has no record.
type noSRV struct{}

func (noSRV) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{Err: "no such host", Name: "_" + service + "._" + proto + "." + name, IsNotFound: true}
}

func TestFind(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	acct, err := searchWith(t.Context(), noSRV{})
	works(t, acct, err)
	path := filepath.Join(t.TempDir(), "known.json")
	if err := saveKnown(acct, path); err != nil {
		t.Fatal(err)
	}
	before := len(exchange.Requests())
	acct, err = openKnown(t.Context(), path)
	if n := len(exchange.Requests()) - before; err != nil || n != 0 {
		t.Errorf("%d requests, error %v", n, err)
	}
	works(t, acct, err)
	_, err = orm.Open(t.Context(), "nobody@example.com", orm.Config{
		Auth:         auth.Basic("john@example.com", "wrong"),
		Autodiscover: autodiscover.Config{Resolver: noSRV{}, Cache: autodiscover.NoCache{}},
	})
	if err == nil || len(why(err)) == 0 {
		t.Errorf("error %v has no steps", err)
	}
	if err := clearCache(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0)) // it would ask name servers
	defer cancel()
	if _, err := search(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
