package ews_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

const (
	attachmentStart = `<m:GetAttachmentResponse><m:ResponseMessages><m:GetAttachmentResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
		`<m:Attachments><t:FileAttachment><t:AttachmentId Id="A="/><t:Name>dump.bin</t:Name><t:Content>`
	attachmentEnd = `</t:Content></t:FileAttachment></m:Attachments></m:GetAttachmentResponseMessage></m:ResponseMessages></m:GetAttachmentResponse>`
	exportStart   = `<m:ExportItemsResponse><m:ResponseMessages><m:ExportItemsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:ItemId Id="AAA="/><m:Data>`
	exportEnd     = `</m:Data></m:ExportItemsResponseMessage></m:ResponseMessages></m:ExportItemsResponse>`
	created1      = `<m:CreateAttachmentResponse><m:ResponseMessages><m:CreateAttachmentResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
		`<m:Attachments><t:FileAttachment><t:AttachmentId Id="A=" RootItemId="I=" RootItemChangeKey="K="/></t:FileAttachment></m:Attachments></m:CreateAttachmentResponseMessage></m:ResponseMessages></m:CreateAttachmentResponse>`
	uploaded1 = `<m:UploadItemsResponse><m:ResponseMessages><m:UploadItemsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:ItemId Id="N="/></m:UploadItemsResponseMessage></m:ResponseMessages></m:UploadItemsResponse>`
)

// content returns n bytes, the same for the same n.
func content(n int) []byte {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// lines is base64 as servers send it: in lines.
func lines(b []byte, width int) string {
	s := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for len(s) > width {
		out.WriteString(s[:width] + "\r\n")
		s = s[width:]
	}
	return out.String() + s
}

func download(ctx context.Context, c *ews.Client, w io.Writer) error {
	_, err := c.DownloadAttachment(ctx, "A=", w)
	return err
}

func TestDownload(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 1000, 100_000, 1 << 20} {
		for _, width := range []int{76, 4, 1 << 30} {
			if width == 4 && n > 100_000 {
				continue
			}
			// The limit is below the content, and above all else.
			body := envelope(attachmentStart + lines(content(n), width) + attachmentEnd)
			c, _ := faked(t, ews.Config{MaxResponseBytes: 3000}, func(int, *http.Request, string) (*http.Response, error) { return xmlAnswer(body), nil })
			var got bytes.Buffer
			a, err := c.DownloadAttachment(t.Context(), "A=", &got)
			if width == 4 && n > 1000 {
				var large *ews.TooLargeError
				if !errors.As(err, &large) {
					t.Errorf("%d bytes padded with line ends: error %v, want a TooLargeError", n, err)
				}
				continue
			}
			if err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			if !bytes.Equal(got.Bytes(), content(n)) {
				t.Errorf("%d bytes in lines of %d: %d others arrived", n, width, got.Len())
			}
			f, ok := a.(*types.FileAttachment)
			if !ok || f.Name != "dump.bin" || f.AttachmentID.ID != "A=" || f.Content != nil {
				t.Errorf("attachment %+v", a)
			}
		}
	}
}

