package ewstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// wednesday is when the tests of dates happen.
var wednesday = time.Date(2026, 3, 11, 15, 0, 0, 0, time.UTC)

// library are items for query strings, by the name in their first category.
func library() []types.Item {
	ann := types.EmailAddress{Name: "Ann Lee", EmailAddress: "ann@example.com"}
	bob := types.EmailAddress{Name: "Bob Stone", EmailAddress: "bob@hotmail.example"}
	day := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, time.UTC) }
	return []types.Item{
		filled(&types.Message{Categories: []string{"plan", "Big Project"}, ItemClass: "IPM.Note", Subject: "Project plan", From: ann, ToRecipients: []types.EmailAddress{bob},
			Body: types.Body{BodyType: "Text", Value: "The sales figures for you"}, DateTimeReceived: day(2026, 3, 11, 9), DateTimeSent: day(2026, 3, 10, 23), Size: 5000, Importance: "High",
			IsRead: true}),
		filled(&types.Message{Categories: []string{"december"}, ItemClass: "IPM.Note", Subject: "December sales projections", From: bob, ToRecipients: []types.EmailAddress{ann},
			CcRecipients: []types.EmailAddress{{Name: "Carl"}}, BccRecipients: []types.EmailAddress{{Name: "Dora"}},
			DateTimeReceived: day(2026, 3, 10, 9), Size: 12000, Importance: "Normal", HasAttachments: true, Flag: types.Flag{FlagStatus: "Flagged"}}),
		filled(&types.Message{Categories: []string{"win"}, ItemClass: "IPM.Note", Subject: "windows production line", From: bob, DateTimeReceived: day(2026, 3, 2, 9), Size: 2 << 20,
			Body: types.Body{BodyType: "Text", Value: "A product of win95"}}),
		filled(&types.Message{Categories: []string{"call"}, ItemClass: "IPM.Note.Microsoft.Voicemail.UM", Subject: "Voice mail", DateTimeReceived: day(2025, 12, 24, 9), Size: 1}),
		filled(&types.CalendarItem{Categories: []string{"meeting"}, ItemClass: "IPM.Appointment", Subject: "Planning", Location: "Room plan", Organizer: ann,
			RequiredAttendees: []types.Attendee{{Mailbox: bob}}, DateTimeReceived: day(2024, 2, 29, 9)}),
		filled(&types.Contact{Categories: []string{"contact"}, ItemClass: "IPM.Contact", Subject: "Zoë", DisplayName: "Zoë Project", EmailAddresses: []types.EmailAddressDictionaryEntry{{Key: "EmailAddress1", Value: "zoe@example.com"}}}),
	}
}

