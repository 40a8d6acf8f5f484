package orm

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/types"
)

// ErrNotFound is the class of errors that say that there is no such item,
// folder or mailbox: a Get or First that no item answers, a path of folders
// that does not exist, an id that the server does not know. It is
// fs.ErrNotExist.
var ErrNotFound = fs.ErrNotExist

// ErrMultiple is the class of errors of a Get that more than one item answers.
var ErrMultiple = errors.New("orm: more than one item found")

// A QueryError is the error of a Get or First that found no item, or too many.
type QueryError struct {
	Class   string   // item class of the query, as in "Message"
	Folders []string // names of the folders; one is empty if it is not known
	Many    bool     // more than one was found
}

// Error says where was looked.
func (e *QueryError) Error() string {
	in := "the folder"
	switch {
	case len(e.Folders) == 0:
		return fmt.Sprintf("orm: no %s: the query is over no folders", e.Class)
	case len(e.Folders) > 1:
		in = "folders " + quoted(e.Folders, ", ", 5)
	case e.Folders[0] != "":
		in = fmt.Sprintf("folder %q", e.Folders[0])
	}
	if e.Many {
		return fmt.Sprintf("orm: more than one %s in %s meets the query; narrow its filter, or use First", e.Class, in)
	}
	return fmt.Sprintf("orm: no %s in %s meets the query", e.Class, in)
}

// Is reports whether target is ErrNotFound, or ErrMultiple.
func (e *QueryError) Is(target error) bool {
	if e.Many {
		return target == ErrMultiple
	}
	return target == ErrNotFound
}

// An ItemError is what came in place of one item of a query: the server could
// not give it, as with messages.ErrorCorruptData. The other items are not
// affected; a loop over Query.All may go on after it.
type ItemError struct {
	ID  ItemID
	Err error // an *ews.ResponseError
}

// Error names the item.
func (e *ItemError) Error() string { return fmt.Sprintf("orm: item %s: %v", e.ID.ID, e.Err) }

// Unwrap returns the server's error.
func (e *ItemError) Unwrap() error { return e.Err }

// FolderError is a path of folders that does not exist.
type FolderError struct {
	Path    []string // as asked for
	Missing string   // the part that is not there
	Has     []string // the folders that are there in its place
}

// Error names the missing part and what there is: names like it, or else all.
func (e *FolderError) Error() string {
	s := fmt.Sprintf("orm: no folder %q", e.Missing)
	if len(e.Path) > 1 {
		s += fmt.Sprintf(" in path %q", strings.Join(e.Path, "/"))
	}
	switch near := near(e.Missing, e.Has); {
	case len(near) > 0:
		return s + "; did you mean " + quoted(near, " or ", 3) + "?"
	case len(e.Has) > 0:
		return s + "; there are " + quoted(e.Has, ", ", 20)
	}
	return s + "; there are no folders"
}

// Is reports whether target is ErrNotFound.
func (e *FolderError) Is(target error) bool { return target == ErrNotFound }

// FieldError is a field or lookup that a query or a change cannot have. It is
// found before anything is sent.
type FieldError struct {
	Field   string   // as given
	Reason  string   // what is wrong
	Allowed []string // what there is instead; may be empty

	given string // what stands where Allowed would
}

// Error lists what is allowed: names like the one given, or else all.
func (e *FieldError) Error() string {
	s := fmt.Sprintf("orm: %q %s", e.Field, e.Reason)
	switch near := near(e.given, e.Allowed); {
	case len(near) > 0:
		return s + "; did you mean " + quoted(near, " or ", 3) + "?"
	case len(e.Allowed) == 1:
		return s + "; there is " + e.Allowed[0]
	case len(e.Allowed) > 0:
		return s + "; there are " + strings.Join(e.Allowed, ", ")
	}
	return s
}

// VersionError is an operation, a property, a value or an option that the
// server's version lacks. It is found before anything is sent.
type VersionError struct {
	What  string                // as in "item:TextBody" or "operation EmptyFolder"
	Since types.ExchangeVersion // the first version that has it
	Until types.ExchangeVersion // the last one; empty if the newest has it
	Has   types.ExchangeVersion // the server's
}

// Error names both versions.
func (e *VersionError) Error() string {
	if e.Until != "" && e.Until.Before(e.Has) {
		return fmt.Sprintf("orm: %s was last in %s, and the server is %s: leave it out", e.What, e.Until, e.Has)
	}
	return fmt.Sprintf("orm: %s needs %s or later, and the server is %s: leave it out", e.What, e.Since, e.Has)
}

// Is reports whether target is errors.ErrUnsupported.
func (e *VersionError) Is(target error) bool { return target == errors.ErrUnsupported }

// ConfigError is a Config or an address that Open can do nothing with. It is
// found before anything is sent.
type ConfigError struct {
	Field  string // of Config; "address" for the address
	Reason string // what is wrong, and what to do
}

// Error names the field.
func (e *ConfigError) Error() string { return "orm: " + e.Field + " " + e.Reason }

// Result is what became of one part of a bulk call: Value, or Err.
type Result[T any] struct {
	Value T
	Err   error // an *ews.ResponseError if the server refused this part
}

// Results holds one Result for each input, in the order of the inputs.
type Results[T any] []Result[T]

// Err joins the errors of all parts that failed, each with its position; nil
// if all succeeded.
func (rs Results[T]) Err() error {
	var errs []error
	for i, r := range rs {
		switch e := r.Err.(type) {
		case nil:
		case *ews.ResponseError: // has its position in it
			errs = append(errs, e)
		default:
			errs = append(errs, fmt.Errorf("input %d: %w", i, e))
		}
	}
	return errors.Join(errs...)
}

// Values returns the values of the parts that succeeded, in order.
func (rs Results[T]) Values() []T {
	var out []T
	for _, r := range rs {
		if r.Err == nil {
			out = append(out, r.Value)
		}
	}
	return out
}

// Failed returns the positions of the parts that failed.
func (rs Results[T]) Failed() []int {
	var out []int
	for i, r := range rs {
		if r.Err != nil {
			out = append(out, i)
		}
	}
	return out
}

// quoted lists the first max of list.
func quoted(list []string, sep string, max int) string {
	var b strings.Builder
	for i, s := range list {
		if i == max {
			fmt.Fprintf(&b, " and %d more", len(list)-max)
			break
		}
		if i > 0 {
			b.WriteString(sep)
		}
		fmt.Fprintf(&b, "%q", s)
	}
	return b.String()
}

// near returns those of list that are like s, in any case: the same letters but
// for a slip or two, then those with s in them.
func near(s string, list []string) []string {
	s = strings.ToLower(s)
	if s == "" {
		return nil
	}
	best := 1 + len(s)/4
	var out []string
	for _, c := range list {
		d := distance(s, strings.ToLower(c))
		if d < best {
			best, out = d, nil
		}
		if d == best {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	for _, c := range list {
		if len(s) > 2 && strings.Contains(strings.ToLower(c), s) && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// distance is the number of insertions, deletions and replacements of letters
// between a and b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, c := range x {
		diag := row[0]
		row[0] = i + 1
		for j, d := range y {
			cost := diag
			if c != d {
				cost++
			}
			diag, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
