package ewstest

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// failure is why one part of a request was not done: what a response message
// says.
type failure struct {
	code messages.ResponseCode
	text string
	xml  types.Raw
}

func (f *failure) Error() string { return string(f.code) + ": " + f.text }

// fail returns a failure with the text that Exchange gives for the code.
func fail(code messages.ResponseCode) *failure { return &failure{code: code, text: textOf(code)} }

// textOf returns what Exchange says for the code.
func textOf(code messages.ResponseCode) string {
	return cmp.Or(texts[code], itemTexts[code], searchTexts[code])
}

// failf returns a failure with another text.
func failf(code messages.ResponseCode, format string, args ...any) *failure {
	return &failure{code: code, text: fmt.Sprintf(format, args...)}
}

// refusal is why a request as a whole was not done: a SOAP fault.
type refusal struct {
	code      messages.ResponseCode
	text      string
	line      int // of a violation of the schema; 0 if there is none
	column    int
	violation string
	backOff   time.Duration // 0 if there is none
}

func (r *refusal) Error() string { return string(r.code) + ": " + r.text }

// asFailure returns err as a failure; what is none is an internal error.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return failf(messages.ErrorInternalServerError, "An internal server error occurred. The operation failed. %v", err)
}

// texts are what Exchange says for a code, in English. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode.
var texts = map[messages.ResponseCode]string{
	messages.ErrorAccessDenied:                                   "Access is denied. Check credentials and try again.",
	messages.ErrorCannotDeleteObject:                             "Object cannot be deleted.",
	messages.ErrorCannotEmptyFolder:                              "Folder cannot be emptied.",
	messages.ErrorCannotSetCalendarPermissionOnNonCalendarFolder: "Expected a PermissionSet but received a CalendarPermissionSet.",
	messages.ErrorCannotSetNonCalendarPermissionOnCalendarFolder: "Expected a CalendarPermissionSet but received a PermissionSet.",
	messages.ErrorCannotSetPermissionUnknownEntries:              "Cannot set UnknownEntries on a PermissionSet or CalendarPermissionSet.",
	messages.ErrorCannotUseItemIDForFolderID:                     "Expected a folder Id but received an item Id.",
	messages.ErrorChangeKeyRequired:                              "A change key is required for this operation.",
	messages.ErrorChangeKeyRequiredForWriteOperations:            "A change key is required for this operation.",
	messages.ErrorCreateSubfolderAccessDenied:                    "Unable to create subfolder. The user account does not have the right to create subfolders.",
	messages.ErrorCrossMailboxMoveCopy:                           "Move and Copy operations across mailbox boundaries are not permitted.",
	messages.ErrorDeleteDistinguishedFolder:                      "Distinguished folders cannot be deleted.",
	messages.ErrorDuplicateUserIDsSpecified:                      "The specified permission set contains duplicate UserIds.",
	messages.ErrorEmailAddressMismatch:                           "The e-mail address does not match that of the mailbox.",
	messages.ErrorFolderNotFound:                                 "The specified folder could not be found in the store.",
	messages.ErrorFolderSavePropertyError:                        "The folder save operation failed due to invalid property values.",
	messages.ErrorImpersonateUserDenied:                          "The account does not have permission to impersonate the requested user.",
	messages.ErrorInternalServerError:                            "An internal server error occurred. The operation failed.",
	messages.ErrorInvalidChangeKey:                               "The change key is invalid.",
	messages.ErrorInvalidExchangeImpersonationHeaderData:         "An ExchangeImpersonation SOAP header must contain a user principal name, user SID, or primary SMTP address.",
	messages.ErrorInvalidFolderID:                                "The specified folder id is invalid.",
	messages.ErrorInvalidFolderTypeForOperation:                  "The folder type is invalid for this operation.",
	messages.ErrorInvalidIDMalformed:                             "Id is malformed.",
	messages.ErrorInvalidParentFolder:                            "Cannot create a subfolder within a SearchFolder.",
	messages.ErrorInvalidPermissionSettings:                      "The permission settings were not valid.",
	messages.ErrorInvalidPropertyRequest:                         "Property is not valid for this object type.",
	messages.ErrorInvalidRequest:                                 "The request is invalid.",
	messages.ErrorInvalidSchemaVersionForMailboxVersion:          "The request is not valid for the version of the mailbox's server.",
	messages.ErrorInvalidServerVersion:                           "The specified server version is invalid.",
	messages.ErrorInvalidSid:                                     "A SID with an invalid format was encountered.",
	messages.ErrorInvalidUserInfo:                                "A UserId was not valid.",
	messages.ErrorInvalidUserPrincipalName:                       "The impersonation principal name is invalid.",
	messages.ErrorInvalidUserSid:                                 "The user SID is invalid or does not map to a user in the Active Directory.",
	messages.ErrorIrresolvableConflict:                           "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
	messages.ErrorItemNotFound:                                   "The specified object was not found in the store.",
	messages.ErrorMailRecipientNotFound:                          "The mailbox of the user was not found.",
	messages.ErrorMissingUserIDInformation:                       "Missing information for delegate user. You must either specify a valid SMTP address or SID.",
	messages.ErrorMoveDistinguishedFolder:                        "Cannot move distinguished folder.",
	messages.ErrorNoFolderClassOverride:                          "You cannot specify the FolderClass when creating a non-generic folder.",
	messages.ErrorNonExistentMailbox:                             "The SMTP address has no mailbox associated with it.",
	messages.ErrorObjectTypeChanged:                              "Operation would change object type, which is not permitted.",
	messages.ErrorParentFolderNotFound:                           "The specified parent folder could not be found.",
	messages.ErrorSchemaValidation:                               "The request failed schema validation",
	messages.ErrorServerBusy:                                     "The server cannot service this request right now. Try again later.",
	messages.ErrorStaleObject:                                    "The object is stale.",
	messages.ErrorTimeZone:                                       "The time zone isn't valid.",
}

// The response messages of several operations.

func (f *failure) status() (types.ResponseClass, messages.ResponseCode, string, types.Raw) {
	if f == nil {
		return types.ResponseClassSuccess, messages.NoError, "", ""
	}
	return types.ResponseClassError, f.code, f.text, f.xml
}

func plainMessage(err error) messages.ResponseMessage {
	m := messages.ResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	if err != nil {
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
		m.Present |= messages.ResponseMessageHasDescriptiveLinkKey
	}
	return m
}

func folderMessage(err error, folders ...types.BaseFolder) messages.FolderInfoResponseMessage {
	m := messages.FolderInfoResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError, Folders: folders}
	if err != nil {
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
		m.Folders = nil
		m.Present |= messages.FolderInfoResponseMessageHasDescriptiveLinkKey
	}
	return m
}

func itemMessage(err error, items ...types.Item) messages.ItemInfoResponseMessage {
	m := messages.ItemInfoResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError, Items: items}
	if err != nil {
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
		m.Items = nil
		m.Present |= messages.ItemInfoResponseMessageHasDescriptiveLinkKey
	}
	return m
}
