package orm_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

func TestQueryString(t *testing.T) {
	_, acct := open(t)
	library(t, acct)
	ctx := t.Context()
	q := acct.Inbox().Messages().Search("subject:alphabet")
	got, err := subjects(t, ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"alphabet"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n, err := q.Count(ctx); n != 1 || err != nil {
		t.Errorf("Count %d, %v", n, err)
	}
	// Posts are left out of a query over messages, also where the server
	// takes no restriction to the class.
	q = acct.Inbox().Messages().Search("alpha")
	n := must(q.Count(ctx))(t)
	all := must(acct.Inbox().Items().Search("alpha").Count(ctx))(t)
	if n != all-1 {
		t.Errorf("%d messages of %d items", n, all)
	}
	if one := must(q.Offset(1).Limit(1).Collect(ctx))(t); len(one) != 1 && n > 1 {
		t.Errorf("%d items", len(one))
	}
	if _, err := q.Filter(field.Message.IsRead.Is(true)).Count(ctx); !errors.Is(err, orm.ErrQueryString) {
		t.Errorf("with a filter: %v", err)
	}
}
