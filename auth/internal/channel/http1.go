package channel

import (
	"net/http"
	"slices"
)

// HTTP1 makes t, which has not been used, speak HTTP/1.1 alone.
func HTTP1(t *http.Transport) {
	t.ForceAttemptHTTP2 = false
	t.TLSNextProto, t.HTTP2 = nil, nil
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	if c := t.TLSClientConfig; c != nil { // which has "h2" if what t is a copy of was used
		c.NextProtos = slices.DeleteFunc(slices.Clone(c.NextProtos), func(s string) bool { return s == "h2" })
	}
}
