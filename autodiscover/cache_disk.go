package autodiscover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// DiskCache keeps answers in a file, for all processes of the user. The zero
// value is ready. It must not be copied, and may be shared between goroutines.
//
// The file has no secret in it: URLs, addresses, names of authentication
// schemes, versions. It does not keep Settings and SettingErrors. It is written
// under a lock, and replaced as a whole, so that readers need none and a crash
// leaves the old one. One that cannot be read, or is of another version, is as
// one that is not there.
//
// The directory must belong to the user, and nobody else may write to it: who
// can write there sends credentials where he likes. It is made with mode 0700.
// The same is asked of the file. Where the system does not tell (Windows), what
// os.UserCacheDir says is as private as the user's profile.
//
// An answer that was found with one Config.Redirect is used by all that share
// the cache: programs with different ideas of whom to trust need different
// directories.
//
// What cannot be written is kept in memory, and Save says why.
type DiskCache struct {
	// Dir is the directory for the cache's files, which are "autodiscover.json"
	// and "autodiscover.lock". Default: "goews" below os.UserCacheDir.
	Dir string
	// MaxAge is how long an answer is fresh. Default a day, as with MemoryCache.
	MaxAge time.Duration

	flights flights
	mu      sync.Mutex
	from    fs.FileInfo // what seen was read from; nil if there was no file
	seen    answers     // never changed
	mine    answers     // what could not be written
}

// The files. Temporary ones begin with the name of the file.
const (
	cacheFile   = "autodiscover.json"
	lockFile    = "autodiscover.lock"
	tempPattern = cacheFile + ".*.tmp"
)

// cacheVersion is that of the file's form.
const cacheVersion = 1

// maxCacheBytes bounds what is read of a file.
const maxCacheBytes = 16 << 20

// lockWait is how long a Save or Drop waits for other processes.
const lockWait = 5 * time.Second

// errLocked is why a Save or Drop gave up.
var errLocked = fmt.Errorf("another process has held the lock for %v; what is to be kept is kept in memory: look what hangs, or whether the file system has locks", lockWait)

// document is what is in the file.
type document struct {
	Version int
	Answers answers
}

// ClearCache removes all answers of the DiskCache that has the default
// directory.
func ClearCache(ctx context.Context) error { return new(DiskCache).Clear(ctx) }

// dir returns the directory's path.
func (c *DiskCache) dir() (string, error) {
	if c.Dir != "" {
		return c.Dir, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", &CacheError{Path: "directory", Err: err}
	}
	return filepath.Join(base, "goews"), nil
}

// open opens the directory, which must be private. With create it makes it.
// Without, it returns nil if there is none.
func (c *DiskCache) open(create bool) (*os.Root, error) {
	dir, err := c.dir()
	if err != nil {
		return nil, err
	}
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, &CacheError{dir, err}
		}
	}
	// Not what a symbolic link leads to: who made it may not be the user.
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !create:
		return nil, nil
	case err != nil:
		return nil, &CacheError{dir, err}
	case !info.IsDir():
		return nil, &CacheError{dir, errSpecial}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, &CacheError{dir, err}
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(info, opened) {
		err = errSpecial
	}
	if err == nil {
		err = checkPrivate(opened)
	}
	if err != nil {
		_ = root.Close()
		return nil, &CacheError{dir, err}
	}
	return root, nil
}

