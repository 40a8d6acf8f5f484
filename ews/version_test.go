package ews_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

var versionSent = regexp.MustCompile(`RequestServerVersion Version="([^"]*)"`)

// server is a fake one of a build; it takes the versions up to most.
type versioned struct {
	build string // attributes of ServerVersionInfo
	least string
	most  string
	mute  bool // its faults have no ServerVersionInfo

	mu   sync.Mutex
	sent []string
}

func (v *versioned) serve(_ int, _ *http.Request, body string) (*http.Response, error) {
	sent := "none"
	if m := versionSent.FindStringSubmatch(body); m != nil {
		sent = m[1]
	}
	v.mu.Lock()
	v.sent = append(v.sent, sent)
	v.mu.Unlock()
	out := parts(part("NoError"))
	refused := sent > v.most
	if refused {
		out = fault("ErrorInvalidServerVersion")
	} else if sent < v.least {
		refused, out = true, fault("ErrorIncorrectSchemaVersion")
	}
	info := `<t:ServerVersionInfo MajorVersion="15" MinorVersion="0" MajorBuildNumber="1497" MinorBuildNumber="2"/>`
	with := `<t:ServerVersionInfo ` + v.build + `/>`
	if refused && v.mute {
		with = ""
	}
	return xmlAnswer(strings.Replace(out, info, with, 1)), nil
}

const (
	build2007 = `MajorVersion="8" MinorVersion="3" MajorBuildNumber="83" MinorBuildNumber="0"`
	build2010 = `MajorVersion="14" MinorVersion="3" MajorBuildNumber="123" MinorBuildNumber="2" Version="Exchange2010_SP2"`
	build2013 = `MajorVersion="15" MinorVersion="0" MajorBuildNumber="1497" MinorBuildNumber="2" Version="V2_23"`
	build2016 = `MajorVersion="15" MinorVersion="1" MajorBuildNumber="2507" MinorBuildNumber="6" Version="V2017_07_11"`
	online    = `MajorVersion="15" MinorVersion="20" MajorBuildNumber="9000" MinorBuildNumber="12" Version="V2018_01_08"`
	future    = `MajorVersion="16" MinorVersion="0" MajorBuildNumber="1" MinorBuildNumber="0" Version="V2031_01_01"`
)

// buildOf is a server's that names no version.
func buildOf(major, minor, build int) string {
	return fmt.Sprintf(`MajorVersion="%d" MinorVersion="%d" MajorBuildNumber="%d" MinorBuildNumber="0"`, major, minor, build)
}

