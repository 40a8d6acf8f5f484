package orm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// Plan is what a query sends.
type Plan struct {
	// Find is the first FindItem; the next ones differ in offset and folders. It
	// is nil if the query can find nothing, so that nothing is sent.
	Find *messages.FindItemRequest
	// Get is the shape of the GetItem that follow for the items found; nil if
	// FindItem has all that is asked for.
	Get *types.ItemResponseShape
	// Truncates are the fields whose values FindItem cuts at 255 characters:
	// an item where one is that long is fetched whole.
	Truncates []string
}

// String returns the requests as XML, as they stand in the SOAP body.
func (p Plan) String() string {
	if p.Find == nil {
		return "nothing is sent\n"
	}
	var b strings.Builder
	write := func(name string, v wire.Marshaler) {
		e := wire.NewEncoder(nil)
		e.Elem(name, v)
		if e.Err() != nil {
			b.WriteString(e.Err().Error())
		}
		b.Write(e.Bytes())
		b.WriteByte('\n')
	}
	write("m:FindItem", p.Find)
	if p.Get != nil {
		write("m:GetItem", &messages.GetItemRequest{ItemShape: *p.Get})
	}
	return b.String()
}

// ErrQueryString is the error of a query with a query string and a filter.
var ErrQueryString = errors.New("orm: the server takes a query string (Search) or filters (Filter, Exclude, Where), not both: say all of it in one of the two")

// Explain returns what All would send, without sending it.
func (q Query[E]) Explain() (Plan, error) {
	if q.err != nil {
		return Plan{}, q.err
	}
	filter, never := prune(q.where.Expression())
	if q.text != "" && filter != nil {
		return Plan{}, ErrQueryString
	}
	a := q.folder.acct
	if a == nil {
		return Plan{}, nil
	}
	if err := a.gate(slices.Concat(q.only, paths(q.order), pathsIn(filter))); err != nil {
		return Plan{}, err
	}
	if q.text != "" {
		if err := a.needs("a query string (Search)", types.ExchangeVersionExchange2010); err != nil {
			return Plan{}, err
		}
	}
	if q.limit == 0 || never {
		return Plan{}, nil
	}
	p := Plan{Find: &messages.FindItemRequest{
		Traversal:       q.depth,
		ItemShape:       types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly},
		SortOrder:       q.order,
		ParentFolderIDs: folderIDs(q.group()),
	}}
	switch {
	case q.window != nil:
		p.Find.Paging = q.window.view(q.offset, q.limit)
	case q.skips():
		p.Find.Paging = indexed(a.cfg.PageSize, 0)
	default:
		p.Find.Paging = indexed(q.page(q.limit), q.offset)
	}
	switch {
	case q.text != "":
		p.Find.QueryString.Value = q.text
	case q.window == nil:
		p.Find.Restriction = field.And(field.Custom[E](q.class.where), field.Custom[E](filter)).Expression()
	}
	switch {
	case q.only == nil:
		p.Get = &types.ItemResponseShape{BaseShape: types.DefaultShapeNamesAllProperties}
	case slices.ContainsFunc(q.only, func(path types.Path) bool { return !findable(q.class.item, path) }):
		p.Get = shapeOf(q.only)
		if p.Get.IncludeMimeContent { // the sizes say how many go into one GetItem
			p.Find.ItemShape.AdditionalProperties = []types.Path{sizePath}
		}
	default:
		p.Find.ItemShape.AdditionalProperties = q.only
		for _, path := range q.only {
			if cut(q.class.item, path) {
				p.Truncates = append(p.Truncates, pathName(path))
			}
		}
	}
	return p, nil
}

var sizePath types.Path = &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURIItemSize}

func indexed(size, offset int) *types.IndexedPageView {
	return &types.IndexedPageView{MaxEntriesReturned: int32(size), Offset: int32(offset), BasePoint: types.IndexBasePointBeginning}
}

// page returns how many items the next FindItem asks for, if left are wanted;
// all of them if that is negative.
func (q Query[E]) page(left int) int {
	if left < 0 {
		return q.folder.acct.cfg.PageSize
	}
	return min(left, q.folder.acct.cfg.PageSize)
}

// sieved reports whether the query has to leave out items of other classes as
// they arrive.
func (q Query[E]) sieved() bool { return q.window != nil || q.text != "" && q.class.where != nil }

// skips reports whether the query has to leave out the first items as they
// arrive, for the server would not do it, or for each folder.
func (q Query[E]) skips() bool { return q.sieved() || len(q.more) > 0 && q.offset > 0 }

// atOnce is how many folders one FindItem asks for a page of each.
const atOnce = 8

// group are the folders of the first FindItem.
func (q Query[E]) group() []Folder { return q.folders()[:min(atOnce, len(q.more)+1)] }

func folderIDs(list []Folder) []types.BaseFolderID {
	out := make([]types.BaseFolderID, len(list))
	for i, f := range list {
		out[i] = f.id
	}
	return out
}

