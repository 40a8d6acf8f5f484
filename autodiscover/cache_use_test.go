package autodiscover_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
)

// shelf is a Cache of one answer.
type shelf struct {
	kept  *autodiscover.Result
	fresh bool
	err   error
	log   []string
}

func (s *shelf) Load(_ context.Context, address string) (*autodiscover.Result, bool, error) {
	s.log = append(s.log, "load "+address)
	if s.kept == nil || s.kept.Requested != address {
		return nil, false, s.err
	}
	c := *s.kept
	return &c, s.fresh, s.err
}

func (s *shelf) Save(_ context.Context, r *autodiscover.Result) error {
	s.log = append(s.log, "save "+r.Requested+" by "+host(r.Endpoint))
	s.kept, s.fresh = r, true
	return s.err
}

func (s *shelf) Drop(_ context.Context, address string) error {
	s.log = append(s.log, "drop "+address)
	s.kept = nil
	return s.err
}

func TestCacheUse(t *testing.T) {
	kept := func(endpoint string) *autodiscover.Result {
		return &autodiscover.Result{Requested: ann, Address: ann, EWS: "https://old.example.com/EWS/Exchange.asmx", Endpoint: endpoint}
	}
	const old = "https://old.example.com/autodiscover/autodiscover.svc"
	broken := errors.New("the disk is full")
	for _, tc := range []struct {
		name    string
		shelf   shelf
		set     func(*world, *autodiscover.Config)
		ews     string // its host
		log     []string
		asked   string // the hosts that were asked, in order
		class   error
		kept    bool
		trouble error // of a step
	}{
		{name: "nothing kept", ews: "mail.example.com", log: []string{"load " + ann, "save " + ann + " by autodiscover.example.com"}, asked: "autodiscover.example.com", kept: true},
		{name: "fresh", shelf: shelf{kept: kept(old), fresh: true}, ews: "old.example.com", log: []string{"load " + ann}, kept: true},
		{name: "fresh, but a refresh is wanted", shelf: shelf{kept: kept(old), fresh: true}, set: func(_ *world, cfg *autodiscover.Config) { cfg.Refresh = true },
			ews: "new.example.com", log: []string{"load " + ann, "save " + ann + " by old.example.com"}, asked: "old.example.com", kept: true},
		{name: "expired, the endpoint is good", shelf: shelf{kept: kept(old)}, ews: "new.example.com", log: []string{"load " + ann, "save " + ann + " by old.example.com"}, asked: "old.example.com", kept: true},
		{name: "expired, the endpoint is gone", shelf: shelf{kept: kept("https://gone.example.com/autodiscover/autodiscover.svc")},
			ews: "mail.example.com", log: []string{"load " + ann, "drop " + ann, "save " + ann + " by autodiscover.example.com"}, asked: "autodiscover.example.com", kept: true},
		{name: "expired, the endpoint has no such service any more", shelf: shelf{kept: kept("https://empty.example.com/autodiscover/autodiscover.svc")},
			ews: "mail.example.com", log: []string{"load " + ann, "drop " + ann, "save " + ann + " by autodiscover.example.com"}, asked: "empty.example.com autodiscover.example.com", kept: true},
		{name: "expired, the password has changed", shelf: shelf{kept: kept(old)}, set: func(_ *world, cfg *autodiscover.Config) { cfg.Auth = auth.Basic(ann, "wrong") },
			class: autodiscover.ErrCredentials, log: []string{"load " + ann}, asked: "old.example.com", kept: true},
		{name: "what somebody put there over plain HTTP is not used", shelf: shelf{kept: &autodiscover.Result{Requested: ann, EWS: "http://evil.example.net/", Endpoint: "http://evil.example.net/autodiscover/autodiscover.svc"}, fresh: true},
			ews: "mail.example.com", log: []string{"load " + ann, "save " + ann + " by autodiscover.example.com"}, asked: "autodiscover.example.com", kept: true},
		{name: "a cache that fails ends nothing", shelf: shelf{err: broken}, ews: "mail.example.com",
			log: []string{"load " + ann, "save " + ann + " by autodiscover.example.com"}, asked: "autodiscover.example.com", kept: true, trouble: broken},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.hosts["https://autodiscover.example.com"] = mail("mail.example.com")
				w.hosts["https://old.example.com"] = mail("new.example.com")
				w.hosts["https://empty.example.com"] = http.NotFoundHandler()
				cfg := w.config()
				shelf := tc.shelf
				cfg.Cache = &shelf
				if tc.set != nil {
					tc.set(w, &cfg)
				}
				got, err := autodiscover.Discover(t.Context(), ann, cfg)
				if tc.class != nil {
					if !errors.Is(err, tc.class) {
						t.Errorf("got %v, want %v", err, tc.class)
					}
				} else if err != nil {
					t.Fatal(err)
				} else if host(got.EWS) != tc.ews || got.FromCache != (tc.asked == "") {
					t.Errorf("EWS is %s, from the cache: %t", got.EWS, got.FromCache)
				}
				if diff := cmp.Diff(tc.log, shelf.log); diff != "" {
					t.Errorf("what the cache was asked: -want +got:\n%s", diff)
				}
				asked, last := "", ""
				for _, line := range w.asked() {
					if h := host(line); strings.Contains(line, "://") && h != last {
						last = h
						asked = strings.TrimSpace(asked + " " + h)
					}
				}
				if tc.class == nil && tc.asked != "" && !strings.HasPrefix(asked, tc.asked) || tc.asked == "" && asked != "" {
					t.Errorf("asked %s, want %s", asked, tc.asked)
				}
				if (shelf.kept != nil) != tc.kept {
					t.Errorf("kept: %v", shelf.kept)
				}
				if tc.trouble != nil && !errors.Is(got.Steps[0].Err, tc.trouble) {
					t.Errorf("the first step is %v", got.Steps[0])
				}
			})
		})
	}
}

// An answer survives JSON, and has no secret in it.
func TestResultJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := mail("mail.example.com")
		e.soap = settings("ExternalEwsUrl", "https://mail.example.com/EWS/Exchange.asmx", "AutoDiscoverSMTPAddress", "anna@example.com", "EwsSupportedSchemas", "Exchange2010, Exchange2013")
		w.hosts["https://autodiscover.example.com"] = e
		got, err := autodiscover.Discover(t.Context(), ann, w.config())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), password) || strings.Contains(string(text), "Steps") {
			t.Errorf("it has %s", text)
		}
		var again autodiscover.Result
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, &again, cmpopts.IgnoreFields(autodiscover.Result{}, "Steps")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"Basic"}, got.Schemes); diff != "" || got.Service != autodiscover.SOAP {
			t.Errorf("by %s, with %v", got.Service, got.Schemes)
		}
	})
}
