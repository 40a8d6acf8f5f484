package ntlm_test

import (
	"fmt"

	"github.com/seed-1937cc67/goews/auth/ntlm"
	"github.com/seed-1937cc67/goews/ews"
)

func ExampleNew() {
	c, err := ews.New(ews.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     ntlm.New(`EXAMPLE\ann`, "secret"),
	})
	fmt.Println(c, err)
	// Output: ews.Client https://mail.example.com/EWS/Exchange.asmx <nil>
}

func ExampleConfig() {
	m, err := ntlm.Config{
		User: "ann", Domain: "EXAMPLE",
		Hash: "a4f49c406510bdcab6824ee7c30fd852", // of the password
	}.Method()
	fmt.Println(m, err)
	// Output: NTLM EXAMPLE\ann <nil>
}
