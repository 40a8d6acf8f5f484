package orm_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

// shelves makes n folders; folder i has i messages, which are named in order.
func shelves(t *testing.T, acct *orm.Account, n int) (folders []orm.Folder, subjects []string) {
	t.Helper()
	ctx := t.Context()
	for i := range n {
		f, err := acct.Inbox().Create(ctx, fmt.Sprintf("shelf %02d", i))
		if err != nil {
			t.Fatal(err)
		}
		var items []orm.Item
		for j := range i {
			s := fmt.Sprintf("%02d-%02d", i, j)
			items = append(items, &orm.Message{Subject: s})
			subjects = append(subjects, s)
		}
		if rs, err := acct.CreateAll(ctx, f, items); err != nil || rs.Err() != nil {
			t.Fatal(err, rs.Err())
		}
		folders = append(folders, f)
	}
	return folders, subjects
}

func TestQueryOverFolders(t *testing.T) {
	acct, sent := seeded(t, 0, orm.Config{PageSize: 5})
	ctx := t.Context()
	folders, all := shelves(t, acct, 12)
	q := orm.In(folders...).Messages().OrderBy(field.Message.Subject.Asc()).Only(field.Message.Subject)
	for _, whole := range []bool{false, true} {
		for offset := 0; offset <= len(all)+5; offset += 7 {
			for _, limit := range []int{0, 1, 5, 8, 23, 100, -1} {
				q := q.Offset(offset)
				if whole {
					q = q.Only(field.Message.Subject, field.Message.ToRecipients)
				}
				want := all[min(offset, len(all)):]
				if limit >= 0 {
					q = q.Limit(limit)
					want = want[:min(limit, len(want))]
				}
				got, err := subjects(t, ctx, q)
				if diff := cmp.Diff(want, got, cmpEmpty); diff != "" || err != nil {
					t.Errorf("whole %v [%d:+%d]: %v; -want +got:\n%s", whole, offset, limit, err, diff)
				}
				if n, err := q.Count(ctx); n != len(want) || err != nil {
					t.Errorf("[%d:+%d]: Count %d, %v; want %d", offset, limit, n, err, len(want))
				}
			}
		}
	}
	if n := sent(func() { must(q.Count(ctx))(t) }); n != 1 {
		t.Errorf("Count sent %d requests", n)
	}
	// 8 folders, then 4; and the pages after the first of those that have more.
	if n := sent(func() { must(q.Collect(ctx))(t) }); n != 2+1*5+2*1 {
		t.Errorf("Collect sent %d requests", n)
	}
	if first := must(q.First(ctx))(t); first.Subject != all[0] {
		t.Errorf("first is %s", first.Subject)
	}
	_, err := q.Filter(field.Message.Subject.Equals("x")).Get(ctx)
	if want := `orm: no Message in folders "shelf 00", "shelf 01", "shelf 02", "shelf 03", "shelf 04" and 7 more meets the query`; !errors.Is(err, orm.ErrNotFound) || err.Error() != want {
		t.Errorf("%v", err)
	}
	rs, err := q.Filter(field.Message.Subject.StartsWith("1")).Delete(ctx, orm.HardDelete)
	if err != nil || rs.Err() != nil || len(rs) != 21 {
		t.Errorf("%d deleted, %v, %v", len(rs), err, rs.Err())
	}
	if n := must(q.Count(ctx))(t); n != len(all)-21 {
		t.Errorf("%d left", n)
	}
	// A folder that is gone ends it, after what was before.
	if err := folders[3].Delete(ctx, orm.HardDelete); err != nil {
		t.Fatal(err)
	}
	got, err := subjects(t, ctx, q)
	if diff := cmp.Diff(all[:3], got); diff != "" || !errors.Is(err, orm.ErrNotFound) {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	quiet(t)
}

func TestQueryOverNoFolders(t *testing.T) {
	ctx := t.Context()
	q := orm.In().Messages().Filter(field.Message.IsRead.Is(true)).OrderBy(field.Message.Subject.Asc())
	if n, err := q.Count(ctx); n != 0 || err != nil {
		t.Errorf("Count %d, %v", n, err)
	}
	if all, err := q.Collect(ctx); len(all) != 0 || err != nil {
		t.Errorf("%d items, %v", len(all), err)
	}
	if rs, err := q.Delete(ctx, orm.HardDelete); len(rs) != 0 || err != nil {
		t.Errorf("%v, %v", rs, err)
	}
	if _, err := q.Get(ctx); !errors.Is(err, orm.ErrNotFound) || err.Error() != "orm: no Message: the query is over no folders" {
		t.Errorf("%v", err)
	}
	a, b := newFake(1).account(t, orm.Config{}), newFake(1).account(t, orm.Config{})
	var fe *orm.FieldError
	if _, err := orm.In(a.Inbox(), b.Inbox()).Items().Count(ctx); !errors.As(err, &fe) {
		t.Errorf("folders of two accounts: %v", err)
	}
}

func TestEveryClassOverFolders(t *testing.T) {
	_, acct := open(t)
	fs := orm.In(acct.Inbox(), acct.Sent())
	ctx := t.Context()
	for i, count := range []func() (int, error){
		func() (int, error) { return fs.Items().Count(ctx) },
		func() (int, error) { return fs.Messages().Count(ctx) },
		func() (int, error) { return fs.Appointments().Count(ctx) },
		func() (int, error) { return fs.People().Count(ctx) },
		func() (int, error) { return fs.DistributionLists().Count(ctx) },
		func() (int, error) { return fs.Tasks().Count(ctx) },
		func() (int, error) { return fs.Posts().Count(ctx) },
		func() (int, error) { return fs.MeetingRequests().Count(ctx) },
		func() (int, error) { return fs.MeetingResponses().Count(ctx) },
		func() (int, error) { return fs.MeetingCancellations().Count(ctx) },
	} {
		if n, err := count(); n != 0 || err != nil {
			t.Errorf("%d: %d, %v", i, n, err)
		}
	}
}
