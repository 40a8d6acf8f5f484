package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// Bounds of one batch: libxml2 counts lines in 16 bits.
const (
	maxLines = 60000
	maxBytes = 64 << 20
)

// ErrNoDocuments is returned when there is nothing to judge.
var ErrNoDocuments = errors.New("no documents")

// Failure is what is wrong with one document.
type Failure struct {
	File     string // below the directory of documents
	Version  string // that the document was judged by; "" for the whole schema
	Messages []string
}

// Report says how the documents fared.
type Report struct {
	Documents int
	Bodies    map[string]int // documents by the local name of the body's element
	Versions  map[string]int // documents by version
	Failures  []Failure
}

// document is one envelope to judge.
type document struct {
	file    string
	text    []byte
	version string
}

// Check holds every .xml file below dir against the schema in schemaDir, each
// at the version that it claims in its RequestServerVersion or
// ServerVersionInfo header, or against the whole schema if it claims none or
// one that the schema does not know. It runs xmllint, which must be installed.
func Check(ctx context.Context, schemaDir, dir string) (*Report, error) {
	s, err := readSchemas(schemaDir)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	r := &Report{Bodies: map[string]int{}, Versions: map[string]int{}}
	groups := map[string][]document{}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".xml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		r.Documents++
		sum, err := summarise(text)
		if err != nil {
			r.Failures = append(r.Failures, Failure{File: file, Messages: []string{err.Error()}})
			return nil
		}
		r.Bodies[sum.body]++
		if _, ok := s.ranks[sum.version]; !ok {
			sum.version = ""
		}
		r.Versions[sum.version]++
		groups[sum.version] = append(groups[sum.version], document{file, bare(text), sum.version})
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("witness: %w", err)
	case r.Documents == 0:
		return nil, fmt.Errorf("witness: %w in %s", ErrNoDocuments, dir)
	}
	tmp, err := os.MkdirTemp("", "xsdwitness")
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	defer os.RemoveAll(tmp)
	for version, docs := range groups {
		j := judge{dir: filepath.Join(tmp, "v"+version), version: version}
		if j.driver, err = s.writeTo(j.dir, version); err != nil {
			return nil, fmt.Errorf("witness: schema as of %q: %w", version, err)
		}
		for _, batch := range batches(docs) {
			f, err := j.batch(ctx, batch)
			if err != nil {
				return nil, fmt.Errorf("witness: as of %q: %w", version, err)
			}
			r.Failures = append(r.Failures, f...)
		}
	}
	slices.SortFunc(r.Failures, func(a, b Failure) int { return strings.Compare(a.File, b.File) })
	return r, nil
}

// bare returns a document without what may stand only at the start of a file.
func bare(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.HasPrefix(text, []byte("<?xml")) {
		if i := bytes.Index(text, []byte("?>")); i >= 0 {
			text = text[i+2:]
		}
	}
	return bytes.TrimSpace(text)
}

func batches(docs []document) [][]document {
	var all [][]document
	lines, size := maxLines, 0
	for _, d := range docs {
		n := bytes.Count(d.text, []byte("\n")) + 1
		if lines+n > maxLines || size+len(d.text) > maxBytes {
			all = append(all, nil)
			lines, size = 0, 0
		}
		lines, size = lines+n, size+len(d.text)
		all[len(all)-1] = append(all[len(all)-1], d)
	}
	return all
}

// judge runs xmllint with one schema.
type judge struct {
	dir, driver, version string
}

// batch judges documents as the children of one element and tells them apart
// by their lines. If they spoil each other, each is judged alone.
func (j judge) batch(ctx context.Context, docs []document) ([]Failure, error) {
	var b bytes.Buffer
	b.WriteString("<documents>\n")
	starts := make([]int, len(docs)) // line on which each begins
	line := 2
	for i, d := range docs {
		starts[i] = line
		b.Write(d.text)
		b.WriteByte('\n')
		line += bytes.Count(d.text, []byte("\n")) + 1
	}
	b.WriteString("</documents>\n")
	file := filepath.Join(j.dir, "batch.xml")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, "xmllint", "--huge", "--noout", "--schema", j.driver, file).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	if err == nil {
		return nil, nil
	}
	if !bytes.Contains(out, []byte(file+" fails to validate")) {
		if len(docs) > 1 && bytes.Contains(out, []byte(file)) {
			return j.alone(ctx, docs)
		}
		if bytes.Contains(out, []byte(file)) {
			return []Failure{{File: docs[0].file, Version: j.version, Messages: []string{shorten(string(out))}}}, nil
		}
		return nil, fmt.Errorf("xmllint: %w\n%s", err, shorten(string(out)))
	}
	found := map[int]*Failure{}
	for text := range strings.Lines(string(out)) {
		rest, ok := strings.CutPrefix(text, file+":")
		var at int
		if _, err := fmt.Sscanf(rest, "%d:", &at); !ok || err != nil {
			continue
		}
		i := max(0, sort.SearchInts(starts, at+1)-1)
		if found[i] == nil {
			found[i] = &Failure{File: docs[i].file, Version: j.version}
		}
		_, message, _ := strings.Cut(rest, ":")
		found[i].Messages = append(found[i].Messages, fmt.Sprintf("line %d: %s", at-starts[i]+1, shorten(message)))
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("xmllint refuses without a reason:\n%s", shorten(string(out)))
	}
	var list []Failure
	for _, f := range found {
		list = append(list, *f)
	}
	return list, nil
}

func (j judge) alone(ctx context.Context, docs []document) ([]Failure, error) {
	var list []Failure
	for _, d := range docs {
		f, err := j.batch(ctx, []document{d})
		if err != nil {
			return nil, err
		}
		list = append(list, f...)
	}
	return list, nil
}

// shorten makes libxml2's messages readable: it repeats whole enumerations.
func shorten(s string) string {
	const limit = 1000
	if s = strings.TrimSpace(s); len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + " ..."
	}
	return s
}