func TestVersions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		server *versioned
		cfg    ews.Config
		want   string // versions sent by three calls
		err    bool   // of the first call
	}{
		{"2007", &versioned{build: build2007, most: "Exchange2007_SP1"}, ews.Config{}, "Exchange2007_SP1 Exchange2007_SP1 Exchange2007_SP1", false},
		{"2010", &versioned{build: build2010, most: "Exchange2010_SP2"}, ews.Config{}, "Exchange2007_SP1 Exchange2010_SP2 Exchange2010_SP2", false},
		{"2013", &versioned{build: build2013, most: "Exchange2013_SP1"}, ews.Config{}, "Exchange2007_SP1 Exchange2013_SP1 Exchange2013_SP1", false},
		{"2016", &versioned{build: build2016, most: "V2017_07_11"}, ews.Config{}, "Exchange2007_SP1 V2017_07_11 V2017_07_11", false},
		{"online", &versioned{build: online, most: "V2018_01_08"}, ews.Config{}, "Exchange2007_SP1 V2018_01_08 V2018_01_08", false},
		{"2007, the first", &versioned{build: buildOf(8, 0, 685), most: "Exchange2007"}, ews.Config{}, "Exchange2007_SP1 Exchange2007 Exchange2007 Exchange2007", false},
		{"2010, the first", &versioned{build: buildOf(14, 0, 722), most: "Exchange2010"}, ews.Config{}, "Exchange2007_SP1 Exchange2010 Exchange2010", false},
		{"2010 SP1", &versioned{build: buildOf(14, 1, 438), most: "Exchange2010_SP1"}, ews.Config{}, "Exchange2007_SP1 Exchange2010_SP1 Exchange2010_SP1", false},
		{"2013, the last before SP1", &versioned{build: buildOf(15, 0, 846), most: "Exchange2013"}, ews.Config{}, "Exchange2007_SP1 Exchange2013 Exchange2013", false},
		{"2013, the first of SP1", &versioned{build: buildOf(15, 0, 847), most: "Exchange2013_SP1"}, ews.Config{}, "Exchange2007_SP1 Exchange2013_SP1 Exchange2013_SP1", false},
		{"2019", &versioned{build: buildOf(15, 2, 221), most: "Exchange2016"}, ews.Config{}, "Exchange2007_SP1 Exchange2016 Exchange2016", false},
		{"newer than this package", &versioned{build: future, most: "Z"}, ews.Config{}, "Exchange2007_SP1 Exchange2016 Exchange2016", false},
		{"with a time zone", &versioned{build: build2016, most: "V2017_07_11"}, ews.Config{TimeZone: "UTC"}, "Exchange2010 V2017_07_11 V2017_07_11", false},
		{"with a time zone, 2007", &versioned{build: build2007, most: "Exchange2007_SP1"}, ews.Config{TimeZone: "UTC"}, "Exchange2010 Exchange2007_SP1 Exchange2007_SP1 Exchange2007_SP1", false},
		{"with a time zone, mute 2007", &versioned{build: build2007, most: "Exchange2007_SP1", mute: true}, ews.Config{TimeZone: "UTC"}, "Exchange2010 Exchange2007_SP1 Exchange2007_SP1 Exchange2007_SP1", false},
		{"says more than it takes", &versioned{build: build2016, most: "Exchange2013_SP1"}, ews.Config{}, "Exchange2007_SP1 V2017_07_11 Exchange2016 Exchange2013_SP1 Exchange2013_SP1", false},
		{"takes no guess", &versioned{build: build2016, least: "Exchange2010", most: "V2017_07_11"}, ews.Config{}, "Exchange2007_SP1 V2017_07_11 V2017_07_11 V2017_07_11", false},
		{"takes no guess and says nothing", &versioned{build: build2016, least: "Exchange2010", most: "V2017_07_11", mute: true}, ews.Config{}, "Exchange2007_SP1 Exchange2007_SP1 Exchange2007_SP1", true},
		{"takes nothing", &versioned{build: build2013, most: "A"}, ews.Config{}, "Exchange2007_SP1 Exchange2013_SP1 Exchange2013 Exchange2010_SP2 Exchange2010_SP1 Exchange2010 Exchange2007 Exchange2007 Exchange2007", true},
		{"given", &versioned{build: build2016, most: "V2017_07_11"}, ews.Config{Version: "Exchange2013"}, "Exchange2013 Exchange2013 Exchange2013", false},
		{"given and refused", &versioned{build: build2013, most: "Exchange2013_SP1"}, ews.Config{Version: "Exchange2016"}, "Exchange2016 Exchange2016 Exchange2016", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := faked(t, tt.cfg, tt.server.serve)
			for i := range 3 {
				_, err := getItem(t, c)
				if (err != nil) != tt.err {
					t.Errorf("call %d: error %v", i, err)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(tt.server.sent, " ")); diff != "" {
				t.Errorf("versions sent -want +got:\n%s", diff)
			}
		})
	}
}

func TestGivenVersionRefused(t *testing.T) {
	server := &versioned{build: build2013, most: "Exchange2013_SP1"}
	c, _ := faked(t, ews.Config{Version: "Exchange2016"}, server.serve)
	_, err := getItem(t, c)
	var ve *ews.VersionRefusedError
	if !errors.As(err, &ve) || !errors.Is(err, messages.ErrorInvalidServerVersion) {
		t.Fatalf("error %v, want a VersionRefusedError", err)
	}
	if ve.Version != "Exchange2016" || ve.Takes != "Exchange2013_SP1" || ve.Build != (ews.Build{15, 0, 1497, 2}) {
		t.Errorf("error %+v", ve)
	}
	for _, text := range []string{"GetItem", "Config.Version", "15.0.1497.2", `"Exchange2013_SP1"`} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q, want %q in it", err, text)
		}
	}
}

// TestFirstVersionByOperation: an operation that came later is not asked for
// in the version before it.
func TestFirstVersionByOperation(t *testing.T) {
	server := &versioned{build: build2016, most: "V2017_07_11"}
	c, _ := faked(t, ews.Config{}, server.serve)
	_, _ = messages.New(c).ExportItems(t.Context(), &messages.ExportItemsRequest{ItemIDs: []types.ItemID{{ID: "AAA="}}})
	if got := strings.Join(server.sent, " "); got != "Exchange2010_SP1" {
		t.Errorf("sent %s, want Exchange2010_SP1", got)
	}
}

// TestVersionConcurrently: no call of many fails while they find out.
func TestVersionConcurrently(t *testing.T) {
	server := &versioned{build: build2016, most: "Exchange2013_SP1"}
	c, _ := faked(t, ews.Config{MaxConcurrent: 20}, server.serve)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			d := c
			if i%2 == 0 {
				d = c.With(ews.ActAs(fmt.Sprintf("u%d@example.com", i)))
			}
			if _, err := getItem(t, d); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if v, b := c.Version(); v != "Exchange2013_SP1" && v != "Exchange2016" && v != "V2017_07_11" || b.Major != 15 {
		t.Errorf("version %s, build %v", v, b)
	}
}

