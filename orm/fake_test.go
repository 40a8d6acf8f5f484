package orm_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// fake is a mailbox behind an Invoker: a list of messages, numbered from 0. It
// counts what is asked of it, and does what its hooks say.
type fake struct {
	mu       sync.Mutex
	messages []*types.Message
	calls    []string // operations, in order
	inFlight int
	most     int // of calls of GetItem in flight at once
	fetched  int // items that FindItem and GetItem gave

	maxFind int // of a page, if not 0
	// before is called before an operation is done, without the lock; its
	// error is what the call returns.
	before func(ctx context.Context, op string, n int) error
	// item is asked what becomes of an item in GetItem and the bulk verbs.
	item func(op string, number int) messages.ResponseCode
	// page may change the answer of FindItem.
	page func(root *types.FindItemParent)
}

func newFake(n int) *fake {
	f := &fake{}
	for i := range n {
		f.messages = append(f.messages, &types.Message{ItemID: fakeID(i), Subject: fmt.Sprint("message ", i)})
	}
	return f
}

func fakeID(n int) types.ItemID { return types.ItemID{ID: fmt.Sprint("id", n), ChangeKey: "ck"} }

func number(id string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(id, "id"))
	if err != nil {
		return -1
	}
	return n
}

func (f *fake) account(t testing.TB, cfg orm.Config) *orm.Account {
	t.Helper()
	return orm.NewAccount("alice@example.com", cfg, f, types.ExchangeVersionV20170711)
}

// count returns how often the operation was called.
func (f *fake) count(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if c == op {
			n++
		}
	}
	return n
}

func (f *fake) Invoke(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	f.mu.Lock()
	f.calls = append(f.calls, op.Name)
	n := len(f.calls)
	if op.Name == "GetItem" {
		f.inFlight++
		f.most = max(f.most, f.inFlight)
	}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if op.Name == "GetItem" {
			f.inFlight--
		}
	}()
	if f.before != nil {
		if err := f.before(ctx, op.Name, n); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("ews: %s: %w", op.Name, context.Cause(ctx))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch req := req.(type) {
	case *messages.FindItemRequest:
		f.find(req, res.(*messages.FindItemResponse))
	case *messages.GetItemRequest:
		r := res.(*messages.GetItemResponse)
		for _, id := range req.ItemIDs {
			r.ResponseMessages = append(r.ResponseMessages, f.part("GetItem", id, func(m *types.Message) *types.Message {
				f.fetched++
				c := *m
				c.Body = types.Body{Value: "body of " + m.Subject}
				return &c
			}))
		}
	case *messages.DeleteItemRequest:
		r := res.(*messages.DeleteItemResponse)
		for _, id := range req.ItemIDs {
			p := f.part("DeleteItem", id, nil)
			if p.ResponseClass == types.ResponseClassSuccess {
				f.remove(id)
			}
			r.ResponseMessages = append(r.ResponseMessages, messages.DeleteItemResponseMessage{ResponseClass: p.ResponseClass, ResponseCode: p.ResponseCode})
		}
	case *messages.MoveItemRequest:
		r := res.(*messages.MoveItemResponse)
		for _, id := range req.ItemIDs {
			r.ResponseMessages = append(r.ResponseMessages, f.part("MoveItem", id, func(m *types.Message) *types.Message {
				return &types.Message{ItemID: types.ItemID{ID: "moved-" + m.ItemID.ID}}
			}))
			f.remove(id)
		}
	case *messages.CreateItemRequest:
		r := res.(*messages.CreateItemResponse)
		for _, item := range req.Items {
			m := *item.(*types.Message)
			m.ItemID = fakeID(len(f.messages))
			f.messages = append(f.messages, &m)
			r.ResponseMessages = append(r.ResponseMessages, f.part("CreateItem", &m.ItemID, func(m *types.Message) *types.Message {
				return &types.Message{ItemID: m.ItemID}
			}))
		}
	case *messages.UpdateItemRequest:
		r := res.(*messages.UpdateItemResponse)
		for _, c := range req.ItemChanges {
			p := f.part("UpdateItem", c.ItemID, func(m *types.Message) *types.Message {
				return &types.Message{ItemID: types.ItemID{ID: m.ItemID.ID, ChangeKey: "new"}}
			})
			r.ResponseMessages = append(r.ResponseMessages, messages.UpdateItemResponseMessage{
				ResponseClass: p.ResponseClass, ResponseCode: p.ResponseCode, Items: p.Items,
			})
		}
	default:
		return fmt.Errorf("fake: no %s", op.Name)
	}
	return nil
}

// part returns the response message for one item.
func (f *fake) part(op string, id types.BaseItemID, answer func(*types.Message) *types.Message) messages.ItemInfoResponseMessage {
	n := number(id.(*types.ItemID).ID)
	code := messages.NoError
	if f.item != nil {
		code = f.item(op, n)
	}
	var m *types.Message
	if i := f.at(id); i >= 0 {
		m = f.messages[i]
	}
	if m == nil && code == messages.NoError {
		code = messages.ErrorItemNotFound
	}
	p := messages.ItemInfoResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: code}
	switch {
	case code == messages.ErrorBatchProcessingStopped:
		p.ResponseClass = types.ResponseClassWarning
	case code != messages.NoError:
		p.ResponseClass = types.ResponseClassError
	case answer != nil:
		p.Items = []types.Item{answer(m)}
	}
	return p
}

// at returns the position of the message, -1 if there is none: it looks at the
// front and at its number first.
func (f *fake) at(id types.BaseItemID) int {
	is := func(i int) bool {
		return i >= 0 && i < len(f.messages) && f.messages[i].ItemID.ID == id.(*types.ItemID).ID
	}
	for _, i := range []int{0, number(id.(*types.ItemID).ID)} {
		if is(i) {
			return i
		}
	}
	for i := range f.messages {
		if is(i) {
			return i
		}
	}
	return -1
}

func (f *fake) remove(id types.BaseItemID) {
	switch i := f.at(id); {
	case i == 0:
		f.messages = f.messages[1:]
	case i > 0:
		f.messages = append(f.messages[:i:i], f.messages[i+1:]...)
	}
}

func (f *fake) find(req *messages.FindItemRequest, res *messages.FindItemResponse) {
	v := req.Paging.(*types.IndexedPageView)
	from := min(int(v.Offset), len(f.messages))
	n := int(v.MaxEntriesReturned)
	if f.maxFind > 0 {
		n = min(n, f.maxFind)
	}
	to := min(from+n, len(f.messages))
	m := messages.FindItemResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	m.RootFolder = types.FindItemParent{
		TotalItemsInView: int32(len(f.messages)), IndexedPagingOffset: int32(to), IncludesLastItemInRange: to == len(f.messages),
	}
	for _, x := range f.messages[from:to] {
		c := *x
		m.RootFolder.Items = append(m.RootFolder.Items, &c)
	}
	f.fetched += to - from
	if f.page != nil {
		f.page(&m.RootFolder)
	}
	res.ResponseMessages = append(res.ResponseMessages, m)
}

// quiet fails the test if goroutines that run code of package orm are left.
func quiet(t *testing.T) {
	t.Helper()
	var stacks string
	for range 200 {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
		left := false
		for i, g := range strings.Split(stacks, "\n\n") {
			left = left || i > 0 && strings.Contains(g, "goews/orm.") && !strings.Contains(g, "testing.tRunner")
		}
		if !left {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("goroutines left:\n%s", stacks)
}
