package kerberos

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jcmturner/gokrb5/v8/config"
)

// defaultConf is where krb5.conf is if nothing says otherwise.
const defaultConf = "/etc/krb5.conf"

// loadConf returns the configuration that cfg and the environment name. It is
// no error that there is none in its default place: the realm's KDCs may be
// in DNS.
func loadConf(cfg Config) (*config.Config, error) {
	r := confReader{sections: map[string][]string{}}
	field := "Krb5Conf"
	var err error
	switch env := os.Getenv("KRB5_CONFIG"); {
	case cfg.Krb5ConfText != "":
		field = "Krb5ConfText"
		err = r.read(cfg.Krb5ConfText, 0)
	case cfg.Krb5Conf != "":
		err = r.file(cfg.Krb5Conf, 0)
	case env != "":
		err = r.list(filepath.SplitList(env))
	default:
		if err = r.file(defaultConf, 0); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		var c *config.Config
		if c, err = parseConf(r.text()); err == nil {
			return c, nil
		}
	}
	return nil, &ConfigError{field, err}
}

// parseConf lets gokrb5 read the text.
func parseConf(text string) (c *config.Config, err error) {
	defer func() {
		if p := recover(); p != nil {
			c, err = nil, errors.New("malformed")
		}
	}()
	c, err = config.NewFromString(text)
	var unsupported config.UnsupportedDirective
	if err != nil && !errors.As(err, &unsupported) {
		return nil, err
	}
	if c == nil {
		return nil, err
	}
	return c, nil
}

// confReader reads krb5.conf. gokrb5 knows no include directives, keeps the
// last one of several sections of a name, and fails at nested relations: what
// it gets has each section once, and none of what it does not read. See
// https://web.mit.edu/kerberos/krb5-latest/doc/admin/conf_files/krb5_conf.html.
type confReader struct {
	section  string
	sections map[string][]string // lines by section
	depth    int                 // of braces
}

// maxInclude bounds files that include others.
const maxInclude = 8

// list reads the files that are there.
func (r *confReader) list(paths []string) error {
	found := false
	for _, path := range paths {
		switch err := r.file(path, 0); {
		case err == nil:
			found = true
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	if !found {
		return fmt.Errorf("none of the files that KRB5_CONFIG names is there: %s", strings.Join(paths, ", "))
	}
	return nil
}

func (r *confReader) file(path string, level int) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	r.section, r.depth = "", 0 // each file begins anew
	if err := r.read(string(data), level); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

var (
	sectionLine = regexp.MustCompile(`^\[\s*([\w]+)\s*\]\*?$`)
	dirFile     = regexp.MustCompile(`^[\w-]+$|^[^.].*\.conf$`)
)

func (r *confReader) read(text string, level int) error {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		directive, path, _ := strings.Cut(line, " ")
		switch path = strings.TrimSpace(path); {
		case directive == "include" || directive == "includedir":
			if err := r.include(directive, path, level); err != nil {
				return err
			}
		case directive == "module":
		case sectionLine.MatchString(line):
			if r.depth != 0 {
				return fmt.Errorf("a brace is open where section %s begins", line)
			}
			r.section = sectionLine.FindStringSubmatch(line)[1]
		default:
			r.relation(line)
			if r.depth < 0 {
				return fmt.Errorf("a brace closes that none has opened: %s", line)
			}
		}
	}
	if r.depth != 0 {
		return errors.New("a brace is open at the end")
	}
	return nil
}

// relation keeps a line of a section that counts. What is nested deeper than
// the relations of a realm does not.
func (r *confReader) relation(line string) {
	before := r.depth
	r.depth += strings.Count(line, "{") - strings.Count(line, "}")
	switch r.section {
	case "libdefaults", "domain_realm":
		if before == 0 && r.depth == 0 && strings.Contains(line, "=") {
			r.sections[r.section] = append(r.sections[r.section], line)
		}
	case "realms":
		if max(before, r.depth) <= 1 {
			r.sections[r.section] = append(r.sections[r.section], line)
		}
	}
}

func (r *confReader) include(directive, path string, level int) error {
	if level == maxInclude {
		return fmt.Errorf("files include each other %d deep", level)
	}
	paths := []string{path}
	if directive == "includedir" {
		entries, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		paths = nil
		for _, e := range entries { // sorted
			if !e.IsDir() && dirFile.MatchString(e.Name()) {
				paths = append(paths, filepath.Join(path, e.Name()))
			}
		}
	}
	section, depth := r.section, r.depth
	for _, p := range paths {
		if err := r.file(p, level+1); err != nil {
			return err
		}
	}
	r.section, r.depth = section, depth
	return nil
}

// text returns what was read for gokrb5. Unless a line says otherwise, KDCs are
// looked up in DNS, as MIT's library does, and asked by TCP, which they all
// speak (RFC 4120, section 7.2.2): what is lost by UDP costs 5 s.
func (r *confReader) text() string {
	var b strings.Builder
	b.WriteString("[libdefaults]\ndns_lookup_kdc = true\nudp_preference_limit = 1\n")
	for _, section := range []string{"libdefaults", "realms", "domain_realm"} {
		if section != "libdefaults" {
			b.WriteString("[" + section + "]\n")
		}
		for _, line := range r.sections[section] {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
