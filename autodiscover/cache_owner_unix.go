//go:build unix

package autodiscover

import (
	"io/fs"
	"os"
	"syscall"
)

// foreign reports whether a file belongs to another user than the one that the
// process runs as.
func foreign(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int64(s.Uid) != int64(os.Geteuid())
}

// shared reports whether others may write to a file.
func shared(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }
