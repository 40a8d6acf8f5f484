// Package ews is the transport: it puts requests into SOAP envelopes, sends
// them, and tells apart what can come back. Typed calls go through it:
//
//	c, err := ews.New(ews.Config{
//		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
//		Auth:     auth.Basic(user, password),
//	})
//	res, err := messages.New(c).FindItem(ctx, &messages.FindItemRequest{...})
//
// # Errors
//
// The error of a call is for the call; that one of several parts of a request
// failed is data of the answer, see [Errors]. By errors.As:
//
//   - [*RequestError]: the request cannot be written, or the server's version
//     lacks something that is in it (*messages.UnsupportedError); nothing was
//     sent
//   - [*TransportError]: no answer came; its field Sent says whether the server
//     may have done what was asked. A proxy's refusal is a [*ProxyError] in it
//   - [*HTTPError], [*BlockedError]: the server refused with an HTTP status
//   - [*ContentError], [*DecodeError], [*TooLargeError]: what came is no answer
//     to the request, or not a whole one
//   - [*FaultError], [*VersionRefusedError]: a SOAP fault, the request was
//     refused as a whole
//   - [*ResponseError]: the server did not do it, or not this part of it
//   - [*StreamError]: the caller's own reader or writer failed
//   - [*ThrottledError]: nothing was sent, for the server has asked for a
//     longer pause than the call may take
//
// By errors.Is: response codes such as messages.ErrorItemNotFound, the classes
// fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, messages.ErrThrottled and
// [ErrBlocked], and, when the context has ended, its error and its cause.
//
// # Repeating
//
// A client fails fast unless Config.Retry is set: each call is sent once. With
// a [Retry] a call is repeated if its operation is idempotent and the failure
// may pass, or if the error says that nothing was done. Nothing is repeated on
// a guess: when the connection breaks after a SendItem was written, the error
// says so and the caller decides. A pause that the server asks one call for
// holds back all calls that share the Retry.
//
// # Time
//
// The context ends every wait: for a place (see [Limiter]), for the
// connection, for the answer's beginning, for each part of its body, and for
// the pause between two attempts. Config.Timeout bounds the time without
// progress, not the time of a transfer.
//
// # Many mailboxes
//
// A Client for a service account, and by [Client.With] and [ActAs] a copy of it
// for each mailbox: they share connections and their number ([Limiter]), and the
// pauses that the server asks for. What is learnt of versions, and the cookies
// that lead to a mailbox's server, are kept for each mailbox.
//
// # Size
//
// Config.MaxResponseBytes bounds what an answer may take of memory. What has
// no bound goes by: [Client.DownloadAttachment], [Client.ExportItem] and
// [ToWriter] write it to an io.Writer while it arrives,
// [Client.UploadAttachment], [Client.UploadItem] and [FromReader] take it from
// an io.Reader while it is sent, [Client.Events] yields the events of a stream
// one by one.
//
// # Secrets
//
// No password, token or cookie gets into an error, a log record or a trace.
package ews
