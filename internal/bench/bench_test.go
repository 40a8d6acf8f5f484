package bench

import (
	"bytes"
	"encoding/xml"
	"errors"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/orisano/gosax"
)

// BenchmarkDecode reads each input typed and bare. "codec" is what programs
// use; "gosax" and "tokens" build nothing and leave text as it stands;
// "gosaxtext" resolves the references of text, and looks whether it is UTF-8, as
// whoever wants the text must; "std" is encoding/xml.
func BenchmarkDecode(b *testing.B) {
	for _, name := range Names() {
		in := Input(name)
		op := operation(name)
		run := func(how string, f func() error) {
			b.Run(name+"/"+how, func(b *testing.B) {
				b.SetBytes(int64(len(in)))
				b.ReportAllocs()
				measure(b, f)
			})
		}
		run("codec", func() error {
			_, err := Decode(bytes.NewReader(in), op)
			return err
		})
		buf := make([]byte, 0, 2<<20)
		run("gosax", func() error {
			r := gosax.NewReaderBuf(bytes.NewReader(in), buf)
			for {
				if e, err := r.Event(); err != nil {
					return err
				} else if e.Type() == gosax.EventEOF {
					return nil
				}
			}
		})
		run("gosaxtext", func() error {
			r := gosax.NewReaderBuf(bytes.NewReader(in), buf)
			for {
				e, err := r.Event()
				if err != nil {
					return err
				}
				switch e.Type() {
				case gosax.EventEOF:
					return nil
				case gosax.EventText:
					text, err := gosax.Unescape(e.Bytes)
					if err != nil {
						return err
					}
					if !utf8.Valid(text) {
						return errors.New("no UTF-8")
					}
				}
			}
		})
		run("tokens", func() error {
			_, err := tokenize(bytes.NewReader(in))
			return err
		})
		run("std", func() error {
			_, err := decodeStd(bytes.NewReader(in))
			return err
		})
	}
}

// BenchmarkEncode writes what the inputs say.
func BenchmarkEncode(b *testing.B) {
	for _, name := range Names() {
		op := operation(name)
		res, err := Decode(bytes.NewReader(Input(name)), op)
		if err != nil {
			b.Fatal(err)
		}
		std, err := decodeStd(bytes.NewReader(Input(name)))
		if err != nil {
			b.Fatal(err)
		}
		var buf []byte
		b.Run(name+"/codec", func(b *testing.B) {
			b.ReportAllocs()
			measure(b, func() error {
				buf = buf[:0]
				for _, m := range res {
					if buf, err = Encode(buf, op, m); err != nil {
						return err
					}
				}
				return nil
			})
			b.SetBytes(int64(len(buf)))
		})
		b.Run(name+"/std", func(b *testing.B) {
			b.ReportAllocs()
			var w bytes.Buffer
			measure(b, func() error {
				w.Reset()
				e := xml.NewEncoder(&w)
				for _, m := range std {
					if err := e.Encode(m); err != nil {
						return err
					}
				}
				return nil
			})
			b.SetBytes(int64(w.Len()))
		})
	}
}

// measure runs f, and reports beside the time that passes the processor time
// that it takes, garbage collection included: on a machine that others use, that
// is what can be compared.
func measure(b *testing.B, f func() error) {
	runtime.GC()
	start := processor()
	for b.Loop() {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
	if d := processor() - start; d > 0 {
		b.ReportMetric(float64(d)/float64(b.N), "cpu-ns/op")
	}
}

// TestInputs holds the inputs to their sizes, and both decoders to what is in
// them, so that a benchmark can't measure nothing.
func TestInputs(t *testing.T) {
	for _, tt := range []struct {
		name        string
		items, size int // elements with the name, bytes
		element     string
	}{
		{FindItem, 1000, 3 << 20, "<t:Message>"},
		{GetItem, 200, 200 * 9 << 10, "<t:Message>"},
		{SyncFolderItems, 512, 512 * 530, "ChangeKey="},
		{CalendarView, 500, 500 * 3 << 10, "<t:CalendarItem>"},
		{GetAttachment, 1, 14 << 20, "<t:Content>"},
		{Events, 1000, 1000 * 1100, "<t:TimeStamp>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := Input(tt.name)
			if n := bytes.Count(in, []byte(tt.element)); n < tt.items*9/10 || n > tt.items*11/10 {
				t.Errorf("%d times %s, want about %d", n, tt.element, tt.items)
			}
			if len(in) < tt.size*8/10 || len(in) > tt.size*12/10 {
				t.Errorf("%d bytes, want about %d", len(in), tt.size)
			}
		})
	}
}

// TestPeersAgree compares what the codec and encoding/xml read.
func TestPeersAgree(t *testing.T) {
	in := Input(GetItem)
	res, err := Decode(bytes.NewReader(in), operation(GetItem))
	if err != nil {
		t.Fatal(err)
	}
	std, err := decodeStd(bytes.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	ours := getItems(res)
	theirs := std[0].Body.GetItem.Messages.List
	if len(ours) != 200 || len(theirs) != 200 {
		t.Fatalf("%d and %d messages, want 200", len(ours), len(theirs))
	}
	for i, m := range ours {
		x := theirs[i].Items.Messages[0]
		if m.Subject != x.Subject || m.Body.Value != x.Body.Value || !m.DateTimeSent.Equal(x.DateTimeSent) || m.ItemID.ID != x.ItemID.ID ||
			len(m.ToRecipients) != len(x.ToRecipients.Mailbox) || m.From.Name != x.From.Mailbox.Name || string(m.InstanceKey) != string(x.InstanceKey) {
			t.Fatalf("message %d differs: %q and %q", i, m.Subject, x.Subject)
		}
	}
	if !strings.Contains(ours[0].Body.Value, "\r\n<p class=\"MsoNormal\">") {
		t.Error("the body lost its markup or its line ends")
	}
}
