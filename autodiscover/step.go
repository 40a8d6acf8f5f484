package autodiscover

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Kind is what a step asked.
type Kind string

// The kinds of steps. The first three are services, too.
const (
	SOAP         Kind = "SOAP"     // GetUserSettings of autodiscover.svc
	POX          Kind = "POX"      // autodiscover.xml, "plain old XML"
	JSON         Kind = "JSON"     // autodiscover.json
	HTTPRedirect Kind = "HTTP"     // the redirect of http://autodiscover.example.com
	SRV          Kind = "SRV"      // the DNS record
	Follow       Kind = "redirect" // whether to follow one
	Kept         Kind = "cache"    // what Config.Cache has
)

// Outcome is what a step led to.
type Outcome string

// The outcomes.
const (
	Found            Outcome = "found"             // settings, or records
	Redirected       Outcome = "redirected"        // Step.Target says where
	WantsCredentials Outcome = "wants credentials" // none were sent
	Refused          Outcome = "refused"           // credentials, or a redirect
	NotThere         Outcome = "not there"         // no such host, page, service, record
	Declined         Outcome = "declined"          // the service answered with an error
	Busy             Outcome = "busy"              // the service asked to come back later
	Failed           Outcome = "failed"            // no answer, or none that can be read
)

// Step is one thing that a search did.
type Step struct {
	Kind    Kind
	Address string // that was looked for
	// URL is what was asked, without what may be secret in it; for SRV the
	// name of the record.
	URL string
	// Credentials says that they were sent.
	Credentials bool
	Outcome     Outcome
	Status      int           // of HTTP; 0 if there was no answer
	Target      string        // URL, address or hosts that it led to
	Took        time.Duration // 0 if it was no question to anybody
	Err         error         // why, unless the outcome says it
}

// String describes the step in a line.
func (s Step) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", s.Kind, s.URL)
	if s.Credentials {
		b.WriteString(" with credentials")
	}
	fmt.Fprintf(&b, ": %s", s.Outcome)
	if s.Target != "" {
		fmt.Fprintf(&b, ": %s", s.Target)
	}
	if s.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", s.Status)
	}
	var redirect *RedirectError
	switch {
	case errors.As(s.Err, &redirect): // what it says of the redirect is said
		fmt.Fprintf(&b, ": %v", redirect.Reason)
	case s.Err != nil:
		fmt.Fprintf(&b, ": %v", s.Err)
	}
	return b.String()
}

// TraceTo returns a function for Config.Trace that writes a line a step, with
// the time that it took. An error of w ends nothing.
func TraceTo(w io.Writer) func(Step) {
	var mu sync.Mutex // several searches may share it
	return func(s Step) {
		took := ""
		if s.Took > 0 {
			took = fmt.Sprintf(" [%v]", s.Took.Round(time.Millisecond))
		}
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintf(w, "%s: %v%s\n", s.Address, s, took)
	}
}
