package ewstest

import (
	"strconv"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// itemTexts are what Exchange says for the codes of items and attachments. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode.
var itemTexts = map[messages.ResponseCode]string{
	messages.ErrorAffectedTaskOccurrencesRequired:               "AffectedTaskOccurrences attribute was not specified.",
	messages.ErrorAttachmentNestLevelLimitExceeded:              "The attachment nest level limit has been exceeded.",
	messages.ErrorAttachmentSizeLimitExceeded:                   "The size of the attachment is too large.",
	messages.ErrorCalendarCannotMoveOrCopyOccurrence:            "An occurrence of a recurring calendar item cannot be moved or copied.",
	messages.ErrorCalendarCannotUseIDForOccurrenceID:            "The Id is not an occurrence Id of any recurring calendar item.",
	messages.ErrorCalendarCannotUseIDForRecurringMasterID:       "The Id is not an Id of any recurring master item.",
	messages.ErrorCalendarDurationIsTooLong:                     "Calendar item duration is too long.",
	messages.ErrorCalendarEndDateIsEarlierThanStartDate:         "EndDate is earlier than StartDate.",
	messages.ErrorCalendarInvalidTimeZone:                       "The time zone is invalid.",
	messages.ErrorCalendarIsNotOrganizer:                        "You must be the organizer of the meeting to perform this action.",
	messages.ErrorCalendarIsOrganizerForAccept:                  "AcceptItem action is invalid for the organizer's calendar item.",
	messages.ErrorCalendarIsOrganizerForDecline:                 "DeclineItem action is invalid for the organizer's calendar item.",
	messages.ErrorCalendarIsOrganizerForRemove:                  "RemoveItem action is invalid for the organizer's calendar item.",
	messages.ErrorCalendarIsOrganizerForTentative:               "TentativelyAcceptItem action is invalid for the organizer's calendar item.",
	messages.ErrorCalendarIsCancelledForAccept:                  "AcceptItem action is invalid for a cancelled meeting.",
	messages.ErrorCalendarIsCancelledForDecline:                 "DeclineItem action is invalid for a cancelled meeting.",
	messages.ErrorCalendarIsCancelledForTentative:               "TentativelyAcceptItem action is invalid for a cancelled meeting.",
	messages.ErrorCalendarMeetingRequestIsOutOfDate:             "The meeting request is out of date.",
	messages.ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange: "Occurrence index is out of recurrence range.",
	messages.ErrorCalendarOccurrenceIsDeletedFromRecurrence:     "Occurrence is deleted from the recurrence.",
	messages.ErrorCannotCreateCalendarItemInNonCalendarFolder:   "Cannot create a calendar item in a non-calendar folder.",
	messages.ErrorCannotCreateContactInNonContactFolder:         "Cannot create a contact in a non-contact folder.",
	messages.ErrorCannotCreatePostItemInNonMailFolder:           "Cannot create a post item in a folder that is not a mail folder.",
	messages.ErrorCannotCreateTaskInNonTaskFolder:               "Cannot create a task in a non-task folder.",
	messages.ErrorCannotDeleteTaskOccurrence:                    "The occurrence of the task cannot be deleted.",
	messages.ErrorCannotUseFolderIDForItemID:                    "Id must be an item id, but it is a folder id.",
	messages.ErrorIncorrectUpdatePropertyCount:                  "An object within a change description must contain one and only one property to modify.",
	messages.ErrorInvalidAttachmentID:                           "The specified attachment Id is invalid.",
	messages.ErrorInvalidIDEmpty:                                "Id is empty.",
	messages.ErrorInvalidIDNotAnItemAttachmentID:                "The Id is not an Id of an item attachment.",
	messages.ErrorInvalidCompleteDate:                           "The CompleteDate of a task cannot be set to a time in the future.",
	messages.ErrorInvalidContactEmailAddress:                    "The e-mail address of the contact is invalid.",
	messages.ErrorInvalidExtendedProperty:                       "The extended property attribute combination is invalid.",
	messages.ErrorInvalidExtendedPropertyValue:                  "The value of the extended property does not match its type.",
	messages.ErrorInvalidItemForOperationAcceptItem:             "AcceptItem is valid only for meeting requests and calendar items.",
	messages.ErrorInvalidItemForOperationArchiveItem:            "The item is invalid for the ArchiveItem operation.",
	messages.ErrorInvalidItemForOperationCancelItem:             "CancelCalendarItem is valid only for calendar items.",
	messages.ErrorInvalidItemForOperationCreateItem:             "CreateItem is not supported for items of this type.",
	messages.ErrorInvalidItemForOperationCreateItemAttachment:   "Item attachments of this type cannot be created.",
	messages.ErrorInvalidItemForOperationDeclineItem:            "DeclineItem is valid only for meeting requests and calendar items.",
	messages.ErrorInvalidItemForOperationRemoveItem:             "RemoveItem is valid only for meeting cancellations.",
	messages.ErrorInvalidItemForOperationSendItem:               "SendItem operation is valid only for message items.",
	messages.ErrorInvalidItemForOperationTentative:              "TentativelyAcceptItem is valid only for meeting requests and calendar items.",
	messages.ErrorInvalidPercentCompleteValue:                   "PercentComplete must be between 0 and 100.",
	messages.ErrorInvalidPropertyAppend:                         "Append is not supported for this property.",
	messages.ErrorCreateItemAccessDenied:                        "You do not have permission to create an item in this folder.",
	messages.ErrorInvalidPropertyForOperation:                   "Property is not valid for this operation.",
	messages.ErrorMimeContentConversionFailed:                   "The conversion of the MIME content failed.",
	messages.ErrorOccurrenceCrossingBoundary:                    "Modified occurrence is crossing or overlapping adjacent occurrence.",
	messages.ErrorOccurrenceTimeSpanTooBig:                      "The occurrence is longer than the time between two of its recurrence.",
	messages.ErrorInvalidPropertyDelete:                         "Delete action is not supported for this property.",
	messages.ErrorInvalidPropertySet:                            "Set action is invalid for property.",
	messages.ErrorInvalidPropertyUpdateSentMessage:              "This property cannot be updated on a sent message.",
	messages.ErrorInvalidRecipients:                             "At least one recipient isn't valid.",
	messages.ErrorInvalidReferenceItem:                          "The reference item does not support the requested operation.",
	messages.ErrorInvalidRoutingType:                            "The routing type is invalid.",
	messages.ErrorInvalidSendItemSaveSettings:                   "SavedItemFolderId cannot be specified if SaveItemToFolder is false.",
	messages.ErrorMessageDispositionRequired:                    "Message disposition is required.",
	messages.ErrorMimeContentInvalid:                            "The MIME content is invalid.",
	messages.ErrorMimeContentInvalidBase64String:                "The MIME content is no valid base64 string.",
	messages.ErrorMissingInformationReferenceItemID:             "ReferenceItemId is missing.",
	messages.ErrorMissingItemForCreateItemAttachment:            "The item of the item attachment is missing.",
	messages.ErrorMissingRecipients:                             "The item has no recipients.",
	messages.ErrorMoveCopyFailed:                                "The move or copy operation failed.",
	messages.ErrorNoPropertyTagForCustomProperties:              "Custom properties, those above 0x8000, cannot be named by tag.",
	messages.ErrorPropertyUpdate:                                "An object could not be updated because of invalid property values.",
	messages.ErrorReadReceiptNotPending:                         "No read receipt is pending for the message.",
	messages.ErrorRequiredPropertyMissing:                       "A required property is missing.",
	messages.ErrorSavedItemFolderNotFound:                       "The SavedItemFolderId was not found.",
	messages.ErrorSendAsDenied:                                  "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.",
	messages.ErrorSendMeetingCancellationsRequired:              "SendMeetingCancellations attribute is required for calendar items.",
	messages.ErrorSendMeetingInvitationsOrCancellationsRequired: "SendMeetingInvitationsOrCancellations attribute is required for calendar items.",
	messages.ErrorSendMeetingInvitationsRequired:                "SendMeetingInvitations attribute is required for calendar items.",
	messages.ErrorToFolderNotFound:                              "The destination folder does not exist.",
	messages.ErrorUnsupportedCulture:                            "The culture is not supported.",
	messages.ErrorUnsupportedMapiPropertyType:                   "The MAPI property type is not supported.",
	messages.ErrorUnsupportedMimeConversion:                     "MIME conversion is not supported for items of this type.",
	messages.ErrorUpdatePropertyMismatch:                        "The property in the change description does not match the property in the object.",
}

// propFailure is a failure whose message names the property, as Exchange's do.
func propFailure(code messages.ResponseCode, p types.Path) *failure {
	f := fail(code)
	f.xml = pathXML(p)
	return f
}

// uriFailure is propFailure for a property path.
func uriFailure(code messages.ResponseCode, uri string) *failure {
	return propFailure(code, &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(uri)})
}

// pathXML returns the path as it stands in the MessageXml of an answer.
func pathXML(p types.Path) types.Raw {
	name := "t:FieldURI"
	switch p.(type) {
	case *types.PathToIndexedField:
		name = "t:IndexedFieldURI"
	case *types.PathToExtendedField:
		name = "t:ExtendedFieldURI"
	}
	e := wire.NewEncoder(nil)
	e.Start(name)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	p.EncodeXML(e)
	e.End(name)
	if e.Err() != nil {
		return ""
	}
	return types.Raw(e.Bytes())
}

// updateMessage is the response message of an update.
func updateMessage(err error, conflicts int, items ...types.Item) messages.UpdateItemResponseMessage {
	m := messages.UpdateItemResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError, Items: items,
		ConflictResults: int32(conflicts), Present: messages.UpdateItemResponseMessageHasConflictResults}
	if err != nil {
		m = messages.UpdateItemResponseMessage{Present: messages.UpdateItemResponseMessageHasDescriptiveLinkKey}
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
	}
	return m
}

// pathName returns a path as a text, equal for equal properties.
func pathName(p types.Path) string {
	switch p := p.(type) {
	case *types.PathToUnindexedField:
		return string(p.FieldURI)
	case *types.PathToIndexedField:
		return string(p.FieldURI) + "[" + p.FieldIndex + "]"
	case *types.PathToExtendedField:
		return "extended:" + string(p.DistinguishedPropertySetID) + " " + p.PropertySetID + " " + p.PropertyTag + " " +
			p.PropertyName + " " + strconv.Itoa(int(p.PropertyID)) + " " + string(p.PropertyType)
	}
	return ""
}
