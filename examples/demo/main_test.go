package main

import (
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
)

func TestTour(t *testing.T) {
	srv := ewstest.New(t)
	srv.Seed(40)
	var b strings.Builder
	if err := tour(t.Context(), srv, &printer{w: &b}); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	out := b.String()
	for _, want := range []string{
		"1. Open a mailbox\n",
		"| alice@example.com is open; the server is of build",
		"├── Inbox (40)",
		"| Invoice 2 High",
		`| orm: "datetime_recieved" is no field of a Message; did you mean "datetime_received"?`,
		`| orm: no folder "Inbx"; did you mean "Inbox"?`,
		"| 40 messages, 13 of high importance, any with attachments: false",
		"| 6 moved into ",
		`| "Minutes of Monday", importance High, draft: true`,
		"| Bob reads: Minutes of Monday, from Alice: We agreed.",
		"| Mon 09:00 Stand-up\n    | Tue 09:00 Stand-up\n    | Wed 09:00 Stand-up\n",
		"| Carol Smith has carol@example.org",
		"| 34 deleted; refused: ews: DeleteItem input 0: ErrorInvalidIdMalformed",
		"| 0 left",
		"| alice@example.com https://127.0.0.1:",
		"the server was busy 2 times",
		"| 1 answer was lost, 1 message was sent",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in the tour", want)
		}
	}
	if n := strings.Count(out, "return orm.Open("); n != 1 {
		t.Errorf("the code of step 1 is shown %d times", n)
	}
	if t.Failed() {
		t.Log(out)
	}
}
