package kerberos_test

import (
	"fmt"
	"net/http"

	"github.com/seed-1937cc67/goews/auth/kerberos"
)

// A program that has a keytab would set Keytab in place of User and Password,
// and one that a user runs after kinit nothing at all.
func ExampleNew() {
	m, err := kerberos.New(kerberos.Config{
		User: "ann", Password: "secret",
		// In life krb5.conf of the machine says so.
		Krb5ConfText: "[libdefaults]\ndefault_realm = EXAMPLE.COM\n",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: m.Wrap(http.DefaultTransport)} // or Auth of ews.Config and orm.Config
	fmt.Println(m, client.Transport != nil)
	// Output: Kerberos ann@EXAMPLE.COM true
}
