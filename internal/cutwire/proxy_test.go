package cutwire_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/seed-1937cc67/goews/internal/cutwire"
)

func TestProxy(t *testing.T) {
	var served atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		served.Add(1)
		_, _ = io.WriteString(w, "hello")
	}))
	defer srv.Close()
	p := cutwire.New(t, strings.TrimPrefix(srv.URL, "http://"))
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	post := func() error {
		h, err := client.Post((&url.URL{Scheme: "http", Host: p.Addr}).String(), "text/plain", strings.NewReader("hi"))
		if err != nil {
			return err
		}
		defer h.Body.Close()
		_, err = io.ReadAll(h.Body)
		return err
	}
	steps := []struct {
		name   string
		before func()
		reset  bool
		served int32
	}{
		{"passed on", func() {}, false, 1},
		{"cut before", p.CutRequest, true, 1},
		{"again", func() {}, false, 2},
		{"cut after", p.CutAnswer, true, 3},
		{"once more", func() {}, false, 4},
		{"all cut", p.CutAll, false, 5}, // net/http takes another connection
	}
	for _, s := range steps {
		s.before()
		err := post()
		if s.reset != errors.Is(err, syscall.ECONNRESET) || !s.reset && err != nil && s.name != "all cut" {
			t.Errorf("%s: %v", s.name, err)
		}
		if s.name == "all cut" && err != nil {
			err = post()
			if err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
		}
		if n := served.Load(); n != s.served {
			t.Errorf("%s: %d requests served, want %d", s.name, n, s.served)
		}
	}
	if n := p.Cuts(); n != 3 {
		t.Errorf("%d cuts", n)
	}
}
