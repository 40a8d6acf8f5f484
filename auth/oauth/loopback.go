package oauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// SignIn lets the user sign in with a browser on this machine, and returns the
// token (RFC 8252). It listens on the loopback interface for the browser to come
// back, and ends with ctx: give it a deadline that a user can keep. open is to
// open the address in a browser, or to show it; it runs beside SignIn, with a
// context that ends when SignIn does. If it fails, so does SignIn.
//
// Requests that do not belong to this sign-in are refused and change nothing.
// What the server refused is an *Error.
func (a *App) SignIn(ctx context.Context, open func(ctx context.Context, url string) error, how Interaction) (Token, error) {
	how.Redirect = cmp.Or(how.Redirect, "http://localhost")
	l, redirect, err := listen(ctx, how.Redirect)
	if err != nil {
		return Token{}, err
	}
	how.Redirect = redirect.String()
	z, err := a.Authorize(how)
	if err != nil {
		_ = l.Close()
		return Token{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h := &landing{z: z, path: cmp.Or(redirect.Path, "/"), ctx: ctx, done: make(chan outcome, 1)}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			h.end(Token{}, fmt.Errorf("oauth: the browser cannot come back: %w", err))
		}
	}()
	defer func() {
		// The browser is to get its page, however ctx ended.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = srv.Shutdown(last)
		_ = srv.Close()
	}()
	go func() {
		if err := open(ctx, z.URL); err != nil && ctx.Err() == nil {
			h.end(Token{}, fmt.Errorf("oauth: the browser was not opened: %w", err))
		}
	}()
	select {
	case o := <-h.done:
		return o.token, o.err
	case <-ctx.Done():
		return Token{}, fmt.Errorf("oauth: the user has not signed in: %w", context.Cause(ctx))
	}
}

// listen listens where the redirect URI leads, and returns that with the port.
func listen(ctx context.Context, address string) (net.Listener, *url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || !isLoopback(u.Hostname()) || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, nil, errors.New("oauth: SignIn needs an Interaction.Redirect of this machine, as in http://localhost or http://127.0.0.1/callback")
	}
	host := u.Hostname()
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, cmp.Or(u.Port(), "0")))
	if err != nil {
		return nil, nil, fmt.Errorf("oauth: SignIn cannot listen for the browser: %w", err)
	}
	if u.Port() == "" {
		_, port, _ := net.SplitHostPort(l.Addr().String()) // of a TCP listener
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return l, u, nil
}

// landing is where the browser comes back to.
type landing struct {
	z    *Authorization
	path string
	ctx  context.Context // of SignIn, which ends what the page waits for
	done chan outcome
}

type outcome struct {
	token Token
	err   error
}

// end ends SignIn, unless it has ended already.
func (h *landing) end(t Token, err error) {
	select {
	case h.done <- outcome{t, err}:
	default:
	}
}

// ServeHTTP implements http.Handler.
func (h *landing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != h.path {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "GET is what a browser comes back with", http.StatusMethodNotAllowed)
		return
	}
	t, err := h.z.Exchange(h.ctx, r.URL.Query())
	if errors.Is(err, ErrState) {
		page(w, http.StatusBadRequest, "This is not the sign-in that the program waits for.")
		return
	}
	if err != nil {
		page(w, http.StatusOK, "The sign-in failed. The program says why; this window can be closed.")
	} else {
		page(w, http.StatusOK, "You are signed in. This window can be closed.")
	}
	h.end(t, err)
}

func page(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address has the code
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Connection", "close")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html><html><head><title>Sign-in</title></head><body><p>%s</p></body></html>\n", html.EscapeString(text))
}
