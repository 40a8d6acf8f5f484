package orm_test

import (
	"errors"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/internal/cutwire"
	"github.com/seed-1937cc67/goews/orm"
)

// A connection that is reset before the request, or after it was done, leads to
// what is true of the server.
func TestLostByReset(t *testing.T) {
	srv := ewstest.New(t)
	proxy := cutwire.New(t, srv.Host())
	login := func(r *orm.Recovery) *orm.Account {
		return must(orm.Open(t.Context(), srv.Address(0), orm.Config{
			Endpoint: "https://" + proxy.Addr + ewstest.EndpointPath, HTTPClient: srv.HTTPClient(),
			Auth: auth.Basic(srv.Address(0), ewstest.Password), Recovery: r,
		}))(t)
	}
	with, without := login(&orm.Recovery{Looks: 2, Wait: time.Millisecond}), login(nil)
	drafts := func() int { return len(must(srv.Mailbox(srv.Address(0)).Items("drafts"))(t)) }
	sent := func() int { return len(must(srv.Mailbox(srv.Address(1)).Items("inbox"))(t)) }
	steps := []struct {
		name         string
		acct         *orm.Account
		cut          func()
		send         bool
		want         string
		drafts, sent int
	}{
		{"create, cut before", with, proxy.CutRequest, false, unknown, 0, 0},
		{"create, cut after", with, proxy.CutAnswer, false, done, 1, 0},
		{"create, cut after, no recovery", without, proxy.CutAnswer, false, unknown, 2, 0},
		{"send, cut before", with, proxy.CutRequest, true, unknown, 2, 0},
		{"send, cut after", with, proxy.CutAnswer, true, done, 2, 1},
		{"send, cut after, no recovery", without, proxy.CutAnswer, true, unknown, 2, 2},
	}
	for _, s := range steps {
		if _, err := s.acct.Inbox().Counts(t.Context()); err != nil { // a connection stands
			t.Fatal(err)
		}
		s.cut()
		m := &orm.Message{Subject: s.name, ToRecipients: orm.To(srv.Address(1))}
		var err error
		if s.send {
			err = s.acct.Send(t.Context(), m)
		} else {
			err = s.acct.Create(t.Context(), s.acct.Drafts(), m)
		}
		var lost *ews.TransportError // by a reset, as a rule; net/http may put it in other words
		if verdict(t, err, s.want, ""); err != nil && (!errors.As(err, &lost) || !lost.Sent) {
			t.Errorf("%s: %v", s.name, err)
		}
		if d, n := drafts(), sent(); d != s.drafts || n != s.sent {
			t.Errorf("%s: %d drafts, %d sent; want %d and %d", s.name, d, n, s.drafts, s.sent)
		}
	}
}
