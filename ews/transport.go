package ews

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// NewTransport returns what a client sends by that is given no HTTPClient: a
// copy of http.DefaultTransport that keeps as many connections as a client has
// requests, takes no more than 256 KiB of headers, and whose error is a
// *ProxyError when a proxy refuses to connect.
// It is the one to begin with where a proxy, or TLS, is to be set:
//
//	t := ews.NewTransport()
//	t.Proxy = http.ProxyURL(proxy)
//	cfg.HTTPClient = &http.Client{Transport: t}
func NewTransport() *http.Transport {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		t = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = 10
	if t.MaxResponseHeaderBytes == 0 {
		t.MaxResponseHeaderBytes = maxHeaderBytes
	}
	t.OnProxyConnectResponse = func(_ context.Context, proxy *url.URL, _ *http.Request, h *http.Response) error {
		if h.StatusCode != http.StatusOK {
			return &ProxyError{Proxy: proxy.Host, StatusCode: h.StatusCode, Status: h.Status}
		}
		return nil
	}
	return t
}

// maxHeaderBytes bounds the headers of an answer: net/http itself takes 10 MiB,
// on each of the connections.
const maxHeaderBytes = 256 << 10

// ProxyError is a proxy's refusal to connect to the server: nothing was sent to
// that. It is the cause of a TransportError, whose Hint says what to do. See
// https://www.rfc-editor.org/rfc/rfc9110#name-connect.
type ProxyError struct {
	Proxy      string // host and port
	StatusCode int
	Status     string // as in "407 Proxy Authentication Required"
}

// Error names the proxy and what it said.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s refused to connect: %s", e.Proxy, e.Status)
}
