package messages

import (
	"errors"
	"io/fs"
)

// ErrThrottled is the class of codes that say: not now, wait and try again.
// Nothing was done.
var ErrThrottled = errors.New("messages: throttled by the server")

// Error makes a code usable as an error, and as a target of errors.Is.
func (c ResponseCode) Error() string { return string(c) }

// Is reports whether c belongs to the class target: fs.ErrNotExist,
// fs.ErrExist, fs.ErrPermission or ErrThrottled.
func (c ResponseCode) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		switch c {
		case ErrorItemNotFound, ErrorFolderNotFound, ErrorParentFolderNotFound, ErrorManagedFolderNotFound,
			ErrorNonExistentMailbox, ErrorSubscriptionNotFound:
			return true
		}
	case fs.ErrExist:
		return c == ErrorFolderExists
	case fs.ErrPermission:
		switch c {
		case ErrorAccessDenied, ErrorImpersonateUserDenied, ErrorImpersonationDenied:
			return true
		}
	case ErrThrottled:
		switch c {
		case "ErrorServerBusy", "ErrorExceededConnectionCount", "ErrorExceededSubscriptionCount", "ErrorTooManyObjectsOpened": // not all in the oldest schemas
			return true
		}
	}
	return false
}
