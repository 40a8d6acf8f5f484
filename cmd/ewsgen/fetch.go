package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// published are the files that a server hands out below /EWS/, by the names
// that they have in a schema set. Servers that tell upper case from lower, too,
// have them so.
var published = []struct{ name, path string }{
	{"types.xsd", "types.xsd"},
	{"messages.xsd", "messages.xsd"},
	{wsdl.FileName, "Services.wsdl"},
}

const (
	fetchTimeout = time.Minute // of all requests together
	maxSchema    = 32 << 20    // bytes of one file
)

// fetch gets a server's own schema set.
func fetch(args []string, stdout, stderr io.Writer) int {
	fl := flag.NewFlagSet("ewsgen fetch", flag.ContinueOnError)
	fl.SetOutput(stderr)
	out := fl.String("o", "server-schemas", "folder to write types.xsd, messages.xsd and services.wsdl into")
	user := fl.String("user", "", `user name, as in "DOMAIN\name" or "name@example.com"; the password is read from the environment variable EWS_PASSWORD`)
	bearer := fl.Bool("bearer", false, "send the token in the environment variable EWS_TOKEN")
	plain := fl.Bool("plain", false, "send the secret even over plain HTTP")
	fl.Usage = func() {
		fmt.Fprint(stderr, "usage: ewsgen fetch [flags] URL\n\nURL is the server's, as in https://mail.example.com or https://mail.example.com/EWS/Exchange.asmx.\n")
		fl.PrintDefaults()
	}
	if code, ok := parse(fl, args, "URL"); !ok {
		return code
	}
	base, err := schemaURL(fl.Arg(0))
	if err != nil {
		fmt.Fprintln(stderr, "ewsgen fetch:", err)
		return 2
	}
	var method auth.Method
	switch {
	case *bearer && *user != "":
		fmt.Fprintln(stderr, "ewsgen fetch: -user and -bearer exclude each other")
		return 2
	case *bearer:
		method = auth.Bearer(auth.Secret(os.Getenv("EWS_TOKEN")))
	case *user != "":
		method = auth.Basic(*user, auth.Secret(os.Getenv("EWS_PASSWORD")))
	}
	transport := http.RoundTripper(http.DefaultTransport)
	if method != nil {
		if *plain {
			method = auth.AllowPlainHTTP(method)
		}
		transport = method.Wrap(transport)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	files, about, err := download(ctx, &http.Client{Transport: transport, CheckRedirect: sameHost}, base)
	if err == nil {
		err = save(*out, files)
	}
	if err != nil {
		fmt.Fprintln(stderr, "ewsgen fetch:", err)
		return 1
	}
	fmt.Fprintf(stdout, "%s: %s\nNext: make generate SCHEMAS=%s\n", *out, about, *out)
	return 0
}

// schemaURL returns the folder of the schema files: /EWS/ of the server, or the
// folder that the address has a file of.
func schemaURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("%q is no address of a server; it looks like https://mail.example.com", address)
	}
	if u.User != nil {
		return nil, errors.New("a password in the address would end up in logs: give -user, and EWS_PASSWORD")
	}
	u.RawQuery, u.Fragment = "", ""
	if i := strings.LastIndexByte(u.Path, '/'); i > 0 {
		u.Path = u.Path[:i+1]
	} else {
		u.Path = "/EWS/"
	}
	return u, nil
}

// sameHost keeps redirects, and with them the secret, on the server.
func sameHost(req *http.Request, via []*http.Request) error {
	if req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		return fmt.Errorf("the server redirects to %s://%s: if that is right, fetch from there", req.URL.Scheme, req.URL.Host)
	}
	if len(via) > 5 {
		return errors.New("too many redirects")
	}
	return nil
}

// download gets the files, checks that they are a schema set, and says what is
// in them. A server may lack the WSDL.
func download(ctx context.Context, c *http.Client, base *url.URL) (files map[string][]byte, about string, err error) {
	files = map[string][]byte{}
	set := fstest.MapFS{}
	for _, p := range published {
		data, err := get(ctx, c, base.JoinPath(p.path).String())
		if p.name == wsdl.FileName && errors.Is(err, errNotThere) {
			about = ", no WSDL"
			continue
		}
		if err != nil {
			return nil, "", err
		}
		files[p.name] = data
		set[p.name] = &fstest.MapFile{Data: data}
	}
	s, err := xsd.Read(set, "types.xsd", "messages.xsd")
	if err != nil {
		return nil, "", err
	}
	ops, err := wsdl.Read(set, s)
	if err != nil {
		return nil, "", err
	}
	version := s.Version
	if version == "" {
		version = "version not stated"
	}
	return files, fmt.Sprintf("%s, %d operations%s", version, len(ops), about), nil
}

var errNotThere = errors.New("the server has no such file")

func get(ctx context.Context, c *http.Client, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxSchema+1))
	switch {
	case res.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("%s: %w", address, errNotThere)
	case res.StatusCode == http.StatusUnauthorized:
		var takes []string
		for _, c := range auth.Challenges(res.Header) {
			takes = append(takes, c.Scheme)
		}
		return nil, fmt.Errorf("%s: the server wants to know who asks, or refuses who does: give -user or -bearer (it takes: %s)", address, strings.Join(takes, ", "))
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: status %s", address, res.Status)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", address, err)
	case len(data) > maxSchema:
		return nil, fmt.Errorf("%s: over %d MiB: that is no schema", address, maxSchema>>20)
	}
	if root := rootOf(data); root != "schema" && root != "definitions" {
		return nil, fmt.Errorf("%s: the answer is no schema but %s: a page to log in, perhaps", address, cmpOr(root, "no XML"))
	}
	return data, nil
}

func cmpOr(s, other string) string {
	if s == "" {
		return other
	}
	return "<" + s + ">"
}

// rootOf returns the local name of the document's element, empty if data is no
// XML.
func rootOf(data []byte) string {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		tok, err := d.Token()
		if err != nil {
			return ""
		}
		if e, ok := tok.(xml.StartElement); ok {
			return e.Name.Local
		}
	}
}

// save writes the files, all of them or none if the folder can't be written.
func save(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, p := range published {
		if data, ok := files[p.name]; ok {
			if err := os.WriteFile(filepath.Join(dir, p.name), data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
