package autodiscover_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gofrs/flock"

	"github.com/seed-1937cc67/goews/autodiscover"
)

// TestDiskCacheLocked: a lock that another process holds on to is an error that
// says so, after a while; the answer is kept in memory.
func TestDiskCacheLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "c")
		c := &autodiscover.DiskCache{Dir: dir}
		save(t, c, "ann@example.com")
		lock := flock.New(filepath.Join(dir, "autodiscover.lock"))
		if ok, err := lock.TryLock(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		defer func() { _ = lock.Close() }()
		err := c.Save(t.Context(), answer("bob@example.com"))
		var bad *autodiscover.CacheError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), "another process has held the lock for 5s") {
			t.Errorf("error %v", err)
		}
		if !has(t, c, "bob@example.com") {
			t.Error("the answer is lost")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Save(ctx, answer("eve@example.com")); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v of a context that has ended", err)
		}
	})
}
