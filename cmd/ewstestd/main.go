// Command ewstestd serves an EWS server in memory on a port, for clients that
// run in another process.
//
//	ewstestd -addr 127.0.0.1:8443 -ca-out ca.pem -account 'alice@example.com:secret:Alice'
//
// Package ewstest says what the server does. It ends on an interrupt.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/witness"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until ctx ends, and returns the exit status: 0 if all was well, 1
// if the server failed, 2 if the command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := serve(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "ewstestd:", err)
		return 1
	}
	return 0
}

// options are what the command line says.
type options struct {
	addr              string
	cert, key, caFile string
	plain             bool
	seed              int
	log               bool
	config            ewstest.Config
}

// parse reads the command line. What is wrong with it is written to stderr.
func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("ewstestd", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: ewstestd [flags]\n\nServes Exchange Web Services, over TLS unless told otherwise, from mailboxes in memory, below "+ewstest.EndpointPath+".\n"+
			"Without -account there are alice@example.com and bob@example.com, with password "+ewstest.Password+".\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8443", "`address` to listen on; port 0 takes a free one, which is printed")
	flags.StringVar(&o.cert, "cert", "", "PEM `file` with the certificate; without it one is made for localhost")
	flags.StringVar(&o.key, "key", "", "PEM `file` with the key of -cert")
	flags.BoolVar(&o.plain, "plain", false, "speak plain HTTP, for a front end on the same machine; -addr has to be a loopback address")
	userHeader := flags.String("user-header", "", "`name` of a header that says who the user is, as in X-Remote-User, instead of passwords: for a front end, on a loopback address")
	flags.StringVar(&o.caFile, "ca-out", "", "`file` to write the certificate that clients are to trust into, as PEM")
	version := flags.String("version", string(types.ExchangeVersionV20170711), "schema `version` of the server, as in Exchange2013_SP1")
	flags.StringVar(&o.config.Language, "lang", "en-US", "`language` of the folders' names: "+strings.Join(ewstest.Languages(), ", "))
	flags.IntVar(&o.config.MaxFind, "max-find", 0, "how many items or folders one search returns at most; 0 for 1000")
	flags.IntVar(&o.seed, "seed", 0, "how many messages to put into each inbox, and a tenth of that into calendar, contacts and tasks")
	flags.BoolVar(&o.log, "log", false, "write one line a request to standard error")
	var accounts, impersonators, access []string
	list := func(into *[]string) func(string) error {
		return func(s string) error { *into = append(*into, s); return nil }
	}
	flags.Func("account", "`address:password[:Display Name]` of a user with a mailbox; may be repeated", list(&accounts))
	flags.Func("impersonator", "`address` of an account that may impersonate all others; may be repeated", list(&impersonators))
	flags.Func("full-access", "`user=mailbox`: the user may open the mailbox with all rights; may be repeated", list(&access))
	var aliases, redirects []string
	flags.Func("alias", "`alias=address`: another address of an account, which autodiscover answers with its own; may be repeated", list(&aliases))
	flags.Func("redirect", "`from=to`: autodiscover sends who asks for the address or domain to another address or URL; may be repeated", list(&redirects))
	flags.StringVar(&o.config.Autodiscover.ExternalURL, "external-url", "", "`URL` of EWS that autodiscover gives to clients outside; without it the host that was asked")
	flags.StringVar(&o.config.Autodiscover.InternalURL, "internal-url", "", "`URL` of EWS that autodiscover gives to clients inside; without it the host that was asked")
	without := flags.String("no-autodiscover", "", "`protocols` of autodiscover that the server lacks, of soap, pox and json, with commas between them")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	o.config.Version = types.ExchangeVersion(*version)
	err := errors.Join(
		o.setAccounts(accounts),
		o.setImpersonators(impersonators),
		o.setAccess(access),
		o.setAliases(aliases),
		o.setRedirects(redirects),
		o.setWithout(*without),
	)
	if *userHeader != "" {
		o.config.Authenticate = ewstest.UserHeader(*userHeader, o.config.Accounts)
	}
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case (o.cert == "") != (o.key == ""):
		err = errors.New("-cert and -key go together")
	case o.cert != "" && o.caFile != "":
		err = errors.New("-ca-out goes with the certificate that ewstestd makes, not with -cert")
	case o.plain && (o.cert != "" || o.caFile != ""):
		err = errors.New("-plain goes with no certificate")
	case (o.plain || *userHeader != "") && !loopback(o.addr):
		err = fmt.Errorf("-plain and -user-header trust whoever comes: -addr has to be a loopback address such as 127.0.0.1:8080, not %s", o.addr)
	case o.seed < 0 || o.seed > maxSeed:
		err = fmt.Errorf("-seed is %d, not between 0 and %d", o.seed, maxSeed)
	case o.config.MaxFind < 0:
		err = fmt.Errorf("-max-find is %d, less than 0", o.config.MaxFind)
	}
	if err != nil {
		fmt.Fprintln(stderr, "ewstestd:", err)
		return nil, err
	}
	return o, nil
}

