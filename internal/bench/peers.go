package bench

import (
	"encoding/xml"
	"time"
)

// The structs that encoding/xml decodes into and encodes from: what the
// generated ones hold of the fields that the inputs have.
type (
	xEnvelope struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    xBody    `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	xBody struct {
		FindItem        *xAnswer[xFindMessage]   `xml:"http://schemas.microsoft.com/exchange/services/2006/messages FindItemResponse"`
		GetItem         *xAnswer[xGetMessage]    `xml:"http://schemas.microsoft.com/exchange/services/2006/messages GetItemResponse"`
		SyncFolderItems *xAnswer[xSyncMessage]   `xml:"http://schemas.microsoft.com/exchange/services/2006/messages SyncFolderItemsResponse"`
		GetAttachment   *xAnswer[xAttachMessage] `xml:"http://schemas.microsoft.com/exchange/services/2006/messages GetAttachmentResponse"`
		Events          *xAnswer[xEventMessage]  `xml:"http://schemas.microsoft.com/exchange/services/2006/messages GetStreamingEventsResponse"`
	}
	xAnswer[M any] struct {
		Messages struct {
			List []M `xml:",any"`
		} `xml:"ResponseMessages"`
	}
	xStatus struct {
		Class string `xml:"ResponseClass,attr"`
		Code  string `xml:"ResponseCode"`
	}
	xFindMessage struct {
		xStatus
		RootFolder struct {
			IndexedPagingOffset     int  `xml:"IndexedPagingOffset,attr"`
			TotalItemsInView        int  `xml:"TotalItemsInView,attr"`
			IncludesLastItemInRange bool `xml:"IncludesLastItemInRange,attr"`
			Items                   struct {
				Messages []*xMessage      `xml:"Message"`
				Calendar []*xCalendarItem `xml:"CalendarItem"`
			} `xml:"Items"`
		} `xml:"RootFolder"`
	}
	xGetMessage struct {
		xStatus
		Items struct {
			Messages []*xMessage `xml:"Message"`
		} `xml:"Items"`
	}
	xSyncMessage struct {
		xStatus
		SyncState               string
		IncludesLastItemInRange bool
		Changes                 struct {
			List []xChange `xml:",any"`
		} `xml:"Changes"`
	}
	xChange struct {
		XMLName xml.Name
		Message *xMessage `xml:"Message"`
		ItemID  *xID      `xml:"ItemId"`
		IsRead  *bool     `xml:"IsRead"`
	}
	xAttachMessage struct {
		xStatus
		Attachments struct {
			Files []*xFile `xml:"FileAttachment"`
		} `xml:"Attachments"`
	}
	xFile struct {
		ID          xID    `xml:"AttachmentId"`
		Name        string `xml:"Name"`
		ContentType string `xml:"ContentType"`
		Content     xBytes `xml:"Content"`
	}
	xEventMessage struct {
		xStatus
		Notifications struct {
			List []xNotification `xml:"Notification"`
		} `xml:"Notifications"`
	}
	xNotification struct {
		SubscriptionID string   `xml:"SubscriptionId"`
		Events         []xEvent `xml:",any"`
	}
	xEvent struct {
		XMLName        xml.Name
		TimeStamp      time.Time
		ItemID         xID `xml:"ItemId"`
		ParentFolderID xID `xml:"ParentFolderId"`
	}
	xID struct {
		ID        string `xml:"Id,attr"`
		ChangeKey string `xml:"ChangeKey,attr,omitempty"`
	}
	xMailbox struct {
		Name         string `xml:"Name"`
		EmailAddress string `xml:"EmailAddress"`
		RoutingType  string `xml:"RoutingType"`
		MailboxType  string `xml:"MailboxType"`
	}
	xRecipient struct {
		Mailbox xMailbox `xml:"Mailbox"`
	}
	xRecipients struct {
		Mailbox []xMailbox `xml:"Mailbox"`
	}
	xRights struct {
		CreateAssociated, CreateContents, CreateHierarchy, Delete, Modify, Read, ViewPrivateItems bool
	}
	xItem struct {
		ItemID           xID `xml:"ItemId"`
		ParentFolderID   xID `xml:"ParentFolderId"`
		ItemClass        string
		Subject          string
		Sensitivity      string
		Body             *xHTML `xml:"Body,omitempty"`
		DateTimeReceived time.Time
		Size             int
		Categories       *struct {
			String []string `xml:"String"`
		} `xml:"Categories,omitempty"`
		Importance      string
		InReplyTo       string `xml:"InReplyTo,omitempty"`
		IsSubmitted     bool
		IsDraft         bool
		IsFromMe        bool
		IsResend        bool
		IsUnmodified    bool
		DateTimeSent    time.Time
		DateTimeCreated time.Time
		ResponseObjects struct {
			List []struct {
				XMLName xml.Name
			} `xml:",any"`
		} `xml:"ResponseObjects"`
		ReminderDueBy                time.Time
		ReminderIsSet                bool
		ReminderMinutesBeforeStart   int
		DisplayCc                    string
		DisplayTo                    string
		HasAttachments               bool
		Culture                      string
		EffectiveRights              xRights
		LastModifiedName             string
		LastModifiedTime             time.Time
		IsAssociated                 bool
		WebClientReadFormQueryString string
		ConversationID               xID `xml:"ConversationId"`
		Flag                         struct{ FlagStatus string }
		InstanceKey                  xBytes
		Preview                      string `xml:"Preview,omitempty"`
	}
	xHTML struct {
		BodyType    string `xml:"BodyType,attr"`
		IsTruncated bool   `xml:"IsTruncated,attr"`
		Value       string `xml:",chardata"`
	}
	xMessage struct {
		xItem
		Sender                     xRecipient
		ToRecipients               *xRecipients `xml:"ToRecipients,omitempty"`
		CcRecipients               *xRecipients `xml:"CcRecipients,omitempty"`
		IsReadReceiptRequested     bool
		IsDeliveryReceiptRequested bool
		ConversationIndex          xBytes
		ConversationTopic          string
		From                       xRecipient
		InternetMessageID          string `xml:"InternetMessageId"`
		IsRead                     bool
		IsResponseRequested        bool
		References                 string `xml:"References,omitempty"`
		ReceivedBy                 xRecipient
	}
	xCalendarItem struct {
		xItem
		UID                   string
		DateTimeStamp         time.Time
		Start, End            time.Time
		IsAllDayEvent         bool
		LegacyFreeBusyStatus  string
		Location              string
		IsMeeting             bool
		IsCancelled           bool
		IsRecurring           bool
		MeetingRequestWasSent bool
		IsResponseRequested   bool
		CalendarItemType      string
		MyResponseType        string
		Organizer             xRecipient
		RequiredAttendees     struct {
			Attendee []struct {
				Mailbox          xMailbox
				ResponseType     string
				LastResponseTime time.Time
			}
		}
		Duration                  string
		TimeZone                  string
		AppointmentReplyTime      time.Time
		AppointmentSequenceNumber int
		AppointmentState          int
		StartTimeZoneID           string `xml:"StartTimeZoneId"`
		EndTimeZoneID             string `xml:"EndTimeZoneId"`
	}
)
