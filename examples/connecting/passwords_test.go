package connecting

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/cert"
	"github.com/seed-1937cc67/goews/auth/kerberos"
	"github.com/seed-1937cc67/goews/auth/ntlm"
	"github.com/seed-1937cc67/goews/auth/password"
	"github.com/seed-1937cc67/goews/orm"
)

// works fails the test unless the account can be used.
func works(t *testing.T, acct *orm.Account, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := acct.Inbox().Messages().Count(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func strongest(ctx context.Context) (*orm.Account, error) {
	// code: password
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     password.New(`EXAMPLE\john`, secret),
	})
	// end
	return acct, err
}

func basic(ctx context.Context) (*orm.Account, error) {
	// code: basic
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Basic(`EXAMPLE\john`, secret),
	})
	// end
	return acct, err
}

func digest() auth.Method {
	// code: digest
	method := auth.Digest("john", secret)
	// end
	return method
}

func handshakes() auth.Method {
	// code: ntlm
	method := ntlm.New(`EXAMPLE\john`, secret)
	// end
	return method
}

func hash() (auth.Method, error) {
	// code: ntlm-hash
	method, err := ntlm.Config{User: "john", Domain: "EXAMPLE", Hash: "0cb6948805f797bf2a82807973b89537"}.Method()
	// end
	return method, err
}

func tickets() ([]auth.Method, error) {
	// code: kerberos-cache
	method, err := kerberos.New(kerberos.Config{}) // the tickets that kinit, or the login, has left
	// end
	if err != nil {
		return nil, err
	}

	// code: kerberos-keytab
	service, err := kerberos.New(kerberos.Config{User: "svc-mail@EXAMPLE.COM", Keytab: "/etc/goews/svc-mail.keytab"})
	// end
	if err != nil {
		return nil, err
	}

	// code: kerberos-password
	john, err := kerberos.New(kerberos.Config{User: "john@EXAMPLE.COM", Password: secret})
	// end
	return []auth.Method{method, service, john}, err
}

func certificates() (auth.Method, error) {
	// code: certificate
	method, err := cert.Files("john.pem", "john.key")
	// end
	return method, err
}

func certificateAndPassword(pem string) (*orm.Account, error) {
	ctx := context.Background()
	// code: certificate-and-password
	certificate, err := cert.Files(pem, "") // with its key in the same file
	if err != nil {
		return nil, err
	}
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Join(certificate, auth.Basic(`EXAMPLE\john`, secret)),
	})
	// end
	return acct, err
}

func probe(ctx context.Context) (*auth.Offer, error) {
	// code: probe
	offer, err := auth.Probe(ctx, nil, "https://mail.example.com/EWS/Exchange.asmx")
	if err != nil {
		return nil, err
	}
	for _, c := range offer.Challenges {
		fmt.Println(c.Scheme)
	}
	// end
	return offer, nil
}

func choose(ctx context.Context, tickets auth.Method) (*orm.Account, error) {
	// code: strongest
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Strongest(tickets, ntlm.New(`EXAMPLE\john`, secret), auth.Basic(`EXAMPLE\john`, secret)),
	})
	// end
	return acct, err
}

func change(ctx context.Context, newSecret auth.Secret) (*orm.Account, error) {
	// code: variable
	who := auth.NewVariable(auth.Basic(`EXAMPLE\john`, secret))
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     who,
	})
	// ... and when the password has changed:
	who.Set(auth.Basic(`EXAMPLE\john`, newSecret))
	// end
	return acct, err
}

func TestPasswords(t *testing.T) {
	for name, open := range map[string]func(context.Context) (*orm.Account, error){
		"strongest": strongest,
		"basic":     basic,
		"both":      func(context.Context) (*orm.Account, error) { return certificateAndPassword(pemFile) },
		"choose":    func(ctx context.Context) (*orm.Account, error) { return choose(ctx, auth.Digest("john", secret)) },
		"change":    func(ctx context.Context) (*orm.Account, error) { return change(ctx, secret) },
	} {
		t.Run(name, func(t *testing.T) {
			acct, err := open(t.Context())
			works(t, acct, err)
		})
	}
	offer, err := probe(t.Context())
	if err != nil || !offer.ModernAuth || len(offer.Challenges) != 2 {
		t.Errorf("the server offers %+v, error %v", offer, err)
	}
	if got := fmt.Sprint(digest(), " ", handshakes()); got != `Digest john NTLM EXAMPLE\john` {
		t.Errorf("methods %s", got)
	}
	if _, err := hash(); err != nil {
		t.Error(err)
	}
	if _, err := certificates(); err == nil {
		t.Error("no error for files that are not there")
	}
	t.Setenv("KRB5CCNAME", "/nowhere/cache")
	if _, err := tickets(); err == nil {
		t.Error("no error for a cache that is not there")
	}
}