// shapeOf asks for the properties. MimeContent is asked for in a way of its
// own.
func shapeOf(only []types.Path) *types.ItemResponseShape {
	s := &types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly}
	for _, p := range only {
		if u, ok := p.(*types.PathToUnindexedField); ok && u.FieldURI == types.UnindexedFieldURIItemMimeContent {
			s.IncludeMimeContent = true
			continue
		}
		s.AdditionalProperties = append(s.AdditionalProperties, p)
	}
	return s
}

// findable reports whether FindItem returns the property. It returns neither
// bodies nor attachments nor lists of recipients and the like, and of an
// e-mail address the name alone. What is not known to be returned is taken for
// one that is not: GetItem returns it in any case.
//
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/email-properties-and-elements-in-ews-in-exchange
func findable(class types.Properties, p types.Path) bool {
	switch p := p.(type) {
	case *types.PathToExtendedField:
		return p.PropertyType != types.MapiPropertyTypeBinary && !strings.HasSuffix(string(p.PropertyType), "Array")
	case *types.PathToUnindexedField:
		_, ok := byURI(class, string(p.FieldURI))
		return ok && found(string(p.FieldURI))
	}
	return false
}

// found reports whether the property is one of those that the service lists
// for FindItem, and small.
func found(uri string) bool {
	space, name, _ := strings.Cut(uri, ":")
	switch space {
	case "item":
		switch name {
		case "ItemId", "ParentFolderId", "ItemClass", "Subject", "Sensitivity", "DateTimeReceived", "Size", "Categories",
			"Importance", "InReplyTo", "IsSubmitted", "IsDraft", "IsFromMe", "IsResend", "IsUnmodified", "DateTimeSent",
			"DateTimeCreated", "ReminderDueBy", "ReminderIsSet", "ReminderMinutesBeforeStart", "DisplayCc", "DisplayTo",
			"HasAttachments", "Culture", "EffectiveRights", "LastModifiedName", "LastModifiedTime", "IsAssociated",
			"WebClientReadFormQueryString", "WebClientEditFormQueryString", "ConversationId", "Flag", "InstanceKey",
			"PolicyTag", "ArchiveTag", "RetentionDate", "Preview", "IconIndex":
			return true
		}
	case "message":
		switch name {
		case "IsReadReceiptRequested", "IsDeliveryReceiptRequested", "ConversationIndex", "ConversationTopic",
			"InternetMessageId", "IsRead", "IsResponseRequested":
			return true
		}
	case "calendar":
		switch name {
		case "Start", "End", "IsAllDayEvent", "LegacyFreeBusyStatus", "Location", "When", "IsMeeting", "IsCancelled",
			"IsRecurring", "MeetingRequestWasSent", "IsResponseRequested", "CalendarItemType", "MyResponseType", "Duration",
			"TimeZone", "AppointmentReplyTime", "AppointmentState", "ConferenceType", "AllowNewTimeProposal",
			"IsOnlineMeeting", "MeetingWorkspaceUrl", "NetShowUrl", "UID", "RecurrenceId", "DateTimeStamp":
			return true
		}
	case "meeting":
		switch name {
		case "IsDelegated", "HasBeenProcessed", "ResponseType", "ProposedStart", "ProposedEnd":
			return true
		}
	case "contacts":
		switch name {
		case "FileAs", "FileAsMapping", "DisplayName", "GivenName", "Initials", "MiddleName", "Nickname", "CompanyName",
			"AssistantName", "Birthday", "BusinessHomePage", "ContactSource", "Department", "Generation", "JobTitle",
			"Manager", "Mileage", "OfficeLocation", "PostalAddressIndex", "Profession", "SpouseName", "Surname",
			"WeddingAnniversary", "HasPicture":
			return true
		}
	case "task":
		switch name {
		case "ActualWork", "AssignedTime", "BillingInformation", "ChangeCount", "CompleteDate", "DelegationState",
			"Delegator", "DueDate", "IsAssignmentEditable", "IsComplete", "IsRecurring", "IsTeamTask", "Mileage", "Owner",
			"PercentComplete", "StartDate", "Status", "StatusDescription", "TotalWork":
			return true
		}
	case "postitem":
		return name == "PostedTime"
	}
	return false
}

// cut reports whether FindItem cuts the property's values at 255 characters.
func cut(class types.Properties, p types.Path) bool {
	switch p := p.(type) {
	case *types.PathToExtendedField:
		return p.PropertyType == types.MapiPropertyTypeString
	case *types.PathToUnindexedField:
		f, _ := byURI(class, string(p.FieldURI))
		_, text := class.PropertyPtr(f.Bit).(*string)
		return text
	}
	return false
}

// isCut reports whether a text of item may have been cut by FindItem.
func isCut(item types.Properties, only []types.Path) bool {
	for _, p := range only {
		switch p := p.(type) {
		case *types.PathToUnindexedField:
			if tooLong(valueOf[string](item, string(p.FieldURI))) {
				return true
			}
		case *types.PathToExtendedField:
			if list := item.ExtendedPtr(); list != nil && slices.ContainsFunc(*list, func(e types.ExtendedProperty) bool { return tooLong(e.Value) }) {
				return true
			}
		}
	}
	return false
}

