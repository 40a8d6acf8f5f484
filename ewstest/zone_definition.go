package ewstest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/winzone"
)

// Time zones as requests and answers spell them out: periods with an offset,
// groups of yearly changes between periods, and the dates from which a group
// holds.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/timezonedefinition

// zoneOf returns the location that a definition describes: the one that it
// spells out, else that with its Windows name.
func zoneOf(def *types.TimeZoneDefinition) (*time.Location, error) {
	if len(def.Periods) > 0 {
		return definedZone(def)
	}
	z, ok := windowsZone(def.ID)
	if !ok {
		return nil, fmt.Errorf("ewstest: no time zone %q", def.ID)
	}
	return z.Location(), nil
}

// era is a time in which a group of changes holds.
type era struct {
	from  time.Time // zero for the first
	rules winzone.Rules
}

var errZone = errors.New("ewstest: the definition of a time zone contradicts itself")

// definedZone reads a definition that is spelt out.
func definedZone(def *types.TimeZoneDefinition) (*time.Location, error) {
	offsets := map[string]time.Duration{}
	for _, p := range def.Periods {
		bias, err := p.Bias.Duration()
		if err != nil || bias < -24*time.Hour || bias > 24*time.Hour {
			return nil, errZone
		}
		offsets[p.ID] = -bias
	}
	groups := map[string]winzone.Rules{}
	for i := range def.TransitionsGroups {
		g := &def.TransitionsGroups[i]
		rules, err := rulesOf(g.Transitions, offsets)
		if err != nil {
			return nil, err
		}
		groups[g.ID] = rules
	}
	eras, err := erasOf(def.Transitions.Transitions, groups, offsets)
	if err != nil {
		return nil, err
	}
	name := def.ID
	if name == "" {
		name = def.Name
	}
	last := eras[len(eras)-1].rules
	return winzone.Build(name, eras[0].rules.Standard, transitionsOf(eras), last), nil
}

// rulesOf returns what a group says: one offset, or two between which clocks
// change every year.
func rulesOf(list []types.AnyTransition, offsets map[string]time.Duration) (winzone.Rules, error) {
	type change struct {
		winzone.Change
		to time.Duration
	}
	var r winzone.Rules
	var changes []change
	for _, t := range list {
		to, c, ok := yearly(t)
		offset, known := offsets[to.Value]
		if !ok || !known || to.Kind != types.TransitionTargetKindPeriod {
			return r, errZone
		}
		changes = append(changes, change{c, offset})
	}
	switch {
	case len(changes) == 1, len(changes) == 2 && changes[0].to == changes[1].to:
		r.Standard, r.Daylight = changes[0].to, changes[0].to
		return r, nil
	case len(changes) == 2 && changes[0].Change != winzone.Change{} && changes[1].Change != winzone.Change{}:
		slices.SortFunc(changes, func(a, b change) int { return int(b.to - a.to) })
		r.Daylight, r.ToDaylight = changes[0].to, changes[0].Change
		r.Standard, r.ToStandard = changes[1].to, changes[1].Change
		return r, nil
	}
	return r, errZone
}

// yearly takes a change within a group apart. A change on a fixed date is taken
// for one in that week.
func yearly(t types.AnyTransition) (to types.TransitionTarget, c winzone.Change, ok bool) {
	var offset types.Duration
	var month, week int32
	var weekday time.Weekday
	switch t := t.(type) {
	case *types.Transition:
		return t.To, c, true
	case *types.RecurringDayTransition:
		i := slices.Index(daysOfWeek[:], t.DayOfWeek)
		if i < 0 {
			return t.To, c, false
		}
		to, offset, month, week, weekday = t.To, t.TimeOffset, t.Month, t.Occurrence, time.Weekday(i)
	case *types.RecurringDateTransition:
		to, offset, month, week = t.To, t.TimeOffset, t.Month, (t.Day-1)/7+1
	default:
		return to, c, false
	}
	at, err := offset.Duration()
	if week < 0 {
		week = 5
	}
	if err != nil || month < 1 || month > 12 || week < 1 || week > 5 || at < -7*24*time.Hour || at > 7*24*time.Hour {
		return to, c, false
	}
	return to, winzone.Change{Month: time.Month(month), Week: int(week), Weekday: weekday, At: at}, true
}

var daysOfWeek = [...]types.DayOfWeek{
	types.DayOfWeekSunday, types.DayOfWeekMonday, types.DayOfWeekTuesday, types.DayOfWeekWednesday,
	types.DayOfWeekThursday, types.DayOfWeekFriday, types.DayOfWeekSaturday,
}