func TestDownloadFails(t *testing.T) {
	good := envelope(attachmentStart + lines(content(100_000), 76) + attachmentEnd)
	full := errors.New("disk full")
	long := envelope(strings.Replace(attachmentStart, "dump.bin", strings.Repeat("x", 5000), 1) + attachmentEnd)
	gone := envelope(`<m:GetAttachmentResponse><m:ResponseMessages><m:GetAttachmentResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorCannotFindFileAttachment</m:ResponseCode><m:Attachments/></m:GetAttachmentResponseMessage></m:ResponseMessages></m:GetAttachmentResponse>`)
	for _, tt := range []struct {
		name  string
		steps []step
		w     io.Writer
		n     int // requests
		want  any
		is    error
	}{
		{name: "writer", steps: []step{{body: good}}, w: &limited{n: 1000, err: full}, n: 1, want: new(ews.StreamError), is: full},
		{name: "short writer", steps: []step{{body: good}}, w: &limited{n: 1000}, n: 1, want: new(ews.StreamError), is: io.ErrShortWrite},
		{name: "no such attachment", steps: []step{{body: gone}}, n: 1, want: new(ews.ResponseError), is: messages.ErrorCannotFindFileAttachment},
		{name: "no base64", steps: []step{{body: envelope(attachmentStart + "a%" + attachmentEnd)}}, n: 1, want: new(ews.DecodeError)},
		{name: "too much around it", steps: []step{{body: long}}, n: 1, want: new(ews.TooLargeError)},
		{name: "cut off", steps: []step{{http: cut(good)}}, n: 1, want: new(ews.DecodeError), is: io.ErrUnexpectedEOF},
		{name: "nothing in it", steps: []step{{body: envelope(`<m:GetAttachmentResponse><m:ResponseMessages/></m:GetAttachmentResponse>`)}}, n: 1, want: new(ews.DecodeError)},
		{name: "repeated before the content", steps: []step{{err: reset}, {body: fault("ErrorServerBusy")}, {body: good}}, n: 3},
		{name: "not repeated within", steps: []step{{http: cut(good)}, {body: good}}, n: 1, want: new(ews.DecodeError), is: io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, server := faked(t, ews.Config{Retry: new(ews.Retry), MaxResponseBytes: 4000}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
					s := tt.steps[min(n, len(tt.steps))-1]
					if s.http != nil { // once
						return cut(good), nil
					}
					return s.answer()
				})
				w := tt.w
				if w == nil {
					w = new(bytes.Buffer)
				}
				err := download(t.Context(), c, w)
				if server.count() != tt.n {
					t.Errorf("%d requests, want %d", server.count(), tt.n)
				}
				if tt.want == nil {
					if err != nil || w.(*bytes.Buffer).Len() != 100_000 {
						t.Errorf("error %v, %d bytes", err, w.(*bytes.Buffer).Len())
					}
					return
				}
				if err == nil || !errors.As(err, reflect.New(reflect.TypeOf(tt.want)).Interface()) || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), "GetAttachment") {
					t.Errorf("error %v (%T), want a %T of %v", err, err, tt.want, tt.is)
				}
			})
		})
	}
}

// limited takes n bytes.
type limited struct {
	n   int
	err error
}

func (l *limited) Write(p []byte) (int, error) {
	k := min(len(p), l.n)
	l.n -= k
	if k < len(p) {
		return k, l.err
	}
	return k, nil
}

func TestExportAndUploadItem(t *testing.T) {
	data := content(5000)
	var got string
	c, _ := faked(t, ews.Config{}, func(_ int, _ *http.Request, body string) (*http.Response, error) {
		if strings.Contains(body, "ExportItems") {
			return xmlAnswer(envelope(exportStart + lines(data, 76) + exportEnd)), nil
		}
		got = body
		return xmlAnswer(envelope(uploaded1)), nil
	})
	r, w := io.Pipe()
	go func() { w.CloseWithError(c.ExportItem(t.Context(), types.ItemID{ID: "AAA="}, w)) }()
	id, err := c.UploadItem(t.Context(), types.UploadItem{CreateAction: types.CreateActionCreateNew, ParentFolderID: types.FolderID{ID: "F="}}, r)
	if err != nil || id.ID != "N=" {
		t.Fatal(id, err)
	}
	if want := "<t:Data>" + base64.StdEncoding.EncodeToString(data) + "</t:Data>"; !strings.Contains(got, want) {
		t.Errorf("sent %.1000s", got)
	}
}

func upload(ctx context.Context, c *ews.Client, r io.Reader) error {
	id, err := c.UploadAttachment(ctx, types.ItemID{ID: "I=", ChangeKey: "K="}, types.FileAttachment{Name: "dump.bin", ContentType: "application/x-dump", Content: []byte("not this")}, r)
	if err == nil && id.ID != "A=" {
		return fmt.Errorf("id %+v", id)
	}
	return err
}

// unseekable hides what else a reader can.
type unseekable struct{ io.Reader }