// tooLong reports whether s has 255 UTF-16 units or more.
func tooLong(s string) bool {
	if len(s) < 255 {
		return false
	}
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n >= 255
}

// byURI returns the property of the class.
func byURI(class types.Properties, uri string) (field.Info, bool) {
	for _, f := range field.Of(class) {
		if f.URI == uri {
			return f, true
		}
	}
	return field.Info{}, false
}

// valueOf returns the value of the property in item, zero if its class has none
// of that type.
func valueOf[V any](item types.Properties, uri string) V {
	if f, ok := byURI(item, uri); ok {
		if p, ok := item.PropertyPtr(f.Bit).(*V); ok {
			return *p
		}
	}
	var zero V
	return zero
}

func pathName(p types.Path) string {
	switch p := p.(type) {
	case *types.PathToUnindexedField:
		return string(p.FieldURI)
	case *types.PathToIndexedField:
		return string(p.FieldURI) + ":" + p.FieldIndex
	case *types.PathToExtendedField:
		name := p.PropertyName
		if name == "" {
			name = p.PropertyTag
		}
		if name == "" {
			name = fmt.Sprint(p.PropertyID)
		}
		return "extended property " + name
	}
	return "property"
}

// gate fails if the server's version lacks one of the properties.
func (a *Account) gate(list []types.Path) error {
	has, known := a.server()
	if !known {
		return nil
	}
	for _, p := range list {
		uri := ""
		switch p := p.(type) {
		case *types.PathToUnindexedField:
			uri = string(p.FieldURI)
		case *types.PathToIndexedField:
			uri = string(p.FieldURI)
		}
		if s, ok := types.PathSupport(uri); ok && !s.By(has) {
			return &VersionError{What: uri, Since: s.Since, Until: s.Until, Has: has}
		}
	}
	return nil
}

func paths(order []types.FieldOrder) []types.Path {
	out := make([]types.Path, len(order))
	for i, o := range order {
		out[i] = o.Path
	}
	return out
}

// pathsIn returns the properties that a filter speaks of.
func pathsIn(e types.SearchExpression) []types.Path {
	var out []types.Path
	add := func(p types.Path, other ...types.FieldURIOrConstant) {
		out = append(out, p)
		for _, o := range other {
			if o.Path != nil {
				out = append(out, o.Path)
			}
		}
	}
	switch e := e.(type) {
	case *types.And:
		for _, x := range e.SearchExpressions {
			out = append(out, pathsIn(x)...)
		}
	case *types.Or:
		for _, x := range e.SearchExpressions {
			out = append(out, pathsIn(x)...)
		}
	case *types.Not:
		return pathsIn(e.SearchExpression)
	case *types.Exists:
		add(e.Path)
	case *types.Excludes:
		add(e.Path)
	case *types.ContainsExpression:
		add(e.Path)
	case *types.IsEqualTo:
		add(e.Path, e.FieldURIOrConstant)
	case *types.IsNotEqualTo:
		add(e.Path, e.FieldURIOrConstant)
	case *types.IsGreaterThan:
		add(e.Path, e.FieldURIOrConstant)
	case *types.IsGreaterThanOrEqualTo:
		add(e.Path, e.FieldURIOrConstant)
	case *types.IsLessThan:
		add(e.Path, e.FieldURIOrConstant)
	case *types.IsLessThanOrEqualTo:
		add(e.Path, e.FieldURIOrConstant)
	}
	return out
}

// prune returns the filter without the parts that nothing meets, as In without
// values makes them; never is set if nothing meets the whole. A nil filter is
// met by everything.
func prune(e types.SearchExpression) (out types.SearchExpression, never bool) {
	switch e := e.(type) {
	case *types.Exists: // every item has a class: field.Or of nothing is the negation of that
		if p, ok := e.Path.(*types.PathToUnindexedField); ok && p.FieldURI == types.UnindexedFieldURIItemItemClass {
			return nil, false
		}
	case *types.Not:
		x, never := prune(e.SearchExpression)
		switch {
		case never:
			return nil, false
		case x == nil:
			return nil, true
		}
		return &types.Not{SearchExpression: x}, false
	case *types.And:
		var list []types.SearchExpression
		for _, part := range e.SearchExpressions {
			x, never := prune(part)
			if never {
				return nil, true
			}
			if x != nil {
				list = append(list, x)
			}
		}
		switch len(list) {
		case 0:
			return nil, false
		case 1:
			return list[0], false
		}
		return &types.And{SearchExpressions: list}, false
	case *types.Or:
		var list []types.SearchExpression
		for _, part := range e.SearchExpressions {
			x, never := prune(part)
			if x == nil && !never {
				return nil, false
			}
			if !never {
				list = append(list, x)
			}
		}
		switch len(list) {
		case 0:
			return nil, true
		case 1:
			return list[0], false
		}
		return &types.Or{SearchExpressions: list}, false
	}
	return e, false
}
