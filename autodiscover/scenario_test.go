package autodiscover_test

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/autodiscover"
)

// scenario is a network and what a search in it leads to.
type scenario struct {
	name    string
	address string // default Ann's
	hosts   map[string]http.Handler
	srv     []*net.SRV
	set     func(*autodiscover.Config)

	ews     string
	primary string // default the address
	errs    []error
	says    string   // part of the error
	trusted []string // hosts that got credentials, in order
}

func webSite() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Welcome</title>"))
	})
}

func basicOnly() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="intranet"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
}

const mailEWS = "https://mail.example.com/EWS/Exchange.asmx"

// poxOnly is a server that is as old as Exchange 2007.
func poxOnly() *exchange {
	return &exchange{user: ann, password: password, pox: account(`<AccountType>email</AccountType><Action>settings</Action><Protocol><Type>EXPR</Type><ASUrl>` + mailEWS + `</ASUrl></Protocol>`)}
}

func run(t *testing.T, list []scenario) {
	t.Helper()
	for _, sc := range list {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { sc.run(t) })
		})
	}
}

func (sc scenario) run(t *testing.T) {
	w := newWorld(t)
	for name, h := range sc.hosts {
		w.hosts[name] = h
	}
	address := either(sc.address, ann)
	w.srv["example.com"] = sc.srv
	cfg := w.config()
	if sc.set != nil {
		sc.set(&cfg)
	}
	var traced []autodiscover.Step
	cfg.Trace = func(s autodiscover.Step) { traced = append(traced, s) }
	got, err := autodiscover.Discover(t.Context(), address, cfg)
	if diff := cmp.Diff(sc.trusted, w.trusted()); diff != "" {
		t.Errorf("who got credentials: -want +got:\n%s", diff)
	}
	if n := w.connections(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	if sc.ews == "" {
		sc.checkError(t, got, err, traced)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got.EWS != sc.ews {
		t.Errorf("EWS is %s, want %s", got.EWS, sc.ews)
	}
	if want := either(sc.primary, address); got.Address != want || got.Requested != address {
		t.Errorf("address is %s of %s, want %s", got.Address, got.Requested, want)
	}
	if diff := cmp.Diff(steps(got.Steps), steps(traced)); diff != "" {
		t.Errorf("steps of the result, and of the trace: %s", diff)
	}
}

func (sc scenario) checkError(t *testing.T, got *autodiscover.Result, err error, traced []autodiscover.Step) {
	t.Helper()
	var e *autodiscover.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, %v; want an *Error", got, err)
	}
	for _, want := range sc.errs {
		if !errors.Is(err, want) {
			t.Errorf("%v is not %q", err, want)
		}
	}
	if !strings.Contains(err.Error(), sc.says) {
		t.Errorf("%v does not say %q", err, sc.says)
	}
	if strings.Contains(err.Error(), password) {
		t.Errorf("the password shows: %v", err)
	}
	if diff := cmp.Diff(steps(e.Steps), steps(traced)); diff != "" {
		t.Errorf("steps of the error, and of the trace: %s", diff)
	}
}
