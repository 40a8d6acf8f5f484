package autodiscover

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// exchangelib asks the records of the highest number of priority first. Here it is
// as in the example of RFC 2782: priority before weight, and weight by chance.
func TestPitfall12SRVOrder(t *testing.T) {
	records := []*net.SRV{
		{Target: "last.", Priority: 20, Weight: 65535},
		{Target: "three.", Priority: 10, Weight: 3},
		{Target: "zero.", Priority: 10, Weight: 0},
		{Target: "one.", Priority: 10, Weight: 1},
		{Target: "first.", Priority: 0, Weight: 0},
	}
	names := func(records []*net.SRV) string {
		var out []string
		for _, r := range records {
			out = append(out, r.Target)
		}
		return strings.Join(out, "")
	}
	for _, tc := range []struct {
		draws []int // for "first", then of 0 to 4 for the middle ones
		want  string
	}{
		{[]int{0, 0, 0, 0}, "first.zero.three.one.last."},
		{[]int{0, 1, 0, 0}, "first.three.zero.one.last."},
		{[]int{0, 3, 1, 0}, "first.three.one.zero.last."},
		{[]int{0, 4, 3, 0}, "first.one.three.zero.last."},
	} {
		n := 0
		got := names(order(records, func(limit int) int {
			d := 0
			if n < len(tc.draws) {
				d = tc.draws[n]
			}
			if n++; d >= limit {
				t.Errorf("draw %d of %d", d, limit)
			}
			return d
		}))
		if got != tc.want {
			t.Errorf("draws %v: %s, want %s", tc.draws, got, tc.want)
		}
	}
	// With every number once, each record comes first as often as it weighs.
	first := map[string]int{}
	for d := range 5 {
		same := records[1:4]
		n := 0
		first[order(same, func(int) int {
			if n++; n == 1 {
				return d
			}
			return 0
		})[0].Target]++
	}
	if diff := cmp.Diff(map[string]int{"zero.": 1, "three.": 3, "one.": 1}, first); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestHosts(t *testing.T) {
	got := hosts([]*net.SRV{
		{Target: "B.example.com.", Port: 8443, Priority: 2}, {Target: "a.example.com", Port: 443, Priority: 1}, {Target: ".", Port: 443, Priority: 3},
		{Target: "a.example.com.", Port: 443, Priority: 4}, {Target: "c.example.com.", Port: 0, Priority: 5},
	})
	if diff := cmp.Diff([]string{"a.example.com", "b.example.com:8443"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestHostsAreBounded: an answer of the DNS may have a thousand records, and each
// would be a step.
func TestHostsAreBounded(t *testing.T) {
	var records []*net.SRV
	for i := range 1000 {
		records = append(records, &net.SRV{Target: fmt.Sprintf("h%d.example.net.", i), Port: 443, Priority: uint16(i)})
	}
	if got := hosts(records); len(got) != maxHosts || got[0] != "h0.example.net" {
		t.Errorf("%d hosts: %v", len(got), got)
	}
}
