package ewstest

import (
	"reflect"
	"slices"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// set sets the property at path to what src has.
func (u *itemUpdate) set(path types.Path, src types.Properties) error {
	c, v := u.c, u.v
	switch path := path.(type) {
	case *types.PathToUnindexedField:
		p, ok := classOf(v).prop(string(path.FieldURI))
		if !ok || newer(p, c.version) {
			return propFailure(messages.ErrorInvalidPropertyRequest, path)
		}
		if !updatable(p) {
			return propFailure(messages.ErrorInvalidPropertySet, path)
		}
		if err := sentLimits(v, p); err != nil {
			return err
		}
		if p.URI == "item:MimeContent" {
			return u.setMIME(valueAt[types.MimeContent](src, p.URI))
		}
		from, _ := classOf(src).prop(string(path.FieldURI))
		dst, val := reflect.ValueOf(v.PropertyPtr(p.Bit)).Elem(), reflect.ValueOf(src.PropertyPtr(from.Bit)).Elem()
		if dst.Type() != val.Type() {
			return propFailure(messages.ErrorInvalidPropertyRequest, path)
		}
		dst.Set(val)
		v.PresenceSet().Add(p.Bit)
		return nil
	case *types.PathToIndexedField:
		return setIndexed(v, path, src)
	case *types.PathToExtendedField:
		return c.setExtended(v, path, src)
	}
	return fail(messages.ErrorInvalidRequest)
}

// setMIME gives a draft another content.
func (u *itemUpdate) setMIME(content types.MimeContent) error {
	for _, uri := range []string{
		"item:Subject", "item:Body", "item:InReplyTo", "message:ToRecipients", "message:CcRecipients", "message:BccRecipients",
		"message:ReplyTo", "message:From", "message:Sender", "message:References", "calendar:Location", "calendar:Start", "calendar:End",
	} {
		unset(u.v, uri)
	}
	assign(u.v, "item:MimeContent", content)
	attached, err := u.c.importMIME(u.v, u.i.folder.box, 0)
	u.attached, u.replaced = attached, true
	return err
}

// updatable reports whether UpdateItem may set the property.
func updatable(p field.Info) bool {
	switch p.URI {
	case "item:Attachments", "message:InternetMessageId", "item:IsAssociated":
		return false
	}
	return !readOnly(p)
}

// sentLimits reports a property that can't be changed once a message is sent.
func sentLimits(v types.Properties, p field.Info) error {
	if !isMessage(v.(types.Item)) || valueAt[bool](v, "item:IsDraft") {
		return nil
	}
	switch p.URI {
	case "message:IsReadReceiptRequested", "message:IsDeliveryReceiptRequested":
		return uriFailure(messages.ErrorInvalidPropertyUpdateSentMessage, p.URI)
	case "message:ToRecipients", "message:CcRecipients", "message:BccRecipients", "message:From", "message:Sender",
		"message:ReplyTo", "item:MimeContent":
		return uriFailure(messages.ErrorInvalidPropertySet, p.URI)
	}
	return nil
}

// appendField adds to the property of v at path what src has.
func (c *call) appendField(v types.Properties, path types.Path, src types.Properties) error {
	u, ok := path.(*types.PathToUnindexedField)
	if !ok {
		return propFailure(messages.ErrorInvalidPropertyAppend, path)
	}
	uri := string(u.FieldURI)
	p, ok := classOf(v).prop(uri)
	if !ok || newer(p, c.version) {
		return propFailure(messages.ErrorInvalidPropertyRequest, path)
	}
	switch uri {
	case "item:Body":
		more := valueAt[types.Body](src, uri)
		body := valueAt[types.Body](v, uri)
		if body.Value != "" && body.BodyType != more.BodyType {
			return propFailure(messages.ErrorInvalidPropertyAppend, path)
		}
		more.Value = body.Value + more.Value
		assign(v, uri, more)
	case "message:ToRecipients", "message:CcRecipients", "message:BccRecipients", "message:ReplyTo":
		if err := sentLimits(v, p); err != nil {
			return err
		}
		assign(v, uri, slices.Concat(valueAt[[]types.EmailAddress](v, uri), valueAt[[]types.EmailAddress](src, uri)))
	case "calendar:RequiredAttendees", "calendar:OptionalAttendees", "calendar:Resources":
		assign(v, uri, slices.Concat(valueAt[[]types.Attendee](v, uri), valueAt[[]types.Attendee](src, uri)))
	default:
		return propFailure(messages.ErrorInvalidPropertyAppend, path)
	}
	return nil
}

// deleteField takes the property at path from v.
func (c *call) deleteField(v types.Properties, path types.Path) error {
	switch path := path.(type) {
	case *types.PathToUnindexedField:
		p, ok := classOf(v).prop(string(path.FieldURI))
		if !ok || newer(p, c.version) {
			return propFailure(messages.ErrorInvalidPropertyRequest, path)
		}
		if !deletable(p) {
			return propFailure(messages.ErrorInvalidPropertyDelete, path)
		}
		if err := sentLimits(v, p); err != nil {
			return err
		}
		drop(v, p)
		c.restoreDefault(v, p)
		return nil
	case *types.PathToIndexedField:
		return deleteIndexed(v, path)
	case *types.PathToExtendedField:
		return deleteExtended(v, path)
	}
	return fail(messages.ErrorInvalidRequest)
}

// deletable reports whether DeleteItemField may remove the property.
func deletable(p field.Info) bool {
	switch p.URI {
	case "item:ItemClass", "item:MimeContent", "calendar:Start", "calendar:End", "calendar:UID", "message:IsRead":
		return false
	}
	return updatable(p)
}

// restoreDefault gives back a property that every item has.
func (c *call) restoreDefault(v types.Properties, p field.Info) {
	switch p.URI {
	case "item:Sensitivity":
		assign(v, p.URI, types.SensitivityChoicesNormal)
	case "item:Importance":
		assign(v, p.URI, types.ImportanceChoicesNormal)
	case "task:Status":
		assign(v, p.URI, types.TaskStatusNotStarted)
	case "item:Flag":
		assign(v, p.URI, types.Flag{FlagStatus: types.FlagStatusNotFlagged})
	case "item:Culture":
		assign(v, p.URI, "en-US")
	case "calendar:LegacyFreeBusyStatus":
		assign(v, p.URI, types.LegacyFreeBusyBusy)
	case "calendar:IsAllDayEvent", "calendar:IsOnlineMeeting":
		assign(v, p.URI, false)
	case "item:ReminderIsSet", "message:IsReadReceiptRequested", "message:IsDeliveryReceiptRequested", "message:IsResponseRequested":
		assign(v, p.URI, false)
	case "item:ReminderMinutesBeforeStart":
		assign(v, p.URI, int32(0))
	}
}
