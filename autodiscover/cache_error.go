package autodiscover

import (
	"fmt"
	"io/fs"
)

// CacheError says that a directory or file of a DiskCache cannot be used.
type CacheError struct {
	Path string // of the directory or file
	Err  error  // why not
}

// Error names the path.
func (e *CacheError) Error() string {
	return fmt.Sprintf("autodiscover: cache %s: %v", e.Path, e.Err)
}

// Unwrap returns why. It is of class fs.ErrPermission if others may write there.
func (e *CacheError) Unwrap() error { return e.Err }

// insecureError says that others can change a file or directory.
type insecureError string

func (e insecureError) Error() string        { return string(e) }
func (e insecureError) Is(target error) bool { return target == fs.ErrPermission }

const (
	errShared  = insecureError("others may write to it: take that right from them, as with chmod go-w")
	errForeign = insecureError("it belongs to another user: remove it, or choose another directory")
	errSpecial = insecureError("it is neither a directory nor a plain file")
)

// checkPrivate fails for what others can change.
func checkPrivate(info fs.FileInfo) error {
	switch {
	case !info.IsDir() && !info.Mode().IsRegular():
		return errSpecial
	case foreign(info):
		return errForeign
	case shared(info):
		return errShared
	}
	return nil
}
