package ewstest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
	"github.com/seed-1937cc67/goews/internal/witness"
	"github.com/seed-1937cc67/goews/internal/xsd/validate"
)

// client sends requests to a server without a network, and holds each answer
// against the contract. Documents are kept for other judges if GOEWS_WITNESS
// says where.
type client struct {
	t       testing.TB
	srv     *Server
	user    string
	version types.ExchangeVersion
	header  string // more of the SOAP header

	unchecked bool // answers may repeat what no contract knows
}

// newClient returns a client of account 0 of a new server.
func newClient(t testing.TB, cfg ...Config) *client {
	t.Helper()
	var c Config
	if len(cfg) > 0 {
		c = cfg[0]
	}
	s, err := NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, srv: s, user: s.Address(0), version: s.cfg.Version}
}

// post sends the content of a SOAP body, and returns status and answer.
func (c *client) post(body string) (int, string) {
	c.t.Helper()
	doc := `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + wire.SOAPURI + `" xmlns:t="` + wire.TypesURI + `" xmlns:m="` + wire.MessagesURI + `">` +
		`<s:Header><t:RequestServerVersion Version="` + string(c.version) + `"/>` + c.header + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
	r := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, EndpointPath, strings.NewReader(doc))
	r.SetBasicAuth(c.user, Password)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	w := httptest.NewRecorder()
	c.srv.ServeHTTP(w, r)
	v, err := validator()
	if err != nil {
		c.t.Fatal(err)
	}
	answer := w.Body.Bytes()
	if w.Code == http.StatusOK && !c.unchecked {
		if err := v.Envelope(answer, validate.Options{Version: string(c.version)}); err != nil {
			c.t.Errorf("the answer does not fit the contract: %v\n%s", err, answer)
		}
	}
	// An answer may quote what an unchecked request got wrong.
	if rec := witness.FromEnv(); rec != nil && !c.unchecked {
		if err := rec.Record(witness.Answer, answer); err != nil {
			c.t.Error(err)
		}
	}
	return w.Code, w.Body.String()
}

// do sends a request and decodes the answer; anything but status 200 ends the
// test.
func (c *client) do(op *messages.Operation, req, res messages.Message) {
	c.t.Helper()
	e := wire.NewEncoder(nil)
	e.Elem(op.Request, req)
	if err := e.Err(); err != nil {
		c.t.Fatal(err)
	}
	status, answer := c.post(string(e.Bytes()))
	if status != http.StatusOK {
		c.t.Fatalf("%s: status %d, answer %s", op.Name, status, answer)
	}
	d := wire.NewDecoderBytes([]byte(answer), wire.Limits{})
	if d.Root() && d.ChildNamed(wire.NSSOAP, "Body") && d.Child() {
		res.DecodeXML(d)
	}
	if err := d.Err(); err != nil {
		c.t.Fatal(err)
	}
}
