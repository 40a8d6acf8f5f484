package ewstest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/internal/xsd/validate"
	"github.com/seed-1937cc67/goews/schemas"
)

// contract is the contract of the service. It is read once a process.
var contract = sync.OnceValues(func() (*xsd.Schema, error) {
	return xsd.Read(schemas.FS, "types.xsd", "messages.xsd")
})

// validator checks requests against the contract. It is compiled once a
// process, when the first request comes.
var validator = sync.OnceValues(func() (*validate.Validator, error) {
	s, err := contract()
	if err != nil {
		return nil, err
	}
	return validate.New(s)
})

// contractFiles are what Exchange serves beside its endpoint, and the schema of
// the namespace xml, which types.xsd imports.
var contractFiles = []string{"Services.wsdl", "messages.xsd", "types.xsd", "xml.xsd"}

func isContract(name string) bool {
	for _, f := range contractFiles {
		if strings.EqualFold(f, name) {
			return true
		}
	}
	return false
}

// serveContract answers with a file of the contract as a server of the
// configured version has it.
func (x *exchange) serveContract(name string) {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		x.w.Header().Set("Allow", "GET, HEAD")
		x.w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if x.authenticate() == nil {
		return
	}
	text, err := x.srv.contract.file(strings.ToLower(name), x.srv.cfg.Version)
	if err != nil {
		http.Error(x.w, "ewstest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	x.w.Header().Set("Content-Type", "text/xml")
	x.w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = x.w.Write(text)
}

// contractCache keeps the files that have been asked for.
type contractCache struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (c *contractCache) file(name string, version types.ExchangeVersion) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if text := c.files[name]; text != nil {
		return text, nil
	}
	text, err := schemas.FS.ReadFile(name)
	if err == nil {
		text, err = contractAsOf(text, version)
	}
	if err != nil {
		return nil, err
	}
	if c.files == nil {
		c.files = map[string][]byte{}
	}
	c.files[name] = text
	return text, nil
}

var (
	versionMark  = regexp.MustCompile(`\s+v:(since|until|online)="[^"]*"|\s+xmlns:v="[^"]*"`)
	firstComment = regexp.MustCompile(`(?s)<!--.*?-->\s*`)
)

// contractAsOf returns a file of the contract without what the version did not
// have, or not any more, and without the marks that say so. Types and groups
// stay: an old element may have been given a newer type.
func contractAsOf(text []byte, version types.ExchangeVersion) ([]byte, error) {
	gone, err := goneFrom(version)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	kept, depth, dropped := 0, 0, 0
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		at := int(d.InputOffset())
		tok, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			out.Write(text[kept:])
			return firstComment.ReplaceAll(versionMark.ReplaceAll(out.Bytes(), nil), nil), nil
		case err != nil:
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			depth++
			if dropped == 0 && gone.has(tok, version) {
				out.Write(text[kept:at])
				dropped = depth
			}
		case xml.EndElement:
			if depth == dropped {
				kept, dropped = int(d.InputOffset()), 0
			}
			depth--
		}
	}
}

// outside reports whether the marks of an element leave a version out. The name
// of a version is known to the version itself.
func outside(tok xml.StartElement, version types.ExchangeVersion) bool {
	since, until := types.ExchangeVersion(attrOf(tok, "v:since")), types.ExchangeVersion(attrOf(tok, "v:until"))
	if value := attrOf(tok, "value"); tok.Name.Local == "enumeration" && value == string(version) {
		return false
	}
	return version.Before(since) || until != "" && until.Before(version)
}

func attrOf(tok xml.StartElement, name string) string {
	prefix, local, ok := strings.Cut(name, ":")
	if !ok {
		prefix, local = "", name
	}
	for _, a := range tok.Attr {
		if a.Name.Space == prefix && a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// gone are the global elements, as the files of the contract name them, and the
// operations that a version does not have.
type gone map[string]bool

func goneFrom(version types.ExchangeVersion) (gone, error) {
	schema, err := contract()
	if err != nil {
		return nil, err
	}
	g := gone{}
	for name, e := range schema.Elements {
		until := types.ExchangeVersion(e.Until)
		g[name.String()] = version.Before(types.ExchangeVersion(e.Since)) || until != "" && until.Before(version)
	}
	for _, op := range messages.Operations() {
		g[op.Name] = version.Before(op.Since) || op.Until != "" && op.Until.Before(version)
	}
	return g, nil
}

// has reports whether the element of a file is to be left out.
func (g gone) has(tok xml.StartElement, version types.ExchangeVersion) bool {
	name := attrOf(tok, "name")
	switch tok.Name.Local {
	case "element", "attribute", "enumeration":
		return outside(tok, version) || g[attrOf(tok, "ref")]
	case "part":
		return g[attrOf(tok, "element")]
	case "header":
		return g["t:"+attrOf(tok, "part")]
	case "operation":
		return outside(tok, version) || g[name]
	case "message":
		op, _ := strings.CutSuffix(name, "SoapIn")
		op, _ = strings.CutSuffix(op, "SoapOut")
		return g[op]
	}
	return false
}