func TestQueryString(t *testing.T) {
	c := newClient(t, Config{Clock: func() time.Time { return wednesday }})
	stored := c.put("inbox", library()...)
	stored[1].attached = []*attachment{
		{data: &types.FileAttachment{Name: "quarterly report.txt", ContentType: "text/plain", Content: []byte("bananas and pears")}},
		{data: &types.ItemAttachment{Name: "an old mail"}},
	}
	for query, want := range map[string]string{
		"subject:project":                     "plan december",
		"Subject:PROJECT":                     "plan december",
		`subject:"project"`:                   "plan",
		"subject:plan project":                "plan",
		"subject:project Plan":                "plan",
		`subject:"project plan"`:              "plan",
		`subject:"plan project"`:              "",
		`"win product"*`:                      "win",
		`"win product"`:                       "",
		"subject:(project plan)":              "plan",
		"subject:(project OR windows)":        "plan december win",
		"subject:(project -sales)":            "plan",
		"subject:(NOT project)":               "win call meeting contact",
		"subject:NOT project":                 "win call meeting contact",
		"body:sales figures":                  "plan",
		"content:win95":                       "win",
		"body:figures subject:plan":           "plan",
		"body:figures subject:december":       "",
		"body:figures OR subject:december":    "plan december",
		"body:figures AND NOT subject:plan":   "",
		"project":                             "plan december contact",
		"project plan":                        "plan",
		"plan":                                "plan meeting",
		"project or plan":                     "",
		"project OR plan":                     "plan december meeting contact",
		"project +plan":                       "plan",
		"project -plan":                       "december contact",
		"project - plan":                      "december contact",
		"NOT project":                         "win call meeting",
		"NOT NOT project":                     "plan december contact",
		"from:ann":                            "plan meeting",
		`from:"Ann Lee"`:                      "plan meeting",
		`from:"@hotmail.example"`:             "december win",
		"from:ann@example.com":                "plan meeting",
		`from:"Ann Lee" OR "room plan"`:       "plan meeting",
		`from:("Ann Lee" OR "Bob Stone")`:     "plan december win meeting",
		"to:bob":                              "plan meeting",
		"to:stone":                            "plan meeting",
		"cc:carl":                             "december",
		"bcc:do":                              "december",
		"participants:dora":                   "december",
		"participants:ann":                    "plan december meeting",
		"category:project":                    "plan",
		`category:"big project"`:              "plan",
		"attachment:report":                   "december",
		"attachment:banana":                   "december",
		"attachment:old":                      "december",
		"pears":                               "december",
		"hasattachment:true":                  "december",
		"hasattachments:yes":                  "december",
		"has attachment:TRUE":                 "december",
		"has:attachment":                      "december",
		"has:attachment:true subject:project": "december",
		"has:wings":                           "",
		"isread:true":                         "plan",
		"read:1":                              "plan",
		"isread:perhaps":                      "",
		"isflagged:true":                      "december",
		"isflagged:false from:bob":            "win",
		"importance:HIGH":                     "plan",
		"importance:normal":                   "december",
		"size:5000":                           "plan",
		"size:>5000":                          "december win",
		"size:>=5000":                         "plan december win",
		"size:<5000":                          "call",
		"size:<=5000":                         "plan call",
		"size:<>5000":                         "december win call",
		"size:7000..13000":                    "december",
		"size:..5000":                         "plan call",
		"size:12000..":                        "december win",
		"size:>1MB":                           "win",
		"size:2mb":                            "win",
		"size:big":                            "",
		"size:>":                              "",
		"kind:email":                          "plan december win",
		"kind:meetings":                       "meeting",
		"kind:contacts":                       "contact",
		"kind:contact":                        "contact",
		"kind:voicemail":                      "call",
		"kind:tasks":                          "",
		"kind:(contacts OR meetings)":         "meeting contact",
		"kind:nonsense":                       "",
		"received:today":                      "plan",
		"received:yesterday":                  "december",
		"received:NOT today":                  "december win call meeting contact",
		"received:tomorrow":                   "",
		"received:Tuesday":                    "december",
		"received:this week":                  "plan december",
		"received:last week":                  "win",
		"received:past week":                  "plan december",
		"received:this month":                 "plan december win",
		"received:last month":                 "",
		"received:past month":                 "plan december win",
		"received:this year":                  "plan december win",
		"received:last year":                  "call",
		"received:coming year":                "",
		"received:March":                      "plan december win",
		"received:December 2025":              "call",
		"received:December 24, 2025":          "call",
		"received:March 10":                   "december",
		"received:10 march":                   "december",
		"received:12/24/2025":                 "call",
		"received:3/10":                       "december",
		"received:3/10/26":                    "december",
		"received:2025-12-24":                 "call",
		"received:2/29/2024":                  "meeting",
		"received:2/29/2025":                  "",
		"received:2024":                       "meeting",
		"received:>3/10/2026":                 "plan",
		"received:>=yesterday":                "plan december",
		"received:<2026-03-10":                "win call meeting",
		"received:<=2026-03-10":               "december win call meeting",
		"received:<>today from:bob":           "december win",
		"received:12/1/2025..today":           "plan december win call",
		"received:12/1/2025..yesterday":       "december win call",
		"received:last year .. last week":     "win call",
		"received:2026-03-10..":               "plan december",
		"received:..2025-12-31":               "call meeting",
		"received:2026-03-10T09:00:00Z":       "december",
		`received:"last week"`:                "win",
		"received:(today OR yesterday)":       "plan december",
		"received:today project":              "plan",
		"received:someday":                    "",
		"sent:yesterday":                      "plan",
		"sent:today":                          "",
		"zoë":                                 "contact",
		"zoe@example":                         "contact",
		"subject:*":                           "plan december win call meeting contact",
		"proj*":                               "plan december contact",
		"unknown:project":                     "",
		"":                                    "plan december win call meeting contact",
		"   ":                                 "plan december win call meeting contact",
		"!!!":                                 "plan december win call meeting contact",
		"(":                                   "plan december win call meeting contact",
		"()":                                  "plan december win call meeting contact",
		")project(":                           "plan december contact",
		"((project":                           "plan december contact",
		`"project`:                            "plan contact",
		"project AND":                         "plan december contact",
		"OR project":                          "plan december contact",
		"AND OR NOT":                          "plan december win call meeting contact",
		"subject:":                            "plan december win call meeting contact",
		"subject: project":                    "plan december",
		"project) plan":                       "plan",
		"NOT (project OR planning)":           "win call",
		strings.Repeat("(", 100) + "project":  "plan december win call meeting contact",
	} {
		t.Run(query, func(t *testing.T) {
			c.t = t
			m := c.find(&messages.FindItemRequest{QueryString: messages.QueryString{Value: query}, SortOrder: []types.FieldOrder{field.Item.DateTimeCreated.Asc().FieldOrder()},
				ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly, AdditionalProperties: []types.Path{field.Item.Categories.Property()}}})
			var got []string
			for _, i := range m.RootFolder.Items {
				got = append(got, valueAt[[]string](i.(types.Properties), "item:Categories")[0])
			}
			if m.ResponseCode != messages.NoError || strings.Join(got, " ") != want {
				t.Errorf("%s: %q, want %q", m.ResponseCode, strings.Join(got, " "), want)
			}
		})
	}
}

