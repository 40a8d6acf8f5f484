package ewstest_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
	"github.com/seed-1937cc67/goews/internal/witness"
	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/internal/xsd/validate"
	"github.com/seed-1937cc67/goews/schemas"
)

// The helpers of all tests of the server. Both requests and answers are held
// against the contract at the version of the request.
//
//	a := call(t, srv, "Exchange2016", `<m:GetFolder>...</m:GetFolder>`)
//	if diff := cmp.Diff([]string{"NoError"}, a.codes()); diff != "" { ... }
//	name := a.first("DisplayName")
//
//	res := do[messages.GetFolderResponse](t, srv, "Exchange2016", &messages.GetFolderRequest{...})

// contract is compiled once for all tests.
var contract = sync.OnceValues(func() (*validate.Validator, error) {
	s, err := xsd.Read(schemas.FS, "types.xsd", "messages.xsd")
	if err != nil {
		return nil, err
	}
	return validate.New(s)
})

// checkEnvelope fails t if the envelope does not hold to the contract.
func checkEnvelope(t testing.TB, what string, doc []byte, version string) {
	t.Helper()
	v, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	if !v.Knows(version) {
		version = ""
	}
	if err := v.Envelope(doc, validate.Options{Version: version}); err != nil {
		t.Errorf("%s is invalid at %q: %v\n%s", what, version, err, doc)
	}
}

// checkFault fails t if the fault is not of the form that Exchange sends.
func checkFault(t testing.TB, status int, fault *node) {
	t.Helper()
	var names []string
	for _, c := range fault.Children {
		names = append(names, c.XMLName.Local)
	}
	code, text := fault.child("faultcode"), fault.child("faultstring")
	detail := fault.child("detail")
	message := detail.child("Message").Text
	if detail.child("ResponseCode").Text == "ErrorSchemaValidation" {
		message = strings.TrimSuffix(message, ".") + ": " + detail.child("MessageXml").child("Violation").Text
	}
	if status != http.StatusInternalServerError || !slices.Equal(names, []string{"faultcode", "faultstring", "detail"}) ||
		text.Text == "" || code.Text != "a:"+detail.child("ResponseCode").Text || message != text.Text {
		t.Errorf("malformed fault with status %d: %+v", status, fault)
	}
}

// sender says how call sends. Zero fields mean their defaults.
type sender struct {
	user     string // default: account 0
	password string // default: ewstest.Password
	headers  string // XML of further SOAP headers
	invalid  bool   // the request is invalid on purpose
}

// answer is what came back.
type answer struct {
	t       testing.TB
	status  int
	headers http.Header
	text    string
	root    *node
}

// call sends a SOAP body, which may use the prefixes t and m, as account 0.
func call(t testing.TB, s *ewstest.Server, version, body string) *answer {
	t.Helper()
	return sender{}.call(t, s, version, body)
}

// callInvalid is call for a body that the schema refuses.
func callInvalid(t testing.TB, s *ewstest.Server, version, body string) *answer {
	t.Helper()
	return sender{invalid: true}.call(t, s, version, body)
}

// callAs is call as the user with the default password.
func callAs(t testing.TB, s *ewstest.Server, user, version, body string) *answer {
	t.Helper()
	return sender{user: user}.call(t, s, version, body)
}

