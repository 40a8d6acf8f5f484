package winzone

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// posix writes the rules as POSIX has them in the variable TZ.
func (r Rules) posix() string {
	s := "<" + abbreviation(r.Standard) + ">" + clock(-r.Standard)
	if r.HasDaylight() {
		s += "<" + abbreviation(r.Daylight) + ">" + clock(-r.Daylight) + "," + r.ToDaylight.posix() + "," + r.ToStandard.posix()
	}
	return s
}

func (c Change) posix() string {
	return fmt.Sprintf("M%d.%d.%d/%s", c.Month, c.Week, c.Weekday, clock(c.At))
}

// clock writes a time as "-3:30".
func clock(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	s := sign + strconv.Itoa(int(d/time.Hour))
	if m, sec := d%time.Hour/time.Minute, d%time.Minute/time.Second; m != 0 || sec != 0 {
		s += fmt.Sprintf(":%02d", m)
		if sec != 0 {
			s += fmt.Sprintf(":%02d", sec)
		}
	}
	return s
}

// parse reads what posix writes, and the forms of it that the IANA database
// has: changes by month, week and weekday.
func parse(s string) (Rules, error) {
	bad := fmt.Errorf("winzone: %q is no rule of a time zone", s)
	var r Rules
	rest, ok := skipName(s)
	if !ok {
		return r, bad
	}
	west, rest, ok := parseClock(rest)
	if !ok {
		return r, bad
	}
	r.Standard = -west
	r.Daylight = r.Standard
	if rest == "" {
		return r, nil
	}
	if rest, ok = skipName(rest); !ok {
		return r, bad
	}
	r.Daylight += time.Hour
	if !strings.HasPrefix(rest, ",") {
		if west, rest, ok = parseClock(rest); !ok {
			return r, bad
		}
		r.Daylight = -west
	}
	parts := strings.Split(strings.TrimPrefix(rest, ","), ",")
	if len(parts) != 2 {
		return r, bad
	}
	var err, err2 error
	r.ToDaylight, err = parseChange(parts[0])
	r.ToStandard, err2 = parseChange(parts[1])
	if err != nil || err2 != nil {
		return r, bad
	}
	return r, nil
}

// skipName returns what follows an abbreviation.
func skipName(s string) (string, bool) {
	if strings.HasPrefix(s, "<") {
		_, rest, ok := strings.Cut(s, ">")
		return rest, ok
	}
	rest := strings.TrimLeft(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
	return rest, rest != s
}

// maxHours bounds the hours of an offset or a time of day, as RFC 8536 does.
const maxHours = 167

// parseClock reads a time as clock writes it.
func parseClock(s string) (d time.Duration, rest string, ok bool) {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimLeft(s, "+-")
	for unit := time.Hour; unit >= time.Second; unit /= 60 {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		n, err := strconv.Atoi(s[:digits])
		if err != nil || unit == time.Hour && n > maxHours || unit < time.Hour && n > 59 {
			return 0, s, false
		}
		d += time.Duration(n) * unit
		if s = s[digits:]; !strings.HasPrefix(s, ":") {
			break
		}
		s = s[1:]
	}
	if negative {
		d = -d
	}
	return d, s, true
}

func parseChange(s string) (Change, error) {
	c := Change{At: 2 * time.Hour}
	date, at, timed := strings.Cut(s, "/")
	if timed {
		d, rest, ok := parseClock(at)
		if !ok || rest != "" {
			return c, fmt.Errorf("winzone: %q is no time", at)
		}
		c.At = d
	}
	var month, weekday int
	if _, err := fmt.Sscanf(date, "M%d.%d.%d", &month, &c.Week, &weekday); err != nil {
		return c, fmt.Errorf("winzone: %q is no day of change", date)
	}
	if month < 1 || month > 12 || c.Week < 1 || c.Week > 5 || weekday < 0 || weekday > 6 {
		return c, fmt.Errorf("winzone: %q is no day of change", date)
	}
	c.Month, c.Weekday = time.Month(month), time.Weekday(weekday)
	return c, nil
}
