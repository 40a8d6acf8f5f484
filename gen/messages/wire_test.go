package messages_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/internal/wire"
	"github.com/seed-1937cc67/goews/internal/wire/canon"
)

const captured = "../../../shared/wire/third-party-server"

// captures returns the captured files that match pattern.
func captures(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(captured, pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no captured traffic at hand")
	}
	return files
}

// body positions a decoder on the child of the SOAP body.
func body(data []byte) (*wire.Decoder, bool) {
	d := wire.NewDecoderBytes(data, wire.Limits{})
	return d, d.Root() && d.ChildNamed(wire.NSSOAP, "Body") && d.Child()
}

// TestCapturedRequests decodes each captured request and writes it again: the
// two must say the same.
func TestCapturedRequests(t *testing.T) {
	// Requests that can't come out as they went in, and why.
	unlike := map[string]string{
		"003-CreateItem-Message-SaveOnly":      "invalid: elements out of order",
		"099-unimpl-ArchiveItem":               "invalid: lacks required elements, which are written",
		"104-unimpl-CreateManagedFolder":       "invalid: lacks required elements, which are written",
		"105-unimpl-FindMessageTrackingReport": "invalid: lacks required elements, which are written",
		"106-unimpl-GetSharingFolder":          "invalid: lacks required elements, which are written",
		"107-unimpl-PlayOnPhone":               "invalid: lacks required elements, which are written",
		"108-unimpl-SendNotification":          "the server's call to a client, not an operation of it",
		"115-err-schema-missing-shape":         "invalid: lacks required elements, which are written",
		"110-unimpl-Bogus":                     "no operation",
		"113-err-not-xml":                      "no XML",
		"114-err-empty-body":                   "no operation",
		"119-err-GET":                          "empty",
	}
	byRequest := map[string]*messages.Operation{}
	for _, op := range messages.Operations() {
		byRequest[strings.TrimPrefix(op.Request, "m:")] = op
	}
	for _, file := range captures(t, "*.req.xml") {
		name := strings.TrimSuffix(filepath.Base(file), ".req.xml")
		if unlike[name] != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d, ok := body(data)
			if !ok {
				t.Fatalf("no request: %v", d.Err())
			}
			op := byRequest[string(d.Name())]
			if op == nil {
				t.Fatalf("no operation for %s", d.Name())
			}
			req := op.NewRequest()
			req.DecodeXML(d)
			if err := d.Err(); err != nil {
				t.Fatal(err)
			}
			e := wire.NewEncoder(nil)
			e.Start(op.Request)
			e.AttrString("xmlns:t", wire.TypesURI, true)
			e.AttrString("xmlns:m", wire.MessagesURI, true)
			req.EncodeXML(e)
			e.End(op.Request)
			if err := e.Err(); err != nil {
				t.Fatal(err)
			}
			want, err := canon.Canonical(data, "Body", "*")
			if err != nil {
				t.Fatal(err)
			}
			got, err := canon.Canonical(e.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-captured +written:\n%s", diff)
			}
		})
	}
}

// TestCapturedAnswers decodes each captured answer that is one.
func TestCapturedAnswers(t *testing.T) {
	decoded := 0
	byResponse := map[string]*messages.Operation{}
	for _, op := range messages.Operations() {
		byResponse[op.Response] = op
	}
	for _, file := range captures(t, "*.resp.xml") {
		name := strings.TrimSuffix(filepath.Base(file), ".resp.xml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d, ok := body(data)
			if !ok {
				if d.Err() == nil {
					t.Error("no body, and no error")
				}
				return
			}
			if d.NS() == wire.NSSOAP && string(d.Name()) == "Fault" {
				return // the transport's to decode
			}
			op := byResponse[string(d.Name())]
			if op == nil {
				t.Fatalf("no operation answers with %s", d.Name())
			}
			res := op.NewResponse()
			res.DecodeXML(d)
			if err := d.Err(); err != nil {
				t.Fatal(err)
			}
			decoded++
		})
	}
	if decoded < 90 {
		t.Errorf("%d answers decoded, want at least 90", decoded)
	}
}
