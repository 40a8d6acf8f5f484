package ewstest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// newest is the version that tests speak unless they say otherwise.
const newest = types.ExchangeVersionV20170711

// wireClient is a messages.Invoker that speaks to a server in plain HTTP, and
// fails its test if an answer breaks the contract of the version it asked for.
type wireClient struct {
	t       testing.TB
	server  *ewstest.Server
	user    string // address; also with Password
	version types.ExchangeVersion
	header  string // more of the SOAP header
	last    []byte // the last answer
}

// dial returns a client of the server's account i.
func dial(t testing.TB, s *ewstest.Server, i int) *wireClient {
	t.Helper()
	return &wireClient{t: t, server: s, user: s.Address(i), version: newest}
}

// at returns the client speaking another version.
func (c *wireClient) at(v types.ExchangeVersion) *wireClient {
	n := *c
	n.version = v
	return &n
}

// ops returns the operations.
func (c *wireClient) ops() messages.Client { return messages.New(c) }

var fault = regexp.MustCompile(`<e:ResponseCode[^>]*>(\w+)<(?s:.*)<e:Message[^>]*>([^<]*)<`)

// Invoke implements messages.Invoker. A SOAP fault is an error that wraps a
// messages.ResponseCode.
func (c *wireClient) Invoke(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	c.t.Helper()
	e := wire.NewEncoder(nil)
	e.Start("s:Envelope")
	e.AttrString("xmlns:s", wire.SOAPURI, true)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	e.AttrString("xmlns:m", wire.MessagesURI, true)
	e.Start("s:Header")
	e.Elem("t:RequestServerVersion", &types.RequestServerVersion{Version: c.version})
	e.Raw(types.Raw(c.header))
	e.End("s:Header")
	e.Start("s:Body")
	e.Elem(op.Request, req)
	e.End("s:Body")
	e.End("s:Envelope")
	if err := e.Err(); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server.URL, bytes.NewReader(e.Bytes()))
	if err != nil {
		return err
	}
	r.SetBasicAuth(c.user, ewstest.Password)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	hr, err := c.server.HTTPClient().Do(r)
	if err != nil {
		return err
	}
	defer hr.Body.Close()
	answer, err := io.ReadAll(hr.Body)
	if err != nil {
		return err
	}
	c.last = answer
	if hr.StatusCode != http.StatusOK {
		if m := fault.FindSubmatch(answer); m != nil {
			return fmt.Errorf("%w: %s", messages.ResponseCode(m[1]), m[2])
		}
		return fmt.Errorf("%s: status %d: %s", op.Name, hr.StatusCode, answer)
	}
	checkEnvelope(c.t, op.Name, answer, string(c.version))
	d := wire.NewDecoderBytes(answer, wire.Limits{})
	if d.Root() && d.ChildNamed(wire.NSSOAP, "Body") && d.Child() {
		res.DecodeXML(d)
	}
	return d.Err()
}