// loopback reports whether only this machine reaches the address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// maxSeed bounds -seed: all that is in the mailboxes is in memory.
const maxSeed = 1_000_000

// setAccounts reads the flags -account.
func (o *options) setAccounts(texts []string) error {
	if len(texts) == 0 {
		o.config.Accounts = ewstest.DefaultAccounts()
	}
	for _, text := range texts {
		address, rest, ok := strings.Cut(text, ":")
		password, name, _ := strings.Cut(rest, ":")
		if !ok || !strings.Contains(address, "@") || password == "" {
			// Without the text, for a password may be in it.
			return errors.New("an -account is not address:password or address:password:Display Name")
		}
		o.config.Accounts = append(o.config.Accounts, ewstest.Account{Address: address, Password: password, Name: name})
	}
	return nil
}

func (o *options) setImpersonators(texts []string) error {
	for _, text := range texts {
		a := o.account(text)
		if a == nil {
			return fmt.Errorf("-impersonator %s is no account", text)
		}
		a.Impersonates = true
	}
	return nil
}

func (o *options) setAccess(texts []string) error {
	for _, text := range texts {
		user, mailbox, ok := strings.Cut(text, "=")
		switch a := o.account(user); {
		case !ok:
			return fmt.Errorf("-full-access %s is not user=mailbox", text)
		case a == nil:
			return fmt.Errorf("-full-access %s: %s is no account", text, user)
		case o.account(mailbox) == nil:
			return fmt.Errorf("-full-access %s: %s is no account", text, mailbox)
		default:
			a.FullAccess = append(a.FullAccess, mailbox)
		}
	}
	return nil
}

func (o *options) account(address string) *ewstest.Account {
	for i := range o.config.Accounts {
		if strings.EqualFold(o.config.Accounts[i].Address, address) {
			return &o.config.Accounts[i]
		}
	}
	return nil
}

// serve serves until ctx ends; then calls under way have a second to end.
func serve(ctx context.Context, o *options, stdout, stderr io.Writer) error {
	if o.log {
		o.config.Logger = slog.New(slog.NewTextHandler(stderr, nil))
	}
	srv, err := ewstest.NewServer(o.config)
	if err != nil {
		return err
	}
	srv.Seed(o.seed)
	var cert tls.Certificate
	if !o.plain {
		if cert, err = certificate(o); err != nil {
			return err
		}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return err
	}
	// What is answered can be kept for a judge: see Witnesses in docs/architecture.md.
	handler := witness.FromEnv().Handler(srv, func(err error) { fmt.Fprintln(stderr, "ewstestd:", err) })
	hs := &http.Server{
		Handler:           handler,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          slog.NewLogLogger(slog.NewTextHandler(stderr, nil), slog.LevelWarn),
		// Exchange speaks HTTP/1.1.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	ended := make(chan error, 1)
	scheme := "https"
	if o.plain {
		scheme = "http"
		go func() { ended <- hs.Serve(l) }()
	} else {
		go func() { ended <- hs.ServeTLS(l, "", "") }()
	}
	fmt.Fprintf(stdout, "ewstestd: listening on %s://%s%s\n", scheme, l.Addr(), ewstest.EndpointPath)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := hs.Shutdown(wait); err != nil {
		// Streams and slow clients are cut off.
		return hs.Close()
	}
	return nil
}
