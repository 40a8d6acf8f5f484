package autodiscover

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
)

// The classes of failures, for errors.Is.
var (
	// ErrNotFound: no place answered as an autodiscover service.
	ErrNotFound = errors.New("no autodiscover service was found")
	// ErrCredentials: a service wanted credentials and got none, or refused
	// those that it got. It is of class fs.ErrPermission, too.
	ErrCredentials = errors.New("the credentials were refused")
	// ErrRedirect: a redirect was not followed: for the policy, for its target
	// is no https address, or for there were too many.
	ErrRedirect = errors.New("a redirect was not followed")
	// ErrCircular: redirects led back to where they began.
	ErrCircular = errors.New("redirects lead in a circle")
)

// Error is a search that found nothing.
type Error struct {
	Address string // that was looked for
	Steps   []Step // that were taken, in the order of preference
	Err     error  // what ended the search
}

// Error says what ended the search, and what each step led to.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "autodiscover: %s: %v", e.Address, e.Err)
	for i, s := range e.Steps {
		if i == 0 {
			b.WriteString("; tried:")
		}
		fmt.Fprintf(&b, "\n\t%v", s)
	}
	return b.String()
}

// Unwrap returns what ended the search.
func (e *Error) Unwrap() error { return e.Err }

// CredentialsError is a place that wants credentials and got none, or refused
// those that it got.
type CredentialsError struct {
	URL     string
	Sent    string   // scheme that was sent last, as in "Basic"; empty if none was
	Offered []string // schemes that the server takes
}

// Error says what to do.
func (e *CredentialsError) Error() string {
	offers := "no scheme"
	if len(e.Offered) > 0 {
		offers = strings.Join(e.Offered, ", ")
	}
	if e.Sent == "" {
		return fmt.Sprintf("%s wants credentials, and offers %s; set Config.Auth", e.URL, offers)
	}
	for _, s := range e.Offered {
		if strings.EqualFold(s, e.Sent) {
			return fmt.Sprintf("%s refused user, password or token for %s; the search ended there, so that the account does not get locked (Config.MaxRefusals)", e.URL, e.Sent)
		}
	}
	return fmt.Sprintf("%s did not take %s, it offers %s; choose one of these for Config.Auth", e.URL, e.Sent, offers)
}

// Is reports whether target is ErrCredentials or fs.ErrPermission.
func (e *CredentialsError) Is(target error) bool {
	return target == ErrCredentials || target == fs.ErrPermission
}

// AnswerError is an error that a service answered with. Code is as in
// "InvalidUser" of the SOAP service, a number of the POX service such as "500"
// (https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxdscli/713ef4f4-83b2-4375-9d64-60c97ee5b166),
// or the status of an HTTP answer that asks to come back later, "429" or
// "503".
type AnswerError struct {
	Service Kind   // that answered
	Code    string // as sent
	Message string // of the server, for people; may be empty
	Target  string // for GetUserSettings: the address or URL to ask instead
}

// Error says code and message.
func (e *AnswerError) Error() string {
	s := fmt.Sprintf("the %s service answered %s", e.Service, e.Code)
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Target != "" {
		s += "; ask for or at " + e.Target
	}
	if e.Is(fs.ErrNotExist) {
		s += "; is the address right?"
	}
	return s
}

// Is reports whether target is the class of the error: fs.ErrNotExist for an
// address that the server does not know, messages.ErrThrottled for a server
// that has too much to do.
func (e *AnswerError) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		switch e.Code {
		case "InvalidUser", "InvalidDomain", "MailboxNotFound", "UserNotFound":
			return true
		case "500":
			return e.Service == POX
		}
	case messages.ErrThrottled:
		return e.Code == "ServerBusy" || e.Code == "429" || e.Code == "503"
	}
	return false
}

// TimeoutError says that the search took longer than Config.Timeout, or a step
// longer than Config.StepTimeout.
type TimeoutError struct {
	After time.Duration
	step  bool
}

// Error says what to raise.
func (e *TimeoutError) Error() string {
	if e.step {
		return fmt.Sprintf("no answer in %v (Config.StepTimeout)", e.After)
	}
	return fmt.Sprintf("the search took longer than %v (Config.Timeout)", e.After)
}

// Timeout returns true, as net.Error has it.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary returns true, as net.Error has it.
func (e *TimeoutError) Temporary() bool { return true }

// Is reports whether target is os.ErrDeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }
