package orm_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

func subjectOf(item orm.Item) string { return field.Item.Subject.Get(item) }

// What becomes of a write whose answer is lost.
const (
	done    = "done"    // the call says so
	unknown = "unknown" // it says that it does not know
	refused = "refused" // it says that nothing was done
)

// exchangelib sends CreateItem and SendItem again after a lost answer: here,
// nothing is sent twice, and what was done is found out.
func TestPitfall2LostAnswers(t *testing.T) {
	lost := func(op string) ewstest.Fault { return ewstest.Fault{Op: op, DropAfter: true, Times: 1} }
	never := func(op string) ewstest.Fault { return ewstest.Fault{Op: op, DropBefore: true, Times: 1} }
	late := func(op string, d time.Duration) ewstest.Fault {
		return ewstest.Fault{Op: op, Delay: d, Late: true, Times: 1}
	}
	message := func() *orm.Message {
		return &orm.Message{Subject: "Hello", Body: orm.TextBody("hi"), ToRecipients: orm.To("bob@example.com")}
	}
	create := func(ctx context.Context, a *orm.Account) error { return a.Create(ctx, a.Drafts(), message()) }
	send := func(ctx context.Context, a *orm.Account) error { return a.Send(ctx, message()) }
	draft := func(ctx context.Context, a *orm.Account) error {
		m := message()
		if err := a.Create(ctx, a.Drafts(), m); err != nil {
			return err
		}
		return a.Send(ctx, m)
	}
	meeting := func(ctx context.Context, a *orm.Account) error {
		e := &orm.CalendarItem{Subject: "Hello", Start: noon, End: noon.Add(time.Hour)}
		e.RequiredAttendees = []types.Attendee{{Mailbox: orm.EmailAddress{EmailAddress: "bob@example.com"}}}
		return a.Create(ctx, a.Calendar(), e, orm.SendToAllAndSaveCopy)
	}
	tests := []struct {
		name  string
		fault ewstest.Fault
		do    func(context.Context, *orm.Account) error
		want  string
		at    map[string]int // what is where at last
		why   string
	}{
		{"create, lost", lost("CreateItem"), create, done, map[string]int{"drafts": 1}, ""},
		{"create, never done", never("CreateItem"), create, unknown, nil, "it is not in folder"},
		{"create, done late", late("CreateItem", 4*time.Second), create, done, map[string]int{"drafts": 1}, ""},
		{"create, done too late", late("CreateItem", time.Hour), create, unknown, map[string]int{"drafts": 1}, "it is not in folder"},
		{"create, half an answer", ewstest.Fault{Op: "CreateItem", Truncate: 300, Times: 1}, create, done, map[string]int{"drafts": 1}, ""},
		{"create, an answer too slow", ewstest.Fault{Op: "CreateItem", Status: 504, Times: 1}, create, unknown, nil, "it is not in folder"},
		{"create, the server failed", ewstest.Fault{Op: "CreateItem", Code: messages.ErrorTimeoutExpired, Times: 1}, create, unknown, nil, "it is not in folder"},
		{"create, a login page", ewstest.Fault{Op: "CreateItem", Body: "<html>", Times: 1}, create, unknown, nil, "it is not in folder"},
		{"create, busy", ewstest.Fault{Op: "CreateItem", Code: messages.ErrorServerBusy, Times: 1}, create, refused, nil, ""},
		{"create, put off", ewstest.Fault{Op: "CreateItem", Status: 503, RetryAfter: time.Minute, Times: 1}, create, refused, nil, ""},
		{"create, forbidden", ewstest.Fault{Op: "CreateItem", Status: 403, Times: 1}, create, refused, nil, ""},
		{"create, no access", ewstest.Fault{Op: "CreateItem", Code: messages.ErrorAccessDenied, Times: 1}, create, refused, nil, ""},
		{"send, lost", lost("CreateItem"), send, done, map[string]int{"sentitems": 1, "bob": 1}, ""},
		{"send, never done", never("CreateItem"), send, unknown, nil, "there is no copy"},
		{"send, done late", late("CreateItem", 4*time.Second), send, done, map[string]int{"sentitems": 1, "bob": 1}, ""},
		{"send without a copy, lost", lost("CreateItem"), func(ctx context.Context, a *orm.Account) error {
			return a.Send(ctx, message(), orm.WithoutCopy)
		}, unknown, map[string]int{"bob": 1}, "nothing is kept"},
		{"send a draft, lost", lost("SendItem"), draft, done, map[string]int{"sentitems": 1, "bob": 1}, ""},
		{"send a draft, never done", never("SendItem"), draft, unknown, map[string]int{"drafts": 1}, "still where it was"},
		{"send a draft, done late", late("SendItem", 4*time.Second), draft, done, map[string]int{"sentitems": 1, "bob": 1}, ""},
		{"send a draft, its mark unknown", never("GetItem"), draft, refused, map[string]int{"drafts": 1}, ""},
		{"meeting, lost", lost("CreateItem"), meeting, done, map[string]int{"calendar": 1, "sentitems": 1, "bob": 1}, ""},
		{"meeting, never done", never("CreateItem"), meeting, unknown, nil, "it is not in folder"},
	}
	for _, tolerant := range []bool{false, true} {
		for _, tt := range tests {
			if tt.want == refused && tolerant {
				continue // it is sent again: nothing was done
			}
			t.Run(fmt.Sprint(tt.name, map[bool]string{true: ", tolerant"}[tolerant]), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					srv := inBubble(t, ewstest.Config{})
					cfg := orm.Config{Recovery: new(orm.Recovery)}
					if tolerant {
						cfg.Retry = new(ews.Retry)
					}
					a := srv.login(t, 0, cfg)
					hit := srv.Inject(tt.fault)
					err := tt.do(t.Context(), a)
					verdict(t, err, tt.want, tt.why)
					if hit.Hits() != 1 {
						t.Errorf("%d hits", hit.Hits())
					}
					srv.wg.Wait() // for what is late
					at := map[string]int{}
					for _, f := range []string{"drafts", "sentitems", "calendar"} {
						if n := len(srv.subjects(t, 0, f)); n > 0 {
							at[f] = n
						}
					}
					if n := len(srv.subjects(t, 1, "inbox")); n > 0 {
						at["bob"] = n
					}
					if tt.at == nil {
						tt.at = map[string]int{}
					}
					if diff := cmp.Diff(tt.at, at); diff != "" {
						t.Errorf("-want +got:\n%s", diff)
					}
					if n := srv.asked(); n["CreateItem"] > 1 || n["SendItem"] > 1 {
						t.Errorf("asked for %v", n)
					}
				})
			})
		}
	}
}

func verdict(t *testing.T, err error, want, why string) {
	t.Helper()
	var e *orm.UnknownError
	got := refused
	switch {
	case err == nil:
		got = done
	case errors.As(err, &e):
		got = unknown
	}
	if got != want || got == unknown && (!errors.Is(err, orm.ErrUnknown) || !strings.Contains(err.Error(), why)) {
		t.Errorf("%s, want %s with %q: %v", got, want, why, err)
	}
}

// Without a way to look for it, the error says so, and how there would be one.
func TestUnknownWithoutRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inBubble(t, ewstest.Config{})
		a := srv.login(t, 0, orm.Config{})
		srv.Inject(ewstest.Fault{Op: "CreateItem", DropAfter: true})
		m := &orm.Message{Subject: "Hello"}
		err := a.Create(t.Context(), a.Drafts(), m)
		var e *orm.UnknownError
		var sent *ews.TransportError
		if !errors.As(err, &e) || !errors.As(err, &sent) || !sent.Sent || e.Mark != "" || e.Looked != 0 || m.ItemID.ID != "" {
			t.Errorf("%#v", err)
		}
		const want = "orm: CreateItem may have been done or not; it has no mark, which Config.Recovery would give it: look into the folder before it is sent again: ews: CreateItem: "
		if !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %q", err)
		}
		if _, ok, again := e.Check(t.Context()); ok || again != e {
			t.Errorf("Check: %v, %v", ok, again)
		}
		if items := must(srv.Mailbox("alice@example.com").Items("drafts"))(t); len(items[0].(*orm.Message).ExtendedProperty) != 0 {
			t.Error("it has a mark")
		}
		if n := srv.asked(); n["CreateItem"] != 1 || n["FindItem"] != 0 {
			t.Errorf("asked for %v", n)
		}
	})
}

// What is found has its id, and is the item.
func TestRecoveredIDs(t *testing.T) {
	for _, version := range []types.ExchangeVersion{types.ExchangeVersionExchange2007SP1, types.ExchangeVersionV20170711} {
		synctest.Test(t, func(t *testing.T) {
			srv := inBubble(t, ewstest.Config{Version: version})
			a := srv.login(t, 0, orm.Config{Recovery: new(orm.Recovery)})
			srv.Inject(ewstest.Fault{Op: "CreateItem", DropAfter: true, Times: 2})
			m := &orm.Message{Subject: "Hello", ExtendedProperty: []types.ExtendedProperty{{
				ExtendedFieldURI: field.PropertyName(types.DistinguishedPropertySetPublicStrings, "ours", types.MapiPropertyTypeString), Value: "kept"}}}
			c := &orm.Contact{Surname: "Doe"}
			if err := errors.Join(a.Create(t.Context(), a.Drafts(), m), a.Create(t.Context(), a.Contacts(), c)); err != nil {
				t.Fatal(err)
			}
			if err := a.Update(t.Context(), m, field.Message.Subject.Set("Bye")); err != nil { // with the change key
				t.Error(err)
			}
			item := must(srv.Mailbox("alice@example.com").Item(m.ItemID.ID))(t).(*orm.Message)
			if item.Subject != "Bye" || len(item.ExtendedProperty) != 2 || len(m.ExtendedProperty) != 1 {
				t.Errorf("on the server %+v, here %+v", item, m)
			}
			must(srv.Mailbox("alice@example.com").Item(c.ItemID.ID))(t)
		})
	}
}

// Looking is bounded in tries and time, and by the context.
func TestRecoveryEnds(t *testing.T) {
	tests := []struct {
		name     string
		recovery orm.Recovery
		timeout  time.Duration // of the context; 0: none
		finds    ewstest.Fault
		looked   int
		took     time.Duration
		text     string
	}{
		{"looks", orm.Recovery{}, 0, ewstest.Fault{}, 5, 7500 * time.Millisecond, "; the server may still do it: look with Check"},
		{"fewer looks", orm.Recovery{Looks: 2, Wait: time.Minute, Total: time.Hour}, 0, ewstest.Fault{}, 2, time.Minute, `it is not in folder "drafts"`},
		{"total", orm.Recovery{Looks: 100, Total: 5 * time.Second}, 0, ewstest.Fault{}, 4, 5 * time.Second, ""},
		{"context", orm.Recovery{}, time.Second, ewstest.Fault{}, 2, time.Second, ""},
		{"no answer", orm.Recovery{Looks: 3}, 0, ewstest.Fault{Op: "FindItem", DropBefore: true}, 3, 1500 * time.Millisecond, "there was no answer (ews: FindItem: "},
		{"slow answers", orm.Recovery{}, time.Second, ewstest.Fault{Op: "FindItem", Delay: time.Hour}, 1, time.Second, "context deadline exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inBubble(t, ewstest.Config{})
				a := srv.login(t, 0, orm.Config{Recovery: &tt.recovery})
				srv.Inject(ewstest.Fault{Op: "CreateItem", DropBefore: true})
				if tt.finds.Op != "" {
					srv.Inject(tt.finds)
				}
				ctx, cancel := context.WithCancel(t.Context())
				if tt.timeout > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.timeout)
				}
				defer cancel()
				start := time.Now()
				err := a.Create(ctx, a.Drafts(), &orm.Message{})
				var e *orm.UnknownError
				if !errors.As(err, &e) || e.Looked != tt.looked || e.Mark == "" || e.Last.Before(start) {
					t.Errorf("%#v", e)
				}
				if took := time.Since(start); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if !strings.Contains(err.Error(), tt.text) {
					t.Errorf("%q is not in %q", tt.text, err)
				}
			})
		})
	}
}

// A server that is late is no reason to send anything again, and Check finds
// what it did.
func TestCheckFindsWhatWasLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inBubble(t, ewstest.Config{})
		a := srv.login(t, 0, orm.Config{Recovery: new(orm.Recovery)})
		srv.Inject(ewstest.Fault{Op: "CreateItem", Delay: time.Minute, Late: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := a.Create(ctx, a.Drafts(), &orm.Message{Subject: "Hello"})
		var e *orm.UnknownError
		if !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) || e.Looked != 0 || !strings.Contains(err.Error(), "the context ended before") {
			t.Fatalf("%v", err)
		}
		if id, ok, err := e.Check(t.Context()); ok || err != nil {
			t.Errorf("%v, %v, %v", id, ok, err)
		}
		if _, _, err := e.Check(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		srv.wg.Wait()
		id, ok, err := e.Check(t.Context())
		if !ok || err != nil {
			t.Fatalf("%v, %v", ok, err)
		}
		if m, err := a.Fetch(t.Context(), id); err != nil || subjectOf(m) != "Hello" {
			t.Errorf("%v, %v", m, err)
		}
		q := a.Drafts().Messages().Filter(field.ExtendedText[*types.Message](orm.MarkProperty()).Equals(e.Mark))
		if m, err := q.Get(t.Context()); err != nil || m.ItemID.ID != id.ID {
			t.Errorf("%v, %v", m, err)
		}
	})
}

// Of a request whose answer was lost those parts that are there count as done,
// in the order of the input; the rest are not sent.
func TestRecoveryOfParts(t *testing.T) {
	const n = 250
	for _, all := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			srv := inBubble(t, ewstest.Config{})
			a := srv.login(t, 0, orm.Config{Recovery: new(orm.Recovery)})
			f := ewstest.Fault{Op: "CreateItem", Nth: 2, DropAfter: true}
			if !all {
				f.Parts = map[int]messages.ResponseCode{3: messages.ErrorTimeoutExpired, 70: messages.ErrorQuotaExceeded}
			}
			srv.Inject(f)
			items := make([]orm.Item, n)
			for i := range items {
				items[i] = &orm.Message{Subject: fmt.Sprint(i)}
			}
			rs, err := a.CreateAll(t.Context(), a.Drafts(), items)
			if len(rs) != n || (err == nil) != all {
				t.Fatalf("%d results, %v", len(rs), err)
			}
			if !all && (!errors.Is(err, orm.ErrUnknown) || !strings.HasPrefix(err.Error(), "orm: 2 of the 100 parts of a request: ")) {
				t.Error(err)
			}
			for i, r := range rs {
				var e *orm.UnknownError
				switch {
				case !all && (i == 103 || i == 170):
					if !errors.As(r.Err, &e) || e.Mark == "" || orm.IDOf(items[i]).ID != "" {
						t.Errorf("%d: %v", i, r.Err)
					}
				case !all && i >= 200:
					if r.Err != orm.ErrNotAttempted {
						t.Errorf("%d: %v", i, r.Err)
					}
				default:
					item, err := srv.Mailbox("alice@example.com").Item(r.Value.ID)
					if r.Err != nil || err != nil || subjectOf(item) != fmt.Sprint(i) || orm.IDOf(items[i]) != r.Value {
						t.Errorf("%d: %v, %v", i, r, err)
					}
				}
			}
			got := srv.subjects(t, 0, "drafts")
			slices.Sort(got)
			if want := map[bool]int{false: 198, true: n}[all]; len(slices.Compact(got)) != want {
				t.Errorf("%d items, want %d", len(got), want)
			}
		})
	}
}

// An item keeps the mark that the program gave it, and can be looked for by it,
// with Recovery or without.
func TestMarkOfOnesOwn(t *testing.T) {
	for _, r := range []*orm.Recovery{nil, new(orm.Recovery)} {
		synctest.Test(t, func(t *testing.T) {
			srv := inBubble(t, ewstest.Config{})
			a := srv.login(t, 0, orm.Config{Recovery: r})
			srv.Inject(ewstest.Fault{Op: "CreateItem", DropAfter: true})
			mark := field.ExtendedText[*types.Message](orm.MarkProperty())
			m := &orm.Message{Subject: "Hello", ToRecipients: orm.To("bob@example.com")}
			mark.Set("job 17").Apply(m)
			plain := &orm.Message{Subject: "Bye", ToRecipients: orm.To("bob@example.com")}
			rs, err := a.SendNew(t.Context(), []orm.Item{m, plain})
			if (err == nil) != (r != nil) || len(rs) != 2 {
				t.Fatal(rs, err)
			}
			if r == nil {
				var e, other *orm.UnknownError
				if !errors.As(rs[0].Err, &e) || e.Mark != "job 17" || e.Why != "" || !errors.As(rs[1].Err, &other) || other.Mark != "" {
					t.Fatalf("%v", rs)
				}
				if _, ok, err := e.Check(t.Context()); !ok || err != nil {
					t.Errorf("%v, %v", ok, err)
				}
				if _, ok, err := other.Check(t.Context()); ok || err == nil {
					t.Errorf("%v, %v", ok, err)
				}
			}
			if got, err := a.Sent().Messages().Filter(mark.Equals("job 17")).Get(t.Context()); err != nil || got.Subject != "Hello" {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// Marks are not taken by replies, and what has none is said to have none.
func TestReplyHasNoMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inBubble(t, ewstest.Config{})
		id := must(srv.Mailbox("alice@example.com").Deliver("carol@example.org", &types.Message{Subject: "Hello"}))(t)
		a := srv.login(t, 0, orm.Config{Recovery: new(orm.Recovery)})
		srv.Inject(ewstest.Fault{Op: "CreateItem", DropAfter: true})
		err := a.Send(t.Context(), &types.ReplyToItem{ReferenceItemID: id, NewBodyContent: orm.TextBody("hi")})
		verdict(t, err, unknown, "replies and forwards take no mark")
		if n := srv.asked(); n["FindItem"] > 0 || len(srv.subjects(t, 0, "sentitems")) != 1 {
			t.Errorf("asked for %v", n)
		}
	})
}

// Two items with one mark could not be told apart: one of them would be taken for
// both. Nothing is sent.
func TestMarksOfOneCallDiffer(t *testing.T) {
	srv, a := open(t)
	srv.ForgetRequests()
	mark := field.ExtendedText[*types.Message](orm.MarkProperty())
	items := make([]orm.Item, 4)
	for i, m := range []string{"", "job 17", "", "job 17"} {
		item := &orm.Message{Subject: fmt.Sprint(i), ToRecipients: orm.To("bob@example.com")}
		if m != "" {
			mark.Set(m).Apply(item)
		}
		items[i] = item
	}
	for name, do := range map[string]func(items []orm.Item) error{
		"create": func(items []orm.Item) error { _, err := a.CreateAll(t.Context(), a.Drafts(), items); return err },
		"send":   func(items []orm.Item) error { _, err := a.SendNew(t.Context(), items); return err },
	} {
		var e *orm.FieldError
		if err := do(items); !errors.As(err, &e) || !strings.Contains(err.Error(), "input 3") || !strings.Contains(err.Error(), "input 1") {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(srv.Requests()); n != 0 {
			t.Errorf("%s: %d requests", name, n)
		}
		if err := do(items[:3]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, item := range items {
			item.(*orm.Message).ItemID = orm.ItemID{}
		}
		srv.ForgetRequests()
	}
}
