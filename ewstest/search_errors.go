package ewstest

import "github.com/seed-1937cc67/goews/gen/messages"

// searchTexts are what Exchange says for the codes of searches. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode.
var searchTexts = map[messages.ResponseCode]string{
	messages.ErrorCalendarFolderIsInvalidForCalendarView: "The folder is not a calendar folder, so CalendarView cannot be used with it.",
	messages.ErrorCalendarInvalidDayForWeeklyRecurrence:  "Day, Weekday and WeekendDay are not allowed in a weekly recurrence.",
	messages.ErrorCalendarInvalidRecurrence:              "The recurrence pattern was invalid.",
	messages.ErrorCalendarOutOfRange:                     "A value of the recurrence is out of range.",
	messages.ErrorRecurrenceEndDateTooBig:                "The end date of the recurrence is too far in the future.",
	messages.ErrorRecurrenceHasNoOccurrence:              "The recurrence has no occurrences in its range.",
	messages.ErrorCalendarSeekToConditionNotSupported:    "SeekToConditionPageItemView is not supported for calendar folders.",
	messages.ErrorCalendarViewRangeTooBig:                "The specified view range exceeds the maximum range of two years.",
	messages.ErrorContainsFilterWrongType:                "The Contains filter can only be used for string properties.",
	messages.ErrorExceededFindCountLimit: "You have exceeded the maximum number of objects that can be returned for the find operation. " +
		"Use paging to reduce the result size and try your request again.",
	messages.ErrorInvalidExcludesRestriction:        "The bitmask of the Excludes restriction is invalid.",
	messages.ErrorInvalidFractionalPagingParameters: "The specified fractional paging parameters are invalid.",
	messages.ErrorInvalidIndexedPagingParameters:    "The indexed paging offset must not be negative.",
	messages.ErrorInvalidPagingMaxRows:              "The maximum number of rows to return must be greater than zero.",
	messages.ErrorInvalidValueForProperty:           "The specified value is invalid for the property.",
	messages.ErrorRestrictionTooLong:                "The specified restriction contains too many nodes.",
	messages.ErrorServerBusy:                        "The server cannot service this request right now. Try again later.",
	messages.ErrorUnsupportedPathForQuery:           "The property can not be used with this type of restriction.",
	messages.ErrorUnsupportedPathForSortGroup:       "The property can not be used for sorting or grouping.",
	messages.ErrorUnsupportedQueryFilter:            "The restriction is not supported.",
}
