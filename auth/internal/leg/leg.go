// Package leg makes the requests by which a method of authentication talks to
// a server before it sends what it was given.
package leg

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
)

// Request returns a request to where r goes, with its headers and without its
// body. The httptrace of r hears of its connection, and not of its being
// written: nothing of r was. gotConn, if it is not nil, hears of the
// connection, too. r is not changed.
func Request(r *http.Request, authorization string, gotConn func(httptrace.GotConnInfo)) *http.Request {
	ctx := r.Context()
	var t httptrace.ClientTrace
	if outer := httptrace.ContextClientTrace(ctx); outer != nil {
		t = *outer
	}
	t.PutIdleConn, t.GotFirstResponseByte, t.Got100Continue, t.Got1xxResponse = nil, nil, nil, nil
	t.WroteHeaderField, t.WroteHeaders, t.Wait100Continue, t.WroteRequest = nil, nil, nil, nil
	if outer := t.GotConn; gotConn != nil {
		t.GotConn = func(i httptrace.GotConnInfo) {
			if outer != nil {
				outer(i)
			}
			gotConn(i)
		}
	}
	out := r.Clone(httptrace.WithClientTrace(untraced{ctx}, &t))
	out.Body, out.GetBody, out.ContentLength, out.TransferEncoding, out.Trailer, out.Close = nil, nil, 0, nil, nil, false
	for _, name := range []string{"Authorization", "Content-Encoding", "Expect"} {
		out.Header.Del(name)
	}
	if authorization != "" {
		out.Header.Set("Authorization", authorization)
	}
	return out
}

// untraced is a context without its httptrace.ClientTrace.
type untraced struct{ context.Context }

func (c untraced) Value(key any) any {
	v := c.Context.Value(key)
	if _, ok := v.(*httptrace.ClientTrace); ok {
		return nil
	}
	return v
}

// maxDrain bounds what is read of an answer that nobody wants.
const maxDrain = 1 << 20

// Drain reads res to the end, so that its connection serves again, and closes
// it.
func Drain(res *http.Response) {
	_, _ = io.CopyN(io.Discard, res.Body, maxDrain)
	res.Body.Close()
}

// Repeatable reports whether the body of r, if it has one, can be had again.
func Repeatable(r *http.Request) bool {
	return r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
}

// Again returns a copy of r for another try, with its body from the start. r
// has to be Repeatable.
func Again(r *http.Request) (*http.Request, error) {
	out := r.Clone(r.Context())
	if r.Body != nil && r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		out.Body = body
	}
	return out, nil
}
