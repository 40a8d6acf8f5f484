package ewstest

import (
	"strings"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/winzone"
)

// zones are the locations that have been asked for, by Windows name.
type zones struct {
	mu     sync.Mutex
	loaded map[string]*time.Location
}

// named returns the location with the Windows name; ok is false if there is
// none.
func (z *zones) named(name string) (loc *time.Location, ok bool) {
	zone, ok := windowsZone(name)
	if !ok {
		return nil, false
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if loc = z.loaded[zone.Name]; loc == nil {
		loc = zone.Location()
		if z.loaded == nil {
			z.loaded = map[string]*time.Location{}
		}
		z.loaded[zone.Name] = loc
	}
	return loc, true
}

// zoneOf returns the location of the zone of an event; UTC if it has none that
// the server knows.
func (s *store) zoneOf(z types.TimeZoneDefinition) *time.Location {
	if len(z.Periods) == 0 {
		if loc, ok := s.zones.named(z.ID); ok {
			return loc
		}
	} else if loc, err := definedZone(&z); err == nil {
		return loc
	}
	return time.UTC
}

// windowsZone looks a zone up. Outlook calls UTC by a name of its own, too.
func windowsZone(name string) (winzone.Zone, bool) {
	if strings.EqualFold(name, "tzone://Microsoft/Utc") {
		name = winzone.UTC
	}
	return winzone.ByName(name)
}

// utcOf returns t in UTC; what has no zone is in loc.
func utcOf(t time.Time, loc *time.Location) time.Time {
	if t.Location() == types.Floating {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc)
	}
	return t.UTC()
}
