//go:build !unix

package autodiscover

import "io/fs"

// foreign cannot tell.
func foreign(fs.FileInfo) bool { return false }

// shared cannot tell: access lists say it, which package os does not show.
func shared(fs.FileInfo) bool { return false }
