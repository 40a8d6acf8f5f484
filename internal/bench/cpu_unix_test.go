//go:build unix

package bench

import (
	"syscall"
	"time"
)

// processor returns the processor time that the process has taken, that of the
// garbage collector included.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