// read returns what is in the file, which must not be changed.
func (c *DiskCache) read(root *os.Root) (answers, error) {
	path := filepath.Join(root.Name(), cacheFile)
	info, err := root.Lstat(cacheFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = checkPrivate(info)
	}
	if err != nil {
		return nil, &CacheError{path, err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.from != nil && os.SameFile(c.from, info) && c.from.ModTime().Equal(info.ModTime()) && c.from.Size() == info.Size() {
		return c.seen, nil
	}
	f, err := root.Open(cacheFile)
	if err != nil {
		return nil, &CacheError{path, err}
	}
	defer f.Close()
	if info, err = f.Stat(); err == nil { // it may have been replaced
		err = checkPrivate(info)
	}
	if err != nil {
		return nil, &CacheError{path, err}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxCacheBytes))
	if err != nil {
		return nil, &CacheError{path, err}
	}
	c.from, c.seen = info, parseCache(text)
	return c.seen, nil
}

// parseCache returns the answers in a file, without those that make no sense.
func parseCache(text []byte) answers {
	var d document
	if json.Unmarshal(text, &d) != nil || d.Version != cacheVersion {
		return nil
	}
	for key, r := range d.Answers {
		if !r.valid(key) {
			delete(d.Answers, key)
		}
	}
	return d.Answers
}

// Load returns the answer for an address, as MemoryCache does.
func (c *DiskCache) Load(_ context.Context, address string) (*Result, bool, error) {
	as, err := c.load()
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.mine[keyOf(address)]; ok && r.Saved.After(as[keyOf(address)].Saved) {
		as = c.mine
	}
	found, fresh := as.load(address, maxAge(c.MaxAge))
	if found != nil {
		err = nil
	}
	return found, fresh, err
}

func (c *DiskCache) load() (answers, error) {
	root, err := c.open(false)
	if root == nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return c.read(root)
}

// Save keeps an answer. It waits for other processes that save theirs, for a
// few seconds or until ctx ends.
func (c *DiskCache) Save(ctx context.Context, found *Result) error {
	err := c.change(ctx, true, func(as answers) error { return as.save(found, maxAge(c.MaxAge)) })
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.mine, keyOf(found.Requested))
	if err != nil {
		if c.mine == nil {
			c.mine = answers{}
		}
		if bad := c.mine.save(found, maxAge(c.MaxAge)); bad != nil {
			return bad
		}
	}
	return err
}

// Drop removes the answer for an address. It waits as Save does.
func (c *DiskCache) Drop(ctx context.Context, address string) error {
	key := keyOf(address)
	c.mu.Lock()
	delete(c.mine, key)
	c.mu.Unlock()
	if as, err := c.load(); err != nil || as[key].Result == nil {
		return err
	}
	return c.change(ctx, false, func(as answers) error { delete(as, key); return nil })
}

// Clear removes all answers.
func (c *DiskCache) Clear(ctx context.Context) error {
	c.mu.Lock()
	c.mine = nil
	c.mu.Unlock()
	return c.change(ctx, false, func(as answers) error { clear(as); return nil })
}

// Begin is for Single. It knows of the searches that use this DiskCache, not of
// other processes' ones.
func (c *DiskCache) Begin(ctx context.Context, address string) (func(), error) {
	return c.flights.begin(ctx, address)
}

// change replaces the file by one with other answers.
func (c *DiskCache) change(ctx context.Context, create bool, edit func(answers) error) error {
	root, err := c.open(create)
	if root == nil {
		return err
	}
	defer func() { _ = root.Close() }()
	ctx, cancel := context.WithTimeoutCause(ctx, lockWait, errLocked)
	defer cancel()
	path := filepath.Join(root.Name(), lockFile)
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		if context.Cause(ctx) == errLocked {
			err = errLocked
		}
		return &CacheError{path, err}
	}
	defer func() { _ = lock.Close() }() // unlocks
	removeLeftovers(root)
	old, err := c.read(root)
	var bad insecureError
	if err != nil && !errors.As(err, &bad) {
		return err
	}
	// A file that others can write is not read, but it is replaced: the
	// directory is the user's own.
	as := make(answers, len(old)+1)
	for k, r := range old {
		as[k] = r
	}
	if err := edit(as); err != nil {
		return err
	}
	return replace(root, document{cacheVersion, as})
}

// removeLeftovers removes what processes left that ended while they wrote. It
// is called under the lock.
func removeLeftovers(root *os.Root) {
	list, err := fs.Glob(root.FS(), tempPattern)
	if err != nil { // of the pattern alone
		return
	}
	for _, name := range list {
		_ = root.Remove(name) // one that cannot be removed is in nobody's way
	}
}

// text returns what the file is to have: no more than is read of it again.
func (d document) text() ([]byte, error) {
	for {
		text, err := json.MarshalIndent(d, "", "\t")
		if err != nil || len(text) <= maxCacheBytes || len(d.Answers) == 0 {
			return text, err
		}
		d.Answers.shrink(len(d.Answers) / 2)
	}
}

// replace writes the file. It need not last through a power failure: what is
// left then is not JSON, and as good as no file.
func replace(root *os.Root, d document) error {
	text, err := d.text()
	if err != nil {
		return err
	}
	temp := strings.Replace(tempPattern, "*", fmt.Sprint(os.Getpid()), 1)
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = f.Write(text)
		err = errors.Join(err, f.Close())
	}
	if err == nil {
		err = root.Rename(temp, cacheFile)
	}
	if err != nil {
		_ = root.Remove(temp)
		return &CacheError{filepath.Join(root.Name(), cacheFile), err}
	}
	return nil
}
