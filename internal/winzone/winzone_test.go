package winzone

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	for _, tt := range []struct{ name, iana, display string }{
		{"Romance Standard Time", "Europe/Paris", "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"},
		{"India Standard Time", "Asia/Calcutta", "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi"},
		{"Newfoundland Standard Time", "America/St_Johns", "(UTC-03:30) Newfoundland"},
		{"Greenland Standard Time", "America/Godthab", "(UTC-02:00) Greenland"},
		{"UTC", "Etc/UTC", "(UTC) Coordinated Universal Time"},
	} {
		z, ok := ByName(strings.ToUpper(tt.name))
		if !ok || z.Name != tt.name || z.Display() != tt.display || !strings.HasPrefix(z.IANA, tt.iana) {
			t.Errorf("%s: %+v, %s", tt.name, z, z.Display())
		}
		if back, ok := ByIANA(z.IANA); !ok || back.Name == "" {
			t.Errorf("%s: no way back from %s", tt.name, z.IANA)
		}
	}
	if _, ok := ByName("Atlantis Standard Time"); ok {
		t.Error("found Atlantis")
	}
	if n := len(All()); n < 130 {
		t.Errorf("%d zones", n)
	}
}

// TestAgainstIANA compares each zone with the database that comes with Go, for
// years in which the present rules hold.
func TestAgainstIANA(t *testing.T) {
	for _, z := range All() {
		want, err := time.LoadLocation(z.IANA)
		if err != nil {
			t.Skip("no time zone database:", err)
		}
		if z.Name == "Morocco Standard Time" || z.Name == "West Bank Standard Time" {
			continue // their clocks follow the moon
		}
		got := z.Location()
		for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2029; at = at.Add(11 * time.Hour) {
			_, a := at.In(got).Zone()
			_, b := at.In(want).Zone()
			if a != b {
				t.Errorf("%s at %v: offset %d, want %d", z.Name, at, a, b)
				break
			}
		}
	}
}

func TestRules(t *testing.T) {
	z, _ := ByName("Romance Standard Time")
	want := Rules{
		Standard: time.Hour, Daylight: 2 * time.Hour,
		ToDaylight: Change{Month: time.March, Week: 5, Weekday: time.Sunday, At: 2 * time.Hour},
		ToStandard: Change{Month: time.October, Week: 5, Weekday: time.Sunday, At: 3 * time.Hour},
	}
	if diff := cmp.Diff(want, z.Rules()); diff != "" {
		t.Error(diff)
	}
	if got := z.Rules().ToDaylight.In(2026); got != time.Date(2026, 3, 29, 2, 0, 0, 0, time.UTC) {
		t.Errorf("change in 2026 is %v", got)
	}
	for _, z := range All() {
		r, err := parse(z.rule)
		if err != nil {
			t.Error(err)
		}
		again, err := parse(r.posix())
		if diff := cmp.Diff(r, again); err != nil || diff != "" {
			t.Errorf("%s: %v %s", z.Name, err, diff)
		}
		if z.Name != UTC && z.Location().String() != z.Name {
			t.Errorf("%s: location %s", z.Name, z.Location())
		}
	}
	for _, bad := range []string{"", "1", "CET", "CET-x", "<+01", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,J60,J300", "CET-1CEST,M3.5.0/x,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST-x"} {
		if r, err := parse(bad); err == nil {
			t.Errorf("%q: %+v", bad, r)
		}
	}
}

func TestBuild(t *testing.T) {
	z, _ := ByName("Eastern Standard Time")
	change := time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC)
	loc := Build("Own", -3*time.Hour, []Transition{{change, -4 * time.Hour, true}, {change.AddDate(1, 0, 0), -5 * time.Hour, false}}, z.Rules())
	for _, tt := range []struct {
		at     time.Time
		offset int
		isDST  bool
	}{
		{change.Add(-time.Second), -3, false}, {change, -4, true}, {change.AddDate(0, 6, 0), -4, true}, // no winter yet
		{time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), -4, true}, {time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), -5, false},
	} {
		local := tt.at.In(loc)
		if _, off := local.Zone(); off != tt.offset*3600 || local.IsDST() != tt.isDST {
			t.Errorf("%v: offset %d, daylight %v", tt.at, off, local.IsDST())
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, z := range All() {
		f.Add(z.rule)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parse(s)
		if err != nil {
			return
		}
		again, err := parse(r.posix())
		if err != nil || again != r {
			t.Errorf("%q: %+v, then %+v, %v", s, r, again, err)
		}
		r.Location("x")
	})
}

func TestTableIsCurrent(t *testing.T) {
	if _, err := os.Stat("../../../shared/schemas/cldr/windowsZones.xml"); err != nil {
		t.Skip("the CLDR is not here")
	}
	data, err := os.ReadFile("../../../shared/schemas/cldr/windowsZones.xml")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), `territory="001"`); n != len(table) {
		t.Errorf("%d zones in the CLDR, %d in the table: go generate", n, len(table))
	}
}