func TestVersionBeforeAnswer(t *testing.T) {
	c, _ := faked(t, ews.Config{}, nil)
	if v, b := c.Version(); v != types.ExchangeVersionExchange2007SP1 || b != (ews.Build{}) {
		t.Errorf("version %s, build %v", v, b)
	}
}

// TestVersionGate: what the server's version lacks is not sent; while the
// version is not known, a request asks for the one that it needs.
func TestVersionGate(t *testing.T) {
	textBody := getItemRequest()
	textBody.ItemShape.AdditionalProperties = []types.Path{&types.PathToUnindexedField{FieldURI: "item:TextBody"}}
	plain := getItemRequest()
	find := &messages.FindPeopleRequest{ // since Exchange2013
		IndexedPageItemView: types.IndexedPageView{MaxEntriesReturned: 1, BasePoint: types.IndexBasePointBeginning},
		ParentFolderID:      types.TargetFolderID{FolderID: &types.DistinguishedFolderID{ID: "directory"}},
	}
	phishing := &messages.MarkAsPhishingRequest{ItemIDs: []types.BaseItemID{&types.ItemID{ID: "AAA="}}} // Exchange Online only
	for _, tt := range []struct {
		name   string
		server *versioned
		cfg    ews.Config
		known  bool // by a call before
		op     *messages.Operation
		req    messages.Marshaler
		want   string // versions sent
		lacks  string // in the error's text
		fault  bool
	}{
		{name: "knows it", server: &versioned{build: build2016, most: "V2017_07_11"}, known: true, op: messages.OpGetItem, req: textBody, want: "V2017_07_11"},
		{name: "lacks it", server: &versioned{build: build2010, most: "Exchange2010_SP2"}, known: true, op: messages.OpGetItem, req: textBody, lacks: "item:TextBody needs Exchange2013 Exchange2010_SP2"},
		{name: "lacks the operation", server: &versioned{build: build2010, most: "Exchange2010_SP2"}, known: true, op: messages.OpFindPeople, req: find, lacks: "operation FindPeople needs Exchange2013 Exchange2010_SP2"},
		{name: "is not asked", server: &versioned{build: build2010, most: "Exchange2010_SP2"}, cfg: ews.Config{SkipVersionCheck: true}, known: true, op: messages.OpGetItem, req: textBody, want: "Exchange2010_SP2"},
		{name: "given", server: &versioned{build: build2016, most: "Z"}, cfg: ews.Config{Version: "Exchange2010"}, op: messages.OpGetItem, req: textBody, lacks: "item:TextBody needs Exchange2013"},
		{name: "not known yet", server: &versioned{build: build2016, most: "V2017_07_11"}, op: messages.OpGetItem, req: textBody, want: "Exchange2013"},
		{name: "not known yet, and too old", server: &versioned{build: build2010, most: "Exchange2010_SP2"}, op: messages.OpGetItem, req: textBody, want: "Exchange2013", lacks: "item:TextBody needs Exchange2013 Exchange2010_SP2"},
		{name: "not known yet, and says no more than no", server: &versioned{build: build2010, most: "Exchange2010_SP2", mute: true}, op: messages.OpGetItem, req: textBody, want: "Exchange2013", fault: true},
		{name: "asks for less", server: &versioned{build: build2010, most: "Exchange2010_SP2"}, op: messages.OpGetItem, req: plain, want: "Exchange2007_SP1"},
		{name: "online", server: &versioned{build: online, most: "V2018_01_08"}, known: true, op: messages.OpMarkAsPhishing, req: phishing, want: "V2018_01_08"},
		{name: "on premises", server: &versioned{build: build2016, most: "V2018_01_08"}, known: true, op: messages.OpMarkAsPhishing, req: phishing, lacks: "MarkAsPhishing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := faked(t, tt.cfg, tt.server.serve)
			if tt.known {
				if _, err := getItem(t, c); err != nil {
					t.Fatal(err)
				}
				tt.server.sent = nil
			}
			err := c.Invoke(t.Context(), tt.op, tt.req, tt.op.NewResponse())
			if got := strings.Join(tt.server.sent, " "); got != tt.want {
				t.Errorf("sent %q, want %q", got, tt.want)
			}
			var fe *ews.FaultError
			var re *ews.RequestError
			var ue *messages.UnsupportedError
			switch {
			case tt.fault:
				if !errors.As(err, &fe) {
					t.Errorf("error %v, want the server's fault", err)
				}
			case tt.lacks != "":
				if !errors.As(err, &re) || !errors.As(err, &ue) || !errors.Is(err, errors.ErrUnsupported) {
					t.Fatalf("error %v, want an UnsupportedError", err)
				}
				for _, word := range append(strings.Fields(tt.lacks), tt.op.Name) {
					if !strings.Contains(err.Error(), word) {
						t.Errorf("error %q, want %q in it", err, word)
					}
				}
			case errors.As(err, &re) || errors.As(err, &fe):
				t.Error(err)
			}
		})
	}
}