// erasOf returns the eras in order of time; there is at least one.
func erasOf(list []types.AnyTransition, groups map[string]winzone.Rules, offsets map[string]time.Duration) ([]era, error) {
	var eras []era
	for i, t := range list {
		var e era
		var to types.TransitionTarget
		switch t := t.(type) {
		case *types.Transition:
			to = t.To
		case *types.AbsoluteDateTransition:
			d := t.DateTime // local: only the date and the time count
			to, e.from = t.To, time.Date(d.Year(), d.Month(), d.Day(), d.Hour(), d.Minute(), d.Second(), 0, time.UTC)
		default:
			return nil, errZone
		}
		if (i == 0) != e.from.IsZero() || i > 0 && e.from.Before(eras[i-1].from) {
			return nil, errZone
		}
		known := false
		if to.Kind == types.TransitionTargetKindGroup {
			e.rules, known = groups[to.Value]
		} else {
			e.rules.Standard, known = offsets[to.Value]
			e.rules.Daylight = e.rules.Standard
		}
		if !known {
			return nil, errZone
		}
		eras = append(eras, e)
	}
	if len(eras) == 0 {
		return nil, errZone
	}
	return eras, nil
}

// firstYear is the year from which the changes of the first of several eras
// are known.
const firstYear = 1970

// transitionsOf returns the changes of all eras but the last, and the beginning
// of that.
func transitionsOf(eras []era) []winzone.Transition {
	var out []winzone.Transition
	for i := 0; i+1 < len(eras); i++ {
		r, from, until := eras[i].rules, eras[i].from, eras[i+1].from
		if from.IsZero() {
			from = time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		for year := from.Year(); r.HasDaylight() && year <= until.Year(); year++ {
			pair := []winzone.Transition{
				{At: r.ToDaylight.In(year).Add(-r.Standard), Offset: r.Daylight, Daylight: true},
				{At: r.ToStandard.In(year).Add(-r.Daylight), Offset: r.Standard},
			}
			slices.SortFunc(pair, func(a, b winzone.Transition) int { return a.At.Compare(b.At) })
			for _, t := range pair {
				if t.At.After(from) && t.At.Before(until) {
					out = append(out, t)
				}
			}
		}
		next := eras[i+1].rules
		at := until.Add(-r.Standard) // the date is local
		_, seconds := at.In(next.Location("next")).Zone()
		offset := time.Duration(seconds) * time.Second
		out = append(out, winzone.Transition{At: at, Offset: offset, Daylight: next.HasDaylight() && offset == next.Daylight})
	}
	return out
}

// definitionOf spells a zone out, as GetServerTimeZones does.
func definitionOf(z winzone.Zone) types.TimeZoneDefinition {
	r := z.Rules()
	def := types.TimeZoneDefinition{ID: z.Name, Name: z.Display(), Present: types.TimeZoneDefinitionHasID | types.TimeZoneDefinitionHasName}
	period := func(name string, offset time.Duration) types.TransitionTarget {
		id := "trule:Microsoft/Registry/" + z.Name + "/1-" + name
		def.Periods = append(def.Periods, types.Period{Bias: types.DurationOf(-offset), Name: name, ID: id, Present: types.PeriodHasID})
		return types.TransitionTarget{Kind: types.TransitionTargetKindPeriod, Value: id}
	}
	standard := period("Standard", r.Standard)
	group := types.ArrayOfTransitions{ID: "0", Present: types.ArrayOfTransitionsHasID}
	if r.HasDaylight() {
		daylight := period("Daylight", r.Daylight)
		group.Transitions = []types.AnyTransition{dayTransition(daylight, r.ToDaylight), dayTransition(standard, r.ToStandard)}
	} else {
		group.Transitions = []types.AnyTransition{&types.Transition{To: standard}}
	}
	def.TransitionsGroups = []types.ArrayOfTransitions{group}
	def.Transitions.Transitions = []types.AnyTransition{&types.Transition{To: types.TransitionTarget{Kind: types.TransitionTargetKindGroup, Value: "0"}}}
	return def
}

// dayTransition writes a change whose time is within the day: an hour after
// midnight or before it makes it another day of the week.
func dayTransition(to types.TransitionTarget, c winzone.Change) *types.RecurringDayTransition {
	weekday, at := int(c.Weekday), c.At
	for ; at < 0; at += 24 * time.Hour {
		weekday--
	}
	for ; at >= 24*time.Hour; at -= 24 * time.Hour {
		weekday++
	}
	occurrence := int32(c.Week)
	if c.Week == 5 {
		occurrence = -1
	}
	return &types.RecurringDayTransition{
		To: to, TimeOffset: types.DurationOf(at), Month: int32(c.Month), DayOfWeek: daysOfWeek[(weekday%7+7)%7], Occurrence: occurrence,
	}
}
