package ewstest_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// find sends a FindItem, as a program under test would.
func find(s *ewstest.Server) (status int) {
	r, err := http.NewRequest(http.MethodPost, s.URL, strings.NewReader(envelope("Exchange2016", "",
		`<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ParentFolderIds>`+
			`<t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>`)))
	if err != nil {
		return 0
	}
	r.SetBasicAuth(s.Address(0), ewstest.Password)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	res, err := s.HTTPClient().Do(r)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}

// A test fills a mailbox, lets a program work, and looks at what became of it.
func ExampleMailbox() {
	srv, err := ewstest.NewServer(ewstest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	alice := srv.Mailbox("alice@example.com")
	_, err = alice.Add("inbox/Invoices", &types.Message{Subject: "Invoice 17", IsRead: true}, &types.Message{Subject: "Invoice 18", IsRead: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := alice.Deliver("Carol <carol@example.org>", &types.Message{Subject: "Lunch?"}); err != nil {
		fmt.Println(err)
		return
	}
	for _, folder := range []string{"inbox", "inbox/Invoices"} {
		items, err := alice.Items(folder)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, item := range items {
			m := item.(*types.Message)
			fmt.Printf("%s: %s, read: %v\n", folder, m.Subject, m.IsRead)
		}
	}
	// Output:
	// inbox: Lunch?, read: false
	// inbox/Invoices: Invoice 17, read: true
	// inbox/Invoices: Invoice 18, read: true
}

// The server is busy twice, then works again.
func ExampleServer_Inject() {
	srv, err := ewstest.NewServer(ewstest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Start()
	defer srv.Close()
	busy := srv.Inject(ewstest.Fault{Op: "FindItem", Times: 2, Code: messages.ErrorServerBusy})
	for range 3 {
		fmt.Println(find(srv))
	}
	fmt.Println(busy.Hits(), "hits")
	for _, r := range srv.Requests() {
		fmt.Println(r.Op, r.Code, r.Fault)
	}
	// Output:
	// 500
	// 500
	// 200
	// 2 hits
	// FindItem ErrorServerBusy true
	// FindItem ErrorServerBusy true
	// FindItem NoError false
}