// TestQueryStringZone has the days of a query string begin where the user is.
func TestQueryStringZone(t *testing.T) {
	tokyo := time.FixedZone("", 9*60*60)
	ctx := queryContext{now: wednesday.In(tokyo)} // the 12th
	for _, test := range []struct{ in, from, to string }{
		{"today", "2026-03-12T00:00:00+09:00", "2026-03-13T00:00:00+09:00"},
		{"thursday", "2026-03-12T00:00:00+09:00", "2026-03-13T00:00:00+09:00"},
		{"this week", "2026-03-08T00:00:00+09:00", "2026-03-15T00:00:00+09:00"},
		{"past month", "2026-02-12T00:00:00+09:00", "2026-03-12T00:00:00+09:00"},
		{"next month", "2026-04-01T00:00:00+09:00", "2026-05-01T00:00:00+09:00"},
		{"coming year", "2026-03-12T00:00:00+09:00", "2027-03-12T00:00:00+09:00"},
		{"1/2/2026", "2026-01-02T00:00:00+09:00", "2026-01-03T00:00:00+09:00"},
		{"31/12/2026", "2026-12-31T00:00:00+09:00", "2027-01-01T00:00:00+09:00"},
	} {
		got, ok := ctx.span(test.in)
		if !ok || got.from.Format(time.RFC3339) != test.from || got.to.Format(time.RFC3339) != test.to {
			t.Errorf("%s: %v to %v, %v", test.in, got.from, got.to, ok)
		}
	}
	ctx.dayFirst = true
	if got, ok := ctx.span("1/2/2026"); !ok || got.from.Format(time.DateOnly) != "2026-02-01" {
		t.Errorf("with the day first: %v, %v", got.from, ok)
	}
}

func TestQueryStringRequest(t *testing.T) {
	c := newClient(t, Config{MaxQuery: 3})
	for i := range 5 {
		c.put("inbox", filled(&types.Message{Subject: fmt.Sprintf("word %d", i)}))
	}
	m := c.find(&messages.FindItemRequest{QueryString: messages.QueryString{Value: `subject:wor "phrase" OR word NOT other`, ReturnHighlightTerms: true}})
	if got := said(m); got != "word 4 word 3 word 2 of 3, last true" {
		t.Error(got)
	}
	want := []types.HighlightTerm{{Scope: "subject", Value: "wor"}, {Scope: "any", Value: "phrase"}, {Scope: "any", Value: "word"}}
	if diff := cmp.Diff(want, m.HighlightTerms); diff != "" {
		t.Error(diff)
	}
	if m := c.find(&messages.FindItemRequest{QueryString: messages.QueryString{Value: "word"}}); len(m.HighlightTerms) > 0 {
		t.Errorf("terms that nobody asked for: %v", m.HighlightTerms)
	}
	m = c.find(&messages.FindItemRequest{QueryString: messages.QueryString{Value: "word"}, Restriction: eq(uri("item:Subject"), "x")})
	if m.ResponseCode != messages.ErrorInvalidOperation {
		t.Errorf("with a restriction: %s", m.ResponseCode)
	}
}

// FuzzQueryString: every query string means something, and a query in
// parentheses means the same.
func FuzzQueryString(f *testing.F) {
	for _, s := range []string{
		`subject:(a OR "b c"*) -received:last week`, "NOT NOT subject:NOT (", "has attachment:true size:>1kb", `""""::((`, "received:1/1/1..", "to:",
		strings.Repeat("subject:NOT ", 200), strings.Repeat("(", 200) + strings.Repeat(")", 200), "kind:email AND OR + - )", "\xff\x00:é*",
	} {
		f.Add(s)
	}
	s, err := NewServer(Config{})
	if err != nil {
		f.Fatal(err)
	}
	k := &call{srv: s, store: s.store, user: s.store.boxes[0]}
	var items []*item
	for _, data := range library() {
		items = append(items, &item{folder: k.user.distinguished["inbox"], data: data})
	}
	ctx := queryContext{now: wednesday}
	result := func(q string) []bool {
		var met []bool
		meets := parseQuery(q, ctx).meets
		for _, i := range items {
			met = append(met, meets == nil || meets((&row{c: k, loc: time.UTC}).at(i)))
		}
		return met
	}
	f.Fuzz(func(t *testing.T, q string) {
		plain := result(q)
		if strings.ContainsAny(q, `()"`) || len(q) > maxQueryDepth-2 {
			// Parentheses that do not match, or a query too deep.
			return
		}
		if !slices.Equal(plain, result("("+q+")")) {
			t.Errorf("%q is something else in parentheses", q)
		}
	})
}
