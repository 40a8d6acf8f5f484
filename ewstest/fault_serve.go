package ewstest

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func sameAddress(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), b) }

// sleep waits, and reports whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// drop closes the connection without an answer.
func (x *exchange) drop() {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return // it is no connection that can be closed, but a recorder
	}
	x.log.commit()
	_ = conn.Close()
}

// served is a request as a rule sees it, whatever protocol it is of.
type served struct {
	refuse func(*refusal) // answers with an error
	// work does what was asked. answer sends the outcome, note only puts it into
	// the log.
	work func(*rule) (answer, note func())
}

// serve treats a request by the rule.
func (r *rule) serve(x *exchange, s served) {
	ctx := x.r.Context()
	if r.Late {
		ctx = context.WithoutCancel(ctx)
	}
	if !sleep(ctx, r.Delay) {
		x.drop() // or net/http would answer with status 200
		return
	}
	for name, values := range r.Header {
		x.w.Header()[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if r.RetryAfter > 0 {
		x.w.Header().Set("Retry-After", strconv.Itoa(int((r.RetryAfter+time.Second-1)/time.Second)))
	}
	switch {
	case r.DropBefore:
		x.drop()
	case r.Code != "":
		f := refuse(r.Code)
		f.text, f.backOff = cmp.Or(r.Text, f.text, string(r.Code)), r.BackOff
		s.refuse(f)
	case r.Body != "":
		x.w.Header().Set("Content-Type", cmp.Or(r.ContentType, "text/html"))
		r.raw(x, cmp.Or(r.Status, http.StatusOK), []byte(r.Body))
	case r.Status == http.StatusUnauthorized:
		x.unauthorized()
	case r.Status != 0:
		x.w.WriteHeader(r.Status)
	default:
		answer, note := s.work(r)
		if r.DropAfter {
			note()
			x.drop()
			return
		}
		answer()
	}
}

// work does the operation, but for the parts that fail.
func (r *rule) work(c *call, h handler, req messages.Message) (messages.Message, error) {
	if len(r.Parts) == 0 {
		return h.do(c, req)
	}
	failed := takeParts(req, r.Parts)
	res, err := h.do(c, req)
	if err == nil {
		r.putParts(res, failed)
	}
	return res, err
}

// takeParts takes parts from the list that a request is a batch of, and returns
// the places of those that were there, in order.
func takeParts(req messages.Message, parts map[int]messages.ResponseCode) []int {
	list := batchOf(reflect.ValueOf(req).Elem())
	if !list.IsValid() {
		return nil
	}
	var taken []int
	kept := reflect.MakeSlice(list.Type(), 0, list.Len())
	for i := range list.Len() {
		if _, bad := parts[i]; bad {
			taken = append(taken, i)
		} else {
			kept = reflect.Append(kept, list.Index(i))
		}
	}
	list.Set(kept)
	return taken
}

// batchOf returns the list of a request that has a response message for each
// element: it is called after what is in it.
func batchOf(req reflect.Value) reflect.Value {
	for _, name := range []string{
		"ItemIDs", "Items", "ItemChanges", "FolderIDs", "Folders", "FolderChanges", "ParentFolderIDs", "AttachmentIDs", "Attachments",
		"SourceIDs", "RelativeFolderPath", "Conversations", "ConversationActions", "Recipients", "MailboxDataArray", "UserIDs", "DelegateUsers",
	} {
		if f := req.FieldByName(name); f.IsValid() && f.Kind() == reflect.Slice {
			return f
		}
	}
	return reflect.Value{}
}

// putParts puts a response message into the answer for each part that was
// taken from the request.
func (r *rule) putParts(res messages.Message, taken []int) {
	list := reflect.ValueOf(res).Elem().FieldByName("ResponseMessages")
	if !list.IsValid() || list.Kind() != reflect.Slice || list.Type().Elem().Kind() != reflect.Struct {
		return
	}
	all := make([]reflect.Value, 0, list.Len()+len(taken))
	for i := range list.Len() {
		all = append(all, list.Index(i))
	}
	for _, i := range taken {
		all = slices.Insert(all, min(i, len(all)), r.part(list.Type().Elem(), r.Parts[i]))
	}
	out := reflect.MakeSlice(list.Type(), 0, len(all))
	list.Set(reflect.Append(out, all...))
}

// part returns a response message of the type that says that its part failed.
func (r *rule) part(t reflect.Type, code messages.ResponseCode) reflect.Value {
	m := reflect.New(t).Elem()
	put := func(name string, value any) {
		f, v := m.FieldByName(name), reflect.ValueOf(value)
		if f.IsValid() && f.Type() == v.Type() {
			f.Set(v)
		}
	}
	put("ResponseClass", types.ResponseClassError)
	put("ResponseCode", code)
	put("MessageText", cmp.Or(r.Text, textOf(code), string(code)))
	if r.BackOff > 0 {
		put("MessageXML", types.Raw(backOffXML(r.BackOff)))
	}
	return m
}

// write sends the answer to a request that was hit.
func (r *rule) write(x *exchange, status int, body []byte) {
	if r.Status != 0 {
		status = r.Status
	}
	r.raw(x, status, body)
}

// raw sends a body, lengthened, cut off and slowly as the rule says.
func (r *rule) raw(x *exchange, status int, body []byte) {
	pad := max(r.Padding, 0)
	end := len(body)
	if i := bytes.LastIndex(body, []byte("</s:Body>")); pad > 0 && i >= 0 {
		end = i
	}
	total := int64(len(body)) + pad
	x.w.Header().Set("Content-Length", strconv.FormatInt(total, 10))
	x.w.WriteHeader(status)
	limit := total
	if r.Truncate > 0 {
		// With less than was announced the connection is closed.
		limit = min(limit, int64(r.Truncate))
	}
	p := &piecemeal{x: x, rule: r, left: limit}
	if !p.write(body[:end]) {
		return
	}
	blank := []byte(strings.Repeat(" ", 1<<15))
	for ; pad > 0; pad -= int64(len(blank)) {
		if !p.write(blank[:min(pad, int64(len(blank)))]) {
			return
		}
	}
	p.write(body[end:])
}

// piecemeal writes an answer up to a limit, with pauses.
type piecemeal struct {
	x    *exchange
	rule *rule
	left int64
}

// write reports whether there is more to write.
func (p *piecemeal) write(b []byte) bool {
	b = b[:min(int64(len(b)), p.left)]
	p.left -= int64(len(b))
	size := len(b)
	if p.rule.Drip > 0 {
		size = cmp.Or(p.rule.DripBytes, 512)
	}
	for piece := range slices.Chunk(b, max(size, 1)) {
		if _, err := p.x.w.Write(piece); err != nil {
			return false
		}
		if p.rule.Drip > 0 {
			_ = http.NewResponseController(p.x.w).Flush()
			if !sleep(p.x.r.Context(), p.rule.Drip) {
				return false
			}
		}
	}
	return p.left > 0
}