func TestUpload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dump.bin")
	if err := os.WriteFile(file, content(70_000), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(from int64) *os.File {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		if _, err := f.Seek(from, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, tt := range []struct {
		name  string
		r     io.Reader
		want  []byte
		known bool
	}{
		{"empty", bytes.NewReader(nil), nil, true},
		{"one byte", strings.NewReader("x"), []byte("x"), true},
		{"buffer", bytes.NewBuffer(content(1000)), content(1000), true},
		{"file", open(0), content(70_000), true},
		{"file from the middle", open(69_000), content(70_000)[69_000:], true},
		{"pipe", unseekable{bytes.NewReader(content(100_000))}, content(100_000), false},
		{"slow pipe", iotest.OneByteReader(bytes.NewReader(content(1000))), content(1000), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var body string
			var length int64
			c, _ := faked(t, ews.Config{}, func(_ int, r *http.Request, b string) (*http.Response, error) {
				body, length = b, r.ContentLength
				return xmlAnswer(envelope(created1)), nil
			})
			if err := upload(t.Context(), c, tt.r); err != nil {
				t.Fatal(err)
			}
			want := `<m:CreateAttachment><m:ParentItemId Id="I=" ChangeKey="K="/><m:Attachments><t:FileAttachment><t:Name>dump.bin</t:Name><t:ContentType>application/x-dump</t:ContentType><t:Content>` +
				base64.StdEncoding.EncodeToString(tt.want) + `</t:Content></t:FileAttachment></m:Attachments></m:CreateAttachment>`
			if !strings.Contains(body, want) {
				t.Errorf("sent %.2000s", body)
			}
			if tt.known && length != int64(len(body)) || !tt.known && length != -1 {
				t.Errorf("%d bytes were announced, %d sent", length, len(body))
			}
		})
	}
}

func TestUploadRepeats(t *testing.T) {
	done := step{body: envelope(created1)}
	busy := step{body: fault("ErrorServerBusy")}
	for _, tt := range []struct {
		name  string
		steps []step
		n     int // requests, of a reader that can go back
		ok    bool
		once  int // requests, of one that can't
	}{
		{"done", []step{done}, 1, true, 1},
		{"busy", []step{busy, done}, 2, true, 1},
		{"refused", []step{{err: refused}, done}, 2, true, 1},
		{"token", []step{{http: answer(401, "", "")}, done}, 2, true, 1},
		{"version", []step{{body: fault("ErrorIncorrectSchemaVersion")}, done}, 2, true, 1},
		{"lost", []step{{err: reset}, done}, 1, false, 1},
	} {
		for _, back := range []bool{true, false} {
			t.Run(fmt.Sprint(tt.name, " ", back), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tokens := 0
					c, server := faked(t, ews.Config{Retry: new(ews.Retry), Auth: auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
						tokens++
						return auth.Secret(fmt.Sprint("token", tokens)), time.Time{}, nil
					})}, func(n int, _ *http.Request, body string) (*http.Response, error) {
						if !strings.Contains(body, "<t:Content>aGVsbG8=</t:Content>") {
							t.Errorf("request %d: %s", n, body)
						}
						return tt.steps[min(n, len(tt.steps))-1].answer()
					})
					var r io.Reader = strings.NewReader("hello")
					n, ok := tt.n, tt.ok
					if !back {
						r = unseekable{r}
						n, ok = tt.once, tt.ok && tt.n == 1
					}
					if err := upload(t.Context(), c, r); (err == nil) != ok {
						t.Errorf("error %v", err)
					}
					if server.count() != n {
						t.Errorf("%d requests, want %d", server.count(), n)
					}
				})
			})
		}
	}
}