func (o sender) call(t testing.TB, s *ewstest.Server, version, body string) *answer {
	t.Helper()
	doc := envelope(version, o.headers, body)
	if !o.invalid {
		checkEnvelope(t, "request", []byte(doc), version)
	}
	if o.user == "" {
		o.user = s.Address(0)
	}
	if o.password == "" {
		o.password = ewstest.Password
	}
	ctx := t.Context()
	if o.invalid {
		ctx = witness.Invalid(ctx)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(o.user, o.password)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	a := roundTrip(t, s, r)
	if a.root == nil {
		return a
	}
	if fault := a.root.child("Body").child("Fault"); fault != nil {
		checkFault(t, a.status, fault)
		return a
	}
	checkEnvelope(t, "answer", []byte(a.text), version)
	return a
}

// roundTrip sends r, and reads the answer.
func roundTrip(t testing.TB, s *ewstest.Server, r *http.Request) *answer {
	t.Helper()
	res, err := s.HTTPClient().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

// read reads an answer, as XML if it says that it is.
func read(t testing.TB, res *http.Response) *answer {
	t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := &answer{t: t, status: res.StatusCode, headers: res.Header, text: string(b)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/xml") {
		a.root = &node{}
		if err := xml.Unmarshal(b, a.root); err != nil {
			t.Fatalf("answer is no XML: %v\n%s", err, b)
		}
	}
	return a
}

// envelope returns a request. Without a version it has no RequestServerVersion.
func envelope(version, headers, body string) string {
	if version != "" {
		headers = `<t:RequestServerVersion Version="` + version + `"/>` + headers
	}
	return `<?xml version="1.0" encoding="utf-8"?>` + "\n" + `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"` +
		` xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header>` + headers + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

// node is an element.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []*node    `xml:",any"`
}

// find returns the elements at and below n with the local name, in document
// order.
func (n *node) find(local string) []*node {
	if n == nil {
		return nil
	}
	var all []*node
	if n.XMLName.Local == local {
		all = append(all, n)
	}
	for _, c := range n.Children {
		all = append(all, c.find(local)...)
	}
	return all
}

// child returns the first child of n with the local name; nil if there is none.
func (n *node) child(local string) *node {
	if n != nil {
		for _, c := range n.Children {
			if c.XMLName.Local == local {
				return c
			}
		}
	}
	return nil
}

// attr returns an attribute; "" if there is none.
func (n *node) attr(name string) string {
	if n != nil {
		for _, a := range n.Attrs {
			if a.Name.Local == name {
				return a.Value
			}
		}
	}
	return ""
}

// nodes returns all elements with the local name.
func (a *answer) nodes(local string) []*node { return a.root.find(local) }

// all returns the texts of all elements with the local name.
func (a *answer) all(local string) []string {
	var texts []string
	for _, n := range a.root.find(local) {
		texts = append(texts, n.Text)
	}
	return texts
}

// first returns the text of the first element with the local name, "" if
// there is none.
func (a *answer) first(local string) string {
	if all := a.all(local); len(all) > 0 {
		return all[0]
	}
	return ""
}

// codes returns the response codes, that of a fault too.
func (a *answer) codes() []string { return a.all("ResponseCode") }

// ids returns the attribute Id of all elements with the local name.
func (a *answer) ids(local string) []string {
	var ids []string
	for _, n := range a.root.find(local) {
		ids = append(ids, n.attr("Id"))
	}
	return ids
}

// ok fails the test unless all codes are NoError, and returns a.
func (a *answer) ok() *answer {
	a.t.Helper()
	codes := a.codes()
	if a.status != http.StatusOK || len(codes) == 0 {
		a.t.Fatalf("status %d, codes %q: %s", a.status, codes, a.text)
	}
	for _, c := range codes {
		if c != string(messages.NoError) {
			a.t.Fatalf("codes %q: %s", codes, a.text)
		}
	}
	return a
}

// want fails the test unless the codes are those.
func (a *answer) want(codes ...messages.ResponseCode) *answer {
	a.t.Helper()
	got := a.codes()
	same := len(got) == len(codes)
	for i := 0; same && i < len(got); i++ {
		same = got[i] == string(codes[i])
	}
	if !same {
		a.t.Fatalf("codes %q, want %q: %s", got, codes, a.text)
	}
	return a
}

// decode reads the body's element into res.
func (a *answer) decode(res messages.Message) {
	a.t.Helper()
	d := wire.NewDecoderBytes([]byte(a.text), wire.Limits{})
	if d.Root() && d.ChildNamed(wire.NSSOAP, "Body") && d.Child() {
		res.DecodeXML(d)
	}
	if err := d.Err(); err != nil {
		a.t.Fatal(err)
	}
}

// encode returns v as the element.
func encode(t testing.TB, element string, v wire.Marshaler) string {
	t.Helper()
	e := wire.NewEncoder(nil)
	e.Elem(element, v)
	if err := e.Err(); err != nil {
		t.Fatal(err)
	}
	return string(bytes.Clone(e.Bytes()))
}

// operationOf returns the operation whose request has the type of req.
func operationOf(t testing.TB, req messages.Message) *messages.Operation {
	t.Helper()
	for _, op := range messages.Operations() {
		if reflect.TypeOf(op.NewRequest()) == reflect.TypeOf(req) {
			return op
		}
	}
	t.Fatalf("no operation takes a %T", req)
	return nil
}

// do sends req as account 0, and returns the answer, which must be no fault.
func do[Res any, P interface {
	*Res
	messages.Message
}](t testing.TB, s *ewstest.Server, version types.ExchangeVersion, req messages.Message) *Res {
	t.Helper()
	a := call(t, s, string(version), encode(t, operationOf(t, req).Request, req))
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.text)
	}
	res := new(Res)
	a.decode(P(res))
	return res
}
