package ews

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// StreamError says that a call ended because the caller's reader or writer
// failed, to whose error it unwraps.
type StreamError struct {
	Op string
	// Upload says that it was the reader of what was to be sent: the request
	// broke off, and nothing was done. Else it was the writer.
	Upload bool
	Err    error
}

// Error says which it was.
func (e *StreamError) Error() string {
	if e.Upload {
		return fmt.Sprintf("ews: %s: nothing was done, for what was to be sent cannot be read: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("ews: %s: what came cannot be written: %v", e.Op, e.Err)
}

// Unwrap returns the error of the reader or writer.
func (e *StreamError) Unwrap() error { return e.Err }

// DownloadAttachment calls GetAttachment for one attachment, and writes its
// content to w while it arrives. It returns what else is said about the
// attachment: a *types.FileAttachment without Content; a
// *types.ItemAttachment, of which nothing goes to w. The memory that it takes
// does not grow with the content, and Config.MaxResponseBytes does not apply
// to it. Once something was written the call is not repeated; after an error w
// has the beginning of the content.
//
// See https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation.
func (c *Client) DownloadAttachment(ctx context.Context, id string, w io.Writer) (types.Attachment, error) {
	op := messages.OpGetAttachment
	req := &messages.GetAttachmentRequest{AttachmentIDs: []types.RequestAttachmentID{{ID: id}}}
	res := new(messages.GetAttachmentResponse)
	if err := c.invokeOne(ctx, op, req, res, ToWriter(res, "Content", w)); err != nil {
		return nil, err
	}
	if list := res.ResponseMessages[0].Attachments; len(list) == 1 {
		return list[0], nil
	}
	return nil, &DecodeError{Op: op.Name, Err: fmt.Errorf("the answer has %d attachments, want 1", len(res.ResponseMessages[0].Attachments))}
}

// UploadAttachment calls CreateAttachment for one file, whose content is what
// r gives: it is read, encoded and sent piece by piece. file.Content is not
// looked at. It returns the id of the attachment, and of the item that it is
// in now.
//
// The memory that it takes does not grow with the content. If r is an
// io.Seeker it is read again, from where it stood, when the call may be
// repeated; else the call is made once. If the length of what r gives is not
// known from an io.Seeker or a method Len, the request goes in chunks, which
// some servers do not take. Servers have limits of their own, such as 35 MB.
//
// See https://learn.microsoft.com/exchange/client-developer/web-service-reference/createattachment-operation.
func (c *Client) UploadAttachment(ctx context.Context, parent types.ItemID, file types.FileAttachment, r io.Reader) (types.AttachmentID, error) {
	op := messages.OpCreateAttachment
	file.Content = []byte{0}
	req := &messages.CreateAttachmentRequest{ParentItemID: parent, Attachments: []types.Attachment{&file}}
	res := new(messages.CreateAttachmentResponse)
	if err := c.invokeOne(ctx, op, FromReader(req, file.Content, r), res, res); err != nil {
		return types.AttachmentID{}, err
	}
	if list := res.ResponseMessages[0].Attachments; len(list) == 1 {
		if f, ok := list[0].(*types.FileAttachment); ok {
			return f.AttachmentID, nil
		}
	}
	return types.AttachmentID{}, &DecodeError{Op: op.Name, Err: errors.New("the answer does not have the one file attachment that was sent")}
}

// ExportItem calls ExportItems for one item, and writes its data to w as
// DownloadAttachment does. UploadItem takes it. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/exportitems-operation.
func (c *Client) ExportItem(ctx context.Context, id types.ItemID, w io.Writer) error {
	req := &messages.ExportItemsRequest{ItemIDs: []types.ItemID{id}}
	res := new(messages.ExportItemsResponse)
	return c.invokeOne(ctx, messages.OpExportItems, req, res, ToWriter(res, "Data", w))
}

// UploadItem calls UploadItems for one item, whose data is what r gives, as
// UploadAttachment does; item.Data is not looked at. It returns the id of the
// item. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/uploaditems-operation.
func (c *Client) UploadItem(ctx context.Context, item types.UploadItem, r io.Reader) (types.ItemID, error) {
	item.Data = []byte{0}
	req := &messages.UploadItemsRequest{Items: []types.UploadItem{item}}
	res := new(messages.UploadItemsResponse)
	if err := c.invokeOne(ctx, messages.OpUploadItems, FromReader(req, item.Data, r), res, res); err != nil {
		return types.ItemID{}, err
	}
	return res.ResponseMessages[0].ItemID, nil
}

// invokeOne makes a call with one part; that this part failed is its error.
func (c *Client) invokeOne(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Batch, into messages.Unmarshaler) error {
	if err := c.Invoke(ctx, op, req, into); err != nil {
		return err
	}
	all := res.Statuses()
	if len(all) != 1 {
		return &DecodeError{Op: op.Name, Err: fmt.Errorf("the answer has %d parts, want 1", len(all))}
	}
	if s := all[0]; s.Failed() {
		return &ResponseError{Op: op.Name, Index: -1, Code: s.Code, Text: s.Text, XML: s.XML}
	}
	return nil
}

// ToWriter returns a place for the answer of Invoke: res, but that what the
// elements called name hold, base64 by their type, goes to w while it arrives,
// one behind the other, and their fields stay nil. Config.MaxResponseBytes does
// not apply to it. DownloadAttachment and ExportItem are made with it.
func ToWriter(res messages.Unmarshaler, name string, w io.Writer) messages.Unmarshaler {
	return &diverted{Unmarshaler: res, name: name, w: w}
}

// diverted is an answer of which a part goes to a writer.
type diverted struct {
	messages.Unmarshaler
	name string
	w    io.Writer

	limit *bounded // of the answer that is read
	wrote bool
	err   error // of w
}

// Write passes on what has arrived.
func (d *diverted) Write(p []byte) (int, error) {
	d.wrote = d.wrote || len(p) > 0
	n, err := d.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	d.err = err
	// What it took on the wire does not count: 4 for 3, and line ends.
	d.limit.left += int64(len(p)) * 3 / 2
	return n, err
}

// Reset implements Resetter: what was written stays so.
func (d *diverted) Reset() bool { return !d.wrote && reset(d.Unmarshaler) }

// divert makes the decoder pass values on.
func (d *diverted) divert(from *wire.Decoder, limit *bounded) {
	d.limit = limit
	from.Divert(func(name string) io.Writer {
		if name == d.name {
			return d
		}
		return nil
	})
}

// answerOf returns the answer behind what diverts parts of it.
func answerOf(res messages.Unmarshaler) messages.Unmarshaler {
	for {
		d, ok := res.(*diverted)
		if !ok {
			return res
		}
		res = d.Unmarshaler
	}
}

// FromReader returns a request for Invoke: req, but that the value of the
// []byte field that holds marker, the very slice, of at least a byte, is what
// r gives, encoded while it is sent. UploadAttachment and UploadItem are made
// with it, and say what r may be.
func FromReader(req messages.Marshaler, marker []byte, r io.Reader) messages.Marshaler {
	s := &source{marker: marker, r: r, size: -1}
	if l, ok := r.(interface{ Len() int }); ok {
		s.size = int64(l.Len())
	}
	if seeker, ok := r.(io.Seeker); ok {
		if at, err := seeker.Seek(0, io.SeekCurrent); err == nil {
			s.seeker, s.start = seeker, at
			if end, err := seeker.Seek(0, io.SeekEnd); err == nil {
				s.size = end - at
			}
			if _, err := seeker.Seek(at, io.SeekStart); err != nil {
				s.err = err
			}
		}
	}
	return &spliced{Marshaler: req, source: s}
}

// spliced is a request of which a value comes from a reader.
type spliced struct {
	messages.Marshaler
	source *source
}

// requestOf returns the request behind what takes parts of it from readers.
func requestOf(req messages.Marshaler) messages.Marshaler {
	for {
		s, ok := req.(*spliced)
		if !ok {
			return req
		}
		req = s.Marshaler
	}
}

// sourcesOf returns the readers of a request.
func sourcesOf(req messages.Marshaler) (all []*source) {
	for {
		s, ok := req.(*spliced)
		if !ok {
			return all
		}
		all = append(all, s.source)
		req = s.Marshaler
	}
}

// source is a reader of what is to be sent, once or more. Attempts follow each
// other, but the transport may still read for one that has failed.
type source struct {
	marker []byte
	size   int64 // -1 if not known
	seeker io.Seeker
	start  int64

	mu      sync.Mutex
	r       io.Reader
	attempt int
	used    bool
	err     error // of r
}

var errSuperseded = errors.New("ews: another attempt reads the content now")

// errUsed is the error of a request that would have to be sent again.
var errUsed = errors.New("its content has been read, and its reader is no io.Seeker")

// again reports whether the source can be read from its beginning.
func (s *source) again() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.used || s.seeker != nil
}

// open returns a reader for the next attempt.
func (s *source) open() (io.Reader, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempt++
	if s.used {
		if s.seeker == nil {
			return nil, errUsed
		}
		if _, err := s.seeker.Seek(s.start, io.SeekStart); err != nil {
			return nil, err
		}
		s.used = false
	}
	attempt := s.attempt
	return readerFunc(func(p []byte) (int, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.attempt != attempt {
			return 0, errSuperseded
		}
		s.used = true
		n, err := s.r.Read(p)
		if err != nil && err != io.EOF {
			s.err = err
		}
		return n, err
	}), nil
}

// failed returns the error of the reader.
func (s *source) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// repeatable reports whether a request can be sent any number of times.
func (r request) repeatable() bool {
	for _, s := range r.sources {
		if s.seeker == nil {
			return false
		}
	}
	return true
}

// failed returns the error of one of the request's readers; nil if none has
// failed.
func (r request) failed() error {
	for _, s := range r.sources {
		if err := s.failed(); err != nil {
			return err
		}
	}
	return nil
}

// Rewind readies request and answer of a call to be sent another time, for an
// Invoker that repeats calls by itself: a reader of FromReader goes back to
// its start, the answer is emptied. It returns false if that cannot be done.
func Rewind(req messages.Marshaler, res messages.Unmarshaler) bool { return again(req) && reset(res) }

// again reports whether a request can be sent another time.
func again(req messages.Marshaler) bool {
	for _, s := range sourcesOf(req) {
		if !s.again() {
			return false
		}
	}
	return true
}

// transferring returns the place of a request that may have to wait for the
// caller's reader or writer, nil for any other.
func transferring(p *place, body request, to receiver) *place {
	if d, ok := to.(decodeInto); ok {
		if _, ok := d.res.(*diverted); ok || len(body.sources) > 0 {
			return p
		}
	}
	return nil
}
