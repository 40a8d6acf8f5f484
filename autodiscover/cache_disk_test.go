package autodiscover_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/autodiscover"
)

// names lists a directory, with modes.
func names(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %o", e.Name(), info.Mode().Perm()))
	}
	return out
}

func save(t *testing.T, c autodiscover.Cache, address string) {
	t.Helper()
	if err := c.Save(t.Context(), answer(address)); err != nil {
		t.Fatal(err)
	}
}

// has reports whether the cache has an answer of an address's own.
func has(t *testing.T, c autodiscover.Cache, address string) bool {
	t.Helper()
	found, _, err := c.Load(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return found != nil && found.EWS != ""
}

// TestDiskCacheIsShared: what one saves another finds, drops and clears.
func TestDiskCacheIsShared(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	one, two := &autodiscover.DiskCache{Dir: dir}, &autodiscover.DiskCache{Dir: dir}
	if has(t, two, "ann@example.com") {
		t.Error("there is an answer already")
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a look made the directory: %v", err)
	}
	save(t, one, "ann@example.com")
	save(t, one, "bob@example.com")
	if !has(t, two, "ann@example.com") || !has(t, two, "bob@example.com") {
		t.Error("the other does not find what was saved")
	}
	if err := two.Drop(t.Context(), "ann@example.com"); err != nil {
		t.Fatal(err)
	}
	if has(t, one, "ann@example.com") || !has(t, one, "bob@example.com") {
		t.Error("the other's drop does not show")
	}
	if runtime.GOOS != "windows" {
		if diff := cmp.Diff([]string{"autodiscover.json 600", "autodiscover.lock 600"}, names(t, dir)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("directory %v, %v", info.Mode(), err)
		}
	}
	if err := one.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if has(t, two, "bob@example.com") {
		t.Error("there is an answer after Clear")
	}
}

// TestClearCache: the default directory is below that of the user's caches.
func TestClearCache(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("XDG_CACHE_HOME is for Linux")
	}
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", home)
	if err := autodiscover.ClearCache(t.Context()); err != nil {
		t.Errorf("there is nothing to clear: %v", err)
	}
	c := new(autodiscover.DiskCache)
	save(t, c, "ann@example.com")
	if !has(t, &autodiscover.DiskCache{Dir: filepath.Join(home, "goews")}, "ann@example.com") {
		t.Error("it is not in goews below the cache directory")
	}
	if err := autodiscover.ClearCache(t.Context()); err != nil {
		t.Fatal(err)
	}
	if has(t, c, "ann@example.com") {
		t.Error("ClearCache left an answer")
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	var bad *autodiscover.CacheError
	if err := c.Save(t.Context(), answer("ann@example.com")); !errors.As(err, &bad) {
		t.Errorf("without a home: %v", err)
	}
	if !has(t, c, "ann@example.com") {
		t.Error("what cannot be written is not kept in memory")
	}
}

// TestDiskCacheDropsNonsense: a file that makes no sense is as none, and the
// next Save replaces it.
func TestDiskCacheDropsNonsense(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	c := &autodiscover.DiskCache{Dir: dir}
	save(t, c, "ann@example.com")
	file := filepath.Join(dir, "autodiscover.json")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(good, []byte("UserDN")) || bytes.Contains(good, []byte(`"Steps"`)) {
		t.Errorf("settings or steps are in it: %s", good)
	}
	for name, text := range map[string]string{
		"empty":           "",
		"cut off":         string(good[:len(good)/2]),
		"no JSON":         "\x80\x04\x95 pickle",
		"another form":    `["ann@example.com"]`,
		"another version": strings.Replace(string(good), `"Version": 1`, `"Version": 2`, 1),
		"null":            `{"Version": 1, "Answers": {"ann@example.com": null}}`,
		"another key":     strings.Replace(string(good), `"ann@example.com": {`, `"bob@example.com": {`, 1),
		"plain HTTP":      strings.ReplaceAll(string(good), "https://", "http://"),
		"a password":      strings.ReplaceAll(string(good), "https://", "https://u:p@"),
	} {
		if text == string(good) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if has(t, c, "ann@example.com") || has(t, c, "bob@example.com") {
			t.Errorf("%s: an answer was found", name)
		}
		if err := c.Drop(t.Context(), "ann@example.com"); err != nil {
			t.Errorf("%s: drop: %v", name, err)
		}
		save(t, c, "carl@example.com")
		if !has(t, &autodiscover.DiskCache{Dir: dir}, "carl@example.com") {
			t.Errorf("%s: was not replaced", name)
		}
	}
}

// FuzzDiskCache: whatever is in the file, a look at it does no harm, and what it
// gives has an https URL without a user, and belongs to the address.
func FuzzDiskCache(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "cache")
	file := filepath.Join(dir, "autodiscover.json")
	if err := (&autodiscover.DiskCache{Dir: dir}).Save(f.Context(), answer("ann@example.com")); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{
		string(good), "", "{", `{"Version":1}`, `{"Version":1,"Answers":null}`, `{"Version":1,"Answers":{"ann@example.com":{}}}`,
		`{"Version":1,"Answers":{"ann@example.com":{"Saved":"2026-01-01T00:00:00Z","Result":{"Requested":"ann@example.com","Address":"x","EWS":"https://u:p@h/","Endpoint":"https://h/"}}}}`,
		`{"Version":1,"Answers":{"@example.com":{"Saved":"9999-01-01T00:00:00Z","Result":{"Requested":"@example.com","Address":"x","EWS":"https://h/","Endpoint":"https://h/"}}}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "autodiscover.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		c := &autodiscover.DiskCache{Dir: dir}
		for _, address := range []string{"ann@example.com", "bob@example.com"} {
			found, fresh, err := c.Load(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			if found == nil {
				continue
			}
			own := found.EWS != "" // else it is a place to ask
			if !strings.HasPrefix(found.Endpoint, "https://") || own && !strings.HasPrefix(found.EWS, "https://") ||
				!strings.EqualFold(strings.TrimSpace(found.Requested), address) || fresh && !own {
				t.Errorf("fresh %v: %+v", fresh, found)
			}
		}
		if err := c.Save(t.Context(), answer("ann@example.com")); err != nil || !has(t, c, "ann@example.com") {
			t.Errorf("it cannot be replaced: %v", err)
		}
	})
}

// TestDiskCacheLeftovers: a process that ended while it wrote does no harm.
func TestDiskCacheLeftovers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	c := &autodiscover.DiskCache{Dir: dir}
	save(t, c, "ann@example.com")
	left := filepath.Join(dir, fmt.Sprintf("autodiscover.json.%d.tmp", os.Getpid()))
	for _, file := range []string{left, filepath.Join(dir, "autodiscover.json.1.tmp")} {
		if err := os.WriteFile(file, []byte(`{"Version": 1, "Ans`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !has(t, c, "ann@example.com") {
		t.Error("the answer is gone")
	}
	save(t, c, "bob@example.com")
	if got := len(names(t, dir)); got != 2 || !has(t, c, "ann@example.com") {
		t.Errorf("files: %v", names(t, dir))
	}
}

// exchangelib unpickles a file of a name that anybody can guess, in a directory that
// anybody can write to. Here, what others can write is not used.
func TestPitfall28DiskCacheIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the system does not tell")
	}
	for _, tt := range []struct {
		name    string
		spoil   func(dir, file string) error
		replace bool // the next Save puts it right
	}{
		{"a directory for the group", func(dir, _ string) error { return os.Chmod(dir, 0o770) }, false},
		{"a directory for all", func(dir, _ string) error { return os.Chmod(dir, 0o707) }, false},
		{"another's directory", func(dir, _ string) error { return os.Chown(dir, 4711, -1) }, false},
		{"a symbolic link", func(dir, _ string) error {
			return errors.Join(os.Rename(dir, dir+".real"), os.Symlink(dir+".real", dir))
		}, false},
		{"a file for a directory", func(dir, _ string) error {
			return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600))
		}, false},
		{"a file for all", func(_, file string) error { return os.Chmod(file, 0o666) }, true},
		{"another's file", func(_, file string) error { return os.Chown(file, 4711, -1) }, true},
		{"a link for a file", func(dir, file string) error {
			return errors.Join(os.Rename(file, dir+".real"), os.Symlink(dir+".real", file))
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cache")
			c := &autodiscover.DiskCache{Dir: dir}
			save(t, c, "ann@example.com")
			err := tt.spoil(dir, filepath.Join(dir, "autodiscover.json"))
			if errors.Is(err, fs.ErrPermission) {
				t.Skip("only root can do this")
			}
			if err != nil {
				t.Fatal(err)
			}
			var bad *autodiscover.CacheError
			found, _, err := c.Load(t.Context(), "ann@example.com")
			if found != nil || !errors.As(err, &bad) || !errors.Is(err, fs.ErrPermission) {
				t.Errorf("found %+v, error %v", found, err)
			}
			err = c.Save(t.Context(), answer("bob@example.com"))
			if (err == nil) != tt.replace {
				t.Errorf("save: %v", err)
			}
			// At least this process knows it.
			if !has(t, c, "bob@example.com") {
				t.Error("what was saved is not there")
			}
			if err := c.Drop(t.Context(), "bob@example.com"); (err == nil) != tt.replace {
				t.Errorf("drop: %v", err)
			}
			if found, _, _ := c.Load(t.Context(), "bob@example.com"); found != nil {
				t.Error("what was dropped is there")
			}
		})
	}
}

