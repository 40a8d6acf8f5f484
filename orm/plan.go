package orm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// Plan is what a query sends.
type Plan struct {
	// Find is the first FindItem; the next ones differ in the offset.
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
var ErrQueryString = errors.New("orm: the server takes a query string (Search) or filters, not both")

// Explain returns what All would send, without sending it.
func (q Query[E]) Explain() (Plan, error) {
	if q.err != nil {
		return Plan{}, q.err
	}
	if q.text != "" && q.where.Expression() != nil {
		return Plan{}, ErrQueryString
	}
	a := q.folder.acct
	p := Plan{Find: &messages.FindItemRequest{
		Traversal:       types.ItemQueryTraversalShallow,
		ItemShape:       types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly},
		Paging:          &types.IndexedPageView{MaxEntriesReturned: int32(a.cfg.PageSize), Offset: int32(q.offset), BasePoint: types.IndexBasePointBeginning},
		SortOrder:       q.order,
		ParentFolderIDs: []types.BaseFolderID{q.folder.id},
	}}
	if q.sieved() {
		p.Find.Paging.(*types.IndexedPageView).Offset = 0
	} else if q.limit > 0 && q.limit < a.cfg.PageSize {
		p.Find.Paging.(*types.IndexedPageView).MaxEntriesReturned = int32(q.limit)
	}
	if q.text != "" {
		p.Find.QueryString.Value = q.text
	} else {
		p.Find.Restriction = field.And(field.Custom[E](q.class.where), q.where).Expression()
	}
	if err := q.folder.acct.gate(q.class.item, append(slices.Clone(q.only), paths(q.order)...)); err != nil {
		return Plan{}, err
	}
	switch {
	case q.only == nil:
		p.Get = &types.ItemResponseShape{BaseShape: types.DefaultShapeNamesAllProperties}
	case slices.ContainsFunc(q.only, func(path types.Path) bool { return !findable(q.class.item, path) }):
		p.Get = shapeOf(q.only)
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

// sieved reports whether the query has to leave out items as they arrive.
func (q Query[E]) sieved() bool { return q.text != "" && q.class.where != nil }

func paths(order []types.FieldOrder) []types.Path {
	out := make([]types.Path, len(order))
	for i, o := range order {
		out[i] = o.Path
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

// found are the properties without lookups that FindItem returns all the same.
var found = func() map[string]bool {
	m := map[string]bool{}
	for _, uri := range strings.Fields(`item:ItemId item:ParentFolderId item:ReminderDueBy item:Culture item:EffectiveRights
		item:ConversationId item:InstanceKey item:Flag calendar:UID calendar:IsResponseRequested calendar:AllowNewTimeProposal
		message:ConversationIndex item:WebClientReadFormQueryString item:WebClientEditFormQueryString`) {
		m[uri] = true
	}
	return m
}()

// long are the properties with lookups that FindItem does not return.
var long = func() map[string]bool {
	m := map[string]bool{}
	for _, uri := range strings.Fields(`contacts:Notes calendar:PublishedCalendarItemIcs message:PublishedCalendarItemIcs
		message:References item:PendingSocialActivityTagIds contacts:Companies`) {
		m[uri] = true
	}
	return m
}()

// findable reports whether FindItem returns the property. It returns neither
// bodies nor attachments nor lists of recipients and the like, and of an
// e-mail address the name alone.
//
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/email-properties-and-elements-in-ews-in-exchange
func findable(class types.Properties, p types.Path) bool {
	switch p := p.(type) {
	case *types.PathToExtendedField:
		return p.PropertyType != types.MapiPropertyTypeBinary && !strings.HasSuffix(string(p.PropertyType), "Array")
	case *types.PathToUnindexedField:
		f, ok := byURI(class, string(p.FieldURI))
		switch {
		case !ok:
			return false
		case f.Kind == field.KindValue, f.Kind == field.KindMailbox, f.Kind == field.KindContent:
			return found[f.URI]
		}
		return !long[f.URI]
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
		return f.Kind == field.KindText
	}
	return false
}

// isCut reports whether a text of item may have been cut by FindItem.
func isCut(item types.Properties, only []types.Path) bool {
	for _, p := range only {
		switch p := p.(type) {
		case *types.PathToUnindexedField:
			if f, ok := byURI(item, string(p.FieldURI)); ok {
				if s, ok := item.PropertyPtr(f.Bit).(*string); ok && tooLong(*s) {
					return true
				}
			}
		case *types.PathToExtendedField:
			if list := item.ExtendedPtr(); list != nil {
				for _, e := range *list {
					if tooLong(e.Value) {
						return true
					}
				}
			}
		}
	}
	return false
}

func tooLong(s string) bool { return len(s) >= 255 && len(utf16.Encode([]rune(s))) >= 255 }

func byURI(class types.Properties, uri string) (field.Info, bool) {
	for _, f := range infoOf(class) {
		if f.URI == uri {
			return f, true
		}
	}
	return field.Info{}, false
}

func infoOf(class types.Properties) []field.Info { return field.Of(class) }

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
func (a *Account) gate(class types.Properties, list []types.Path) error {
	has, build := a.client.Version()
	if build.Major == 0 && a.cfg.Version == "" {
		return nil
	}
	for _, p := range list {
		u, ok := p.(*types.PathToUnindexedField)
		if !ok {
			continue
		}
		f, ok := byURI(class, string(u.FieldURI))
		if ok && f.Since != "" && has.Before(types.ExchangeVersion(f.Since)) {
			return &VersionError{Field: f.URI, Since: f.Since, Has: has}
		}
	}
	return nil
}