// TestUploadReaderFails: the error is the reader's, and the server gets no
// whole request.
func TestUploadReaderFails(t *testing.T) {
	gone := errors.New("gone")
	whole := 0
	s := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if b, err := io.ReadAll(r.Body); err == nil {
			whole++
			t.Errorf("a request of %d bytes arrived whole", len(b))
		}
	}))
	c, err := ews.New(ews.Config{Endpoint: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	err = upload(t.Context(), c, io.MultiReader(bytes.NewReader(content(100_000)), iotest.ErrReader(gone)))
	var se *ews.StreamError
	if !errors.As(err, &se) || !se.Upload || !errors.Is(err, gone) || !strings.Contains(err.Error(), "CreateAttachment") {
		t.Errorf("error %v, want a StreamError of %v", err, gone)
	}
}

// TestUploadMarker: what is not in the request is refused before sending.
func TestUploadMarker(t *testing.T) {
	c, server := faked(t, ews.Config{}, nil)
	req := &messages.CreateAttachmentRequest{Attachments: []types.Attachment{&types.FileAttachment{Content: []byte{0}}}}
	var re *ews.RequestError
	for _, marker := range [][]byte{{0}, {}, nil} {
		err := c.Invoke(t.Context(), messages.OpCreateAttachment, ews.FromReader(req, marker, strings.NewReader("x")), new(messages.CreateAttachmentResponse))
		if !errors.As(err, &re) {
			t.Errorf("error %v, want a RequestError", err)
		}
	}
	if server.count() != 0 {
		t.Errorf("%d requests were sent", server.count())
	}
}

// TestStreamsTakeLittleMemory: a download and an upload of 16 MiB take less
// than 8 MiB of heap above what there was.
func TestStreamsTakeLittleMemory(t *testing.T) {
	const size = 16 << 20
	piece := content(48 << 10)
	encoded := base64.StdEncoding.EncodeToString(piece)
	var received int64
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", xmlType)
		n, _ := io.Copy(io.Discard, r.Body)
		if n > size {
			received = n
			_, _ = io.WriteString(w, envelope(created1))
			return
		}
		head, tail, _ := strings.Cut(envelope(attachmentStart+"|"+attachmentEnd), "|")
		_, _ = io.WriteString(w, head)
		for n := 0; n < size; n += len(piece) {
			_, _ = io.WriteString(w, encoded)
		}
		_, _ = io.WriteString(w, tail)
	}))
	c, err := ews.New(ews.Config{Endpoint: s.URL, Trace: io.Discard, MaxResponseBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most uint64
	look := func(n int64) {
		if n%(1<<20) < 64<<10 {
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
		}
	}
	var got counting
	got.look = look
	if err := download(t.Context(), c, &got); err != nil || got.n < size {
		t.Errorf("%d bytes arrived: %v", got.n, err)
	}
	if err := upload(t.Context(), c, &generator{left: size, look: look}); err != nil || received < size*4/3 {
		t.Errorf("%d bytes were received: %v", received, err)
	}
	if most > 8<<20 {
		t.Errorf("%d bytes of heap above the idle one", most)
	}
	t.Logf("%d KiB of heap above the idle one", most>>10)
}

type counting struct {
	n    int64
	look func(int64)
}

func (c *counting) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	c.look(c.n)
	return len(p), nil
}

type generator struct {
	left int64
	look func(int64)
}

func (g *generator) Read(p []byte) (int, error) {
	if g.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), g.left)
	g.left -= n
	g.look(g.left)
	return int(n), nil
}

// TestSlowWriterIsNoTimeout: the time that the caller takes does not count.
func TestSlowWriterIsNoTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := faked(t, ews.Config{Timeout: time.Second}, func(_ int, r *http.Request, body string) (*http.Response, error) {
			if strings.Contains(body, "CreateAttachment") {
				return xmlAnswer(envelope(created1)), nil
			}
			h := xmlAnswer(envelope(attachmentStart + lines(content(200_000), 76) + attachmentEnd))
			h.Body = &script{text: []string{readAll(h.Body)}, err: io.EOF, ctx: r.Context()}
			return h, nil
		})
		if err := download(t.Context(), c, writerFunc(func(p []byte) (int, error) { time.Sleep(time.Hour); return len(p), nil })); err != nil {
			t.Error(err)
		}
		if err := upload(t.Context(), c, &slow{strings.NewReader("hello"), time.Hour}); err != nil {
			t.Error(err)
		}
	})
}

func readAll(r io.Reader) string {
	b, _ := io.ReadAll(r)
	return string(b)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func ExampleClient_DownloadAttachment() {
	server := exchange(envelope(attachmentStart + "aGVsbG8sIHdvcmxkCg==" + attachmentEnd))
	defer server.Close()
	c, err := ews.New(ews.Config{Endpoint: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := c.DownloadAttachment(context.Background(), "AAA=", os.Stdout)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.(*types.FileAttachment).Name)
	// Output:
	// hello, world
	// dump.bin
}
