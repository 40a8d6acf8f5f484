package orm

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// ErrNotFound is the error of a Get or First that no item answers, and the
// class of errors about folders that do not exist. errors.Is also matches it
// with fs.ErrNotExist.
var ErrNotFound error = notFound{}

type notFound struct{}

func (notFound) Error() string        { return "orm: not found" }
func (notFound) Is(target error) bool { return target == fs.ErrNotExist }

// ErrMultiple is the error of a Get that more than one item answers.
var ErrMultiple = errors.New("orm: more than one item found; narrow the filter, or use First")

// FolderError is a path of folders that does not exist, or is ambiguous.
type FolderError struct {
	Path    []string // as asked for
	Missing string   // the part that is not there
	Has     []string // the folders that are there in its place
}

// Error names the missing part and what there is.
func (e *FolderError) Error() string {
	has := "there are no folders"
	if len(e.Has) > 0 {
		list := e.Has
		more := ""
		if len(list) > 20 {
			list, more = list[:20], fmt.Sprintf(" and %d more", len(e.Has)-20)
		}
		has = "there are " + quoted(list) + more
	}
	return fmt.Sprintf("orm: no folder %q in path %q; %s", e.Missing, strings.Join(e.Path, "/"), has)
}

// Is reports whether target is ErrNotFound or fs.ErrNotExist.
func (e *FolderError) Is(target error) bool {
	return target == ErrNotFound || target == fs.ErrNotExist
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(out, ", ")
}

// FieldError is a field or lookup that a query or an update cannot have. It is
// found before anything is sent.
type FieldError struct {
	Field   string   // as given
	Reason  string   // what is wrong
	Allowed []string // what there is instead; may be empty
}

// Error lists what is allowed.
func (e *FieldError) Error() string {
	s := fmt.Sprintf("orm: %q: %s", e.Field, e.Reason)
	if len(e.Allowed) > 0 {
		s += "; allowed are " + strings.Join(e.Allowed, ", ")
	}
	return s
}

// VersionError is a property that the server's version lacks. It is found
// before anything is sent.
type VersionError struct {
	Field string // as in "item:TextBody"
	Since string // the first version that has it
	Has   types.ExchangeVersion
}

// Error names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("orm: %s needs %s; the server has %s", e.Field, e.Since, e.Has)
}

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
		if r.Err != nil {
			errs = append(errs, fmt.Errorf("input %d: %w", i, r.Err))
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