// TestDiskCacheReadOnly: where nothing can be written answers live as long as
// the cache.
func TestDiskCacheReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	if err := os.Mkdir(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // who may write there all the same
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(dir, "below a file")
	}
	c := &autodiscover.DiskCache{Dir: dir}
	var bad *autodiscover.CacheError
	if err := c.Save(t.Context(), answer("ann@example.com")); !errors.As(err, &bad) {
		t.Errorf("save: %v", err)
	}
	if !has(t, c, "ann@example.com") {
		t.Error("what cannot be written is not kept in memory")
	}
}

// helperDir names the directory in the environment of the processes that
// TestDiskCacheProcesses starts.
const helperDir, helperName = "GOEWS_TEST_CACHE_DIR", "GOEWS_TEST_CACHE_NAME"

// TestDiskCacheProcesses lets processes, each with several goroutines, save and
// drop at once. No answer gets lost, and no reader sees half a file.
func TestDiskCacheProcesses(t *testing.T) {
	const workers, rounds = 3, 12
	if dir := os.Getenv(helperDir); dir != "" {
		hammer(t, dir, os.Getenv(helperName), workers, rounds)
		return
	}
	dir := filepath.Join(t.TempDir(), "cache")
	c := &autodiscover.DiskCache{Dir: dir}
	save(t, c, "watched@example.com")
	var wg sync.WaitGroup
	for _, name := range []string{"one", "two"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskCacheProcesses$", "-test.timeout=60s")
		cmd.Env = append(os.Environ(), helperDir+"="+dir, helperName+"="+name)
		wg.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for looking := true; looking; {
		select {
		case <-done:
			looking = false
		default:
			if !has(t, c, "watched@example.com") {
				t.Fatal("a reader saw a file without an answer that nobody dropped")
			}
		}
	}
	for _, name := range []string{"one", "two"} {
		for w := range workers {
			for i := range rounds {
				if got := has(t, c, address(name, w, i)); got != (i%2 == 0) {
					t.Errorf("%s is there: %v", address(name, w, i), got)
				}
			}
		}
	}
	if got := len(names(t, dir)); got != 2 {
		t.Errorf("files: %v", names(t, dir))
	}
}

func address(name string, worker, i int) string {
	return fmt.Sprintf("user%d@%s%d.example.com", i, name, worker)
}

// hammer saves answers, and drops every second of them.
func hammer(t *testing.T, dir, name string, workers, rounds int) {
	c := &autodiscover.DiskCache{Dir: dir, MaxAge: time.Hour}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				if err := c.Save(t.Context(), answer(address(name, w, i))); err != nil {
					t.Error(err)
				}
				if i%2 == 1 {
					if err := c.Drop(t.Context(), address(name, w, i)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestDiskCacheCanBeReadAgain: what is written is never more than what is read.
func TestDiskCacheCanBeReadAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	c := &autodiscover.DiskCache{Dir: dir}
	save(t, c, "first@example.com")
	file := filepath.Join(dir, "autodiscover.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Many large answers, as if they had been saved one by one.
	var d struct {
		Version int
		Answers map[string]map[string]any
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	one := d.Answers["first@example.com"]
	for i := range 270 {
		address := fmt.Sprintf("ann@%d.example.com", i)
		r := maps.Clone(one["Result"].(map[string]any))
		r["Requested"], r["DisplayName"] = address, strings.Repeat("x", 60<<10)
		d.Answers[address] = map[string]any{"Saved": one["Saved"], "Result": r}
	}
	if text, err = json.Marshal(d); err != nil || len(text) > 16<<20 {
		t.Fatal(len(text), err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	heap := answer("last@example.com")
	heap.DisplayName = strings.Repeat("x", 60<<10)
	for i := range 3 {
		heap.Requested = fmt.Sprintf("last@%d.example.com", i)
		if err := c.Save(t.Context(), heap); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Size() < 1<<20 || info.Size() > 16<<20 {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
	if !has(t, &autodiscover.DiskCache{Dir: dir}, heap.Requested) {
		t.Error("what was saved last cannot be read")
	}
}
