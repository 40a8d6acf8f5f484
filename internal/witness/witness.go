// Package witness keeps the SOAP documents that go over the wire while tests
// run, so that a judge other than this project can look at them afterwards:
// command xsdwitness holds them against the schemas with xmllint.
//
// It is a helper of tests. Without a directory to write to it does nothing.
package witness

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// EnvDir is the environment variable that names the directory for documents.
const EnvDir = "GOEWS_WITNESS"

// maxAnswer bounds the part of one answer that is kept in memory to be written
// when it has ended. Longer answers are not kept at all.
const maxAnswer = 32 << 20

const soapNS = "http://schemas.xmlsoap.org/soap/envelope/"

// Side says who wrote a document.
type Side string

// The sides.
const (
	Request Side = "request" // by the client
	Answer  Side = "answer"  // by the server
)

// Recorder writes documents into a directory. A nil Recorder discards them. It
// is safe for concurrent use, also by several processes.
type Recorder struct{ dir string }

// FromEnv returns a recorder for the directory that GOEWS_WITNESS names; nil
// if it names none. The directory is made when the first document comes.
func FromEnv() *Recorder {
	dir := os.Getenv(EnvDir)
	if dir == "" {
		return nil
	}
	return &Recorder{dir: dir}
}

// NewRecorder returns a recorder for a directory.
func NewRecorder(dir string) *Recorder { return &Recorder{dir: dir} }

// Record keeps the SOAP envelopes in body: one, or several on end as in an
// answer to GetStreamingEvents. A body that holds none is passed over, since
// not everything a server sends is SOAP. A document known already is kept once.
func (r *Recorder) Record(side Side, body []byte) error {
	if r == nil {
		return nil
	}
	for _, doc := range split(body) {
		if err := r.write(side, doc); err != nil {
			return fmt.Errorf("witness: %w", err)
		}
	}
	return nil
}

func (r *Recorder) write(side Side, doc []byte) error {
	sum := sha256.Sum256(doc)
	path := filepath.Join(r.dir, fmt.Sprintf("%s-%s-%s.xml", side, bodyName(doc), hex.EncodeToString(sum[:8])))
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	// Written aside and renamed: another process may be at the same document.
	tmp, err := os.CreateTemp(r.dir, "*.tmp")
	if err != nil {
		return err
	}
	_, err = tmp.Write(doc)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(tmp.Name()))
	}
	return err
}

// split returns the complete SOAP envelopes in body, without what is around
// them.
func split(body []byte) [][]byte {
	var docs [][]byte
	d := xml.NewDecoder(bytes.NewReader(body))
	depth, start := 0, 0
	for {
		off := int(d.InputOffset())
		tok, err := d.RawToken()
		if err != nil {
			return docs // a truncated or foreign rest
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if depth == 0 {
				start = off
				if tok.Name.Local != "Envelope" {
					return docs
				}
			}
			depth++
		case xml.EndElement:
			if depth--; depth < 0 {
				return docs
			}
			if depth == 0 {
				docs = append(docs, body[start:d.InputOffset()])
			}
		}
	}
}

// summary is what an envelope says about itself.
type summary struct {
	body    string // local name of the body's element; "" if there is none
	version string // claimed schema version; "" if there is none
}

// bodyName names the document in its file's name.
func bodyName(doc []byte) string {
	s, err := summarise(doc)
	if err != nil || s.body == "" {
		return "Unknown"
	}
	return strings.Map(func(r rune) rune {
		if r < 'A' || r > 'z' || r > 'Z' && r < 'a' {
			return '_'
		}
		return r
	}, s.body)
}

// summarise reads an envelope to its end, so that its error also says whether
// the document is well-formed.
func summarise(doc []byte) (summary, error) {
	var s summary
	var path []xml.Name
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(path) == 0 && s == (summary{}) {
				return s, errors.New("no element of a SOAP body")
			}
			return s, nil
		}
		if err != nil {
			return s, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			path = append(path, tok.Name)
			if len(path) != 3 || path[0].Space != soapNS {
				continue
			}
			switch path[1].Local {
			case "Body":
				if s.body == "" {
					s.body = tok.Name.Local
				}
			case "Header":
				if tok.Name.Local != "RequestServerVersion" && tok.Name.Local != "ServerVersionInfo" {
					continue
				}
				for _, a := range tok.Attr {
					if a.Name.Space == "" && a.Name.Local == "Version" {
						s.version = a.Value
					}
				}
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}
