package bench

import (
	"bytes"
	"hash/crc64"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// noise gives size bytes that look random, and their checksum as far as read.
type noise struct {
	left int64
	x    uint64
	sum  uint64
}

var table = crc64.MakeTable(crc64.ECMA)

func (n *noise) Read(p []byte) (int, error) {
	if n.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), n.left, 50_000)]
	for i := range p {
		n.x = n.x*6364136223846793005 + 1442695040888963407
		p[i] = byte(n.x >> 56)
	}
	n.left -= int64(len(p))
	n.sum = crc64.Update(n.sum, table, p)
	return len(p), nil
}

// peak says by how much the heap exceeded what it was, at most, while f ran.
func peak(f func()) uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	idle, high := m.HeapAlloc, m.HeapAlloc
	var stop atomic.Bool
	done := make(chan uint64)
	go func() {
		for !stop.Load() {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			high = max(high, m.HeapAlloc)
			time.Sleep(time.Millisecond)
		}
		done <- high - idle
	}()
	f()
	stop.Store(true)
	return <-done
}

// upload returns a CreateAttachment request whose content is src.
func upload(t testing.TB, src io.Reader, size int64) *wire.Document {
	marker := []byte{0}
	req := &messages.CreateAttachmentRequest{
		ParentItemID: types.ItemID{ID: "AAMk"},
		Attachments:  []types.Attachment{&types.FileAttachment{Name: "dump.bin", Content: marker}},
	}
	e := wire.NewEncoder(nil)
	e.FromReaders(func(name string, v []byte) (io.Reader, int64) {
		if len(v) == 1 && &v[0] == &marker[0] {
			return src, size
		}
		return nil, 0
	})
	e.Start(messages.OpCreateAttachment.Request)
	e.AttrString("xmlns:m", wire.MessagesURI, true)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	req.EncodeXML(e)
	e.End(messages.OpCreateAttachment.Request)
	if err := e.Err(); err != nil {
		t.Fatal(err)
	}
	return e.Document()
}

// pass sends size bytes up as an attachment and reads the request as a server
// would, the content diverted to w.
func pass(t testing.TB, size int64, w io.Writer) (*noise, *types.FileAttachment) {
	src := &noise{left: size}
	doc := upload(t, src, size)
	want := doc.Len()
	r, pw := io.Pipe()
	sent := make(chan int64, 1)
	go func() {
		n, err := io.Copy(pw, doc)
		pw.CloseWithError(err)
		sent <- n
	}()
	d := wire.NewDecoder(r, wire.Limits{MaxBytes: 4 << 30, MaxText: 1 << 20})
	d.Divert(func(name string) io.Writer {
		if name == "Content" {
			return w
		}
		return nil
	})
	var req messages.CreateAttachmentRequest
	if d.Root() {
		req.DecodeXML(d)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	if n := <-sent; n != want {
		t.Fatalf("%d bytes sent, %d announced", n, want)
	}
	return src, req.Attachments[0].(*types.FileAttachment)
}

// TestStream: an attachment passes up and down, through base64, in a window.
// GOEWS_STREAM is its size in MiB, 64 by default.
func TestStream(t *testing.T) {
	size := int64(64)
	if s := os.Getenv("GOEWS_STREAM"); s != "" {
		size, _ = strconv.ParseInt(s, 10, 64)
	}
	size = size<<20 + 1
	sum := crc64.New(table)
	var src *noise
	var file *types.FileAttachment
	high := peak(func() { src, file = pass(t, size, sum) })
	if sum.Sum64() != src.sum || src.left > 0 {
		t.Error("what arrived is not what was sent")
	}
	if file.Name != "dump.bin" || file.Content != nil {
		t.Errorf("attachment %q with %d bytes in memory, want dump.bin with none", file.Name, len(file.Content))
	}
	if high > 16<<20 {
		t.Errorf("%d KiB above the idle heap, want at most 16 MiB", high>>10)
	}
	t.Logf("%d MiB up and down, %d KiB above the idle heap", size>>20, high>>10)
}

// BenchmarkStream passes 1 GiB up and down.
func BenchmarkStream(b *testing.B) {
	const size = 1 << 30
	b.SetBytes(size)
	for b.Loop() {
		high := peak(func() { pass(b, size, io.Discard) })
		b.ReportMetric(float64(high)/1024, "KiB-above-idle")
	}
}

// TestStreamSizes: a source that breaks its word breaks the document off.
func TestStreamSizes(t *testing.T) {
	for _, tt := range []struct {
		given, said int64
		want        string
	}{
		{10, 10, ""}, {10, -1, ""}, {0, 0, ""}, {0, -1, ""}, {100_000, 100_000, ""}, {100_001, -1, ""},
		{10, 11, "gave 10 bytes, 11 were announced"}, {11, 10, "gave 11 bytes, 10 were announced"},
	} {
		var b bytes.Buffer
		doc := upload(t, &noise{left: tt.given}, tt.said)
		n := doc.Len()
		_, err := doc.WriteTo(&b)
		switch {
		case tt.want != "":
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%d bytes, %d said: error %v, want %q", tt.given, tt.said, err, tt.want)
			}
		case err != nil:
			t.Errorf("%d bytes, %d said: %v", tt.given, tt.said, err)
		case tt.said >= 0 && n != int64(b.Len()) || tt.said < 0 && n != -1:
			t.Errorf("%d bytes, %d said: length %d, want %d", tt.given, tt.said, n, b.Len())
		}
	}
}

// trickle gives a stream byte by byte and counts them.
type trickle struct {
	in    []byte
	given int
}

func (t *trickle) Read(p []byte) (int, error) {
	if t.given == len(t.in) {
		return 0, io.EOF
	}
	p[0] = t.in[t.given]
	t.given++
	return 1, nil
}

// TestEventsArrive: an event is there when its last byte has arrived, though
// the envelope goes on.
func TestEventsArrive(t *testing.T) {
	w := newWriter()
	for range 3 {
		w.notification()
	}
	in := []byte(w.b.String())
	var ends []int
	for _, name := range []string{"CreatedEvent", "NewMailEvent", "ModifiedEvent", "DeletedEvent"} {
		for at := 0; ; {
			i := bytes.Index(in[at:], []byte("</t:"+name+">"))
			if i < 0 {
				break
			}
			at += i + len("</t:>") + len(name)
			ends = append(ends, at)
		}
	}
	src := &trickle{in: in}
	d := wire.NewDecoder(src, wire.Limits{})
	n := 0
	seen := map[int]bool{}
	for ok := d.Root(); ok; ok = d.NextDocument() {
		for d.ChildNamed(wire.NSSOAP, "Body") {
			for d.Child() {
				for d.ChildNamed(wire.NSMessages, "ResponseMessages") {
					for d.Child() {
						for d.ChildNamed(wire.NSMessages, "Notifications") {
							for d.ChildNamed(wire.NSTypes, "Notification") {
								for d.Child() {
									if string(d.Name()) == "SubscriptionId" {
										d.Skip()
										continue
									}
									event := types.DecodeNotificationEvent(d)
									if event == nil {
										t.Fatal("no event")
									}
									seen[src.given] = true
									n++
								}
							}
						}
					}
				}
			}
		}
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	if n != len(ends) || n == 0 {
		t.Fatalf("%d events, want %d", n, len(ends))
	}
	for _, end := range ends {
		if !seen[end] {
			t.Errorf("the event that ends at byte %d was not there when that had arrived", end)
		}
	}
}
