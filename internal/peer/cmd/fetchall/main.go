// Command fetchall reads all messages of an inbox through package orm, and
// prints how many there were, how long it took, and the most memory that the
// process ever had: one half of a paired measurement, the other being
// internal/peer/py/fetchall.py.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

// Result is what is printed.
type Result struct {
	Items   int     `json:"items"`
	Seconds float64 `json:"seconds"`
	PeakKiB int     `json:"peak_kib"` // resident
	Runes   int     `json:"runes"`    // of subjects and bodies, so that they are used
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := run(ctx)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fetchall:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (*Result, error) {
	endpoint := flag.String("endpoint", "", "URL of Exchange.asmx")
	ca := flag.String("ca", "", "PEM file with the certificate to trust")
	user := flag.String("user", "", "address of the mailbox, and user name")
	password := flag.String("password", "", "password")
	keep := flag.Bool("keep", false, "keep all items in memory to the end")
	mode := flag.String("mode", "full", "full: all properties of each item; only: subject, sender and time")
	flag.Parse()
	pem, err := os.ReadFile(*ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + *ca)
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 8}
	acct, err := orm.Open(ctx, *user, orm.Config{
		Endpoint: *endpoint, Auth: auth.Basic(*user, auth.Secret(*password)), HTTPClient: &http.Client{Transport: tr},
	})
	if err != nil {
		return nil, err
	}
	q := acct.Inbox().Messages()
	switch *mode {
	case "full":
	case "only":
		q = q.Only(field.Message.Subject, field.Message.Sender, field.Message.DateTimeReceived)
	default:
		return nil, fmt.Errorf("unknown mode %q", *mode)
	}
	r := &Result{}
	var kept []*orm.Message
	start := time.Now()
	for m, err := range q.All(ctx) {
		if err != nil {
			return nil, err
		}
		r.Items++
		r.Runes += utf8.RuneCountInString(m.Subject) + utf8.RuneCountInString(m.Body.Value)
		if *keep {
			kept = append(kept, m)
		}
	}
	r.Seconds = time.Since(start).Seconds()
	r.PeakKiB, err = peak()
	runtime.KeepAlive(kept)
	return r, err
}

// peak returns the most resident memory that the process ever had, in KiB.
func peak() (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		var n int
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &n); err == nil {
			return n, nil
		}
	}
	return 0, errors.New("no VmHWM in /proc/self/status")
}
