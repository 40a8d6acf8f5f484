package kerberos_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/seed-1937cc67/goews/auth/kerberos"
)

// cacheWriter writes credential caches, as
// https://web.mit.edu/kerberos/krb5-latest/doc/formats/ccache_file_format.html
// describes them.
type cacheWriter struct{ b []byte }

func (w *cacheWriter) u16(n int)        { w.b = binary.BigEndian.AppendUint16(w.b, uint16(n)) }
func (w *cacheWriter) u32(n int)        { w.b = binary.BigEndian.AppendUint32(w.b, uint32(n)) }
func (w *cacheWriter) data(s string)    { w.u32(len(s)); w.b = append(w.b, s...) }
func (w *cacheWriter) time(t time.Time) { w.u32(int(t.Unix())) }

func (w *cacheWriter) principal(realm string, names ...string) {
	w.u32(1)
	w.u32(len(names))
	w.data(realm)
	for _, n := range names {
		w.data(n)
	}
}

// credential writes one, with addresses and authorization data.
func (w *cacheWriter) credential(version int, user, realm string, end, renew time.Time, ticket []byte, service ...string) {
	w.principal(realm, user)
	w.principal(realm, service...)
	w.u16(18)
	if version == 3 {
		w.u16(18)
	}
	w.data(strings.Repeat("k", 32))
	w.time(end.Add(-time.Hour))
	w.time(end.Add(-time.Hour))
	w.time(end)
	w.time(renew)
	w.b = append(w.b, 0)
	w.u32(1 << 23) // renewable
	for range 2 {
		w.u32(1)
		w.u16(2)
		w.data("\x7f\x00\x00\x01")
	}
	w.data(string(ticket))
	w.data("")
}

// rawTicket returns an encoded ticket that nobody can decrypt.
func rawTicket(realm string, service ...string) []byte {
	t := messages.Ticket{TktVNO: 5, Realm: realm, SName: types.PrincipalName{NameType: 2, NameString: service}, EncPart: types.EncryptedData{EType: 18, Cipher: []byte("x")}}
	b, err := t.Marshal()
	if err != nil {
		panic(err)
	}
	return b
}

var cacheEnd = time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)

// newCache returns a cache with two tickets and a setting.
func newCache(version int, user, realm string) []byte {
	w := &cacheWriter{b: []byte{5, byte(version)}}
	if version == 4 {
		w.u16(12)
		w.u16(1)
		w.u16(8)
		w.u32(0)
		w.u32(0)
	}
	w.principal(realm, user)
	w.credential(version, user, realm, cacheEnd, cacheEnd.Add(24*time.Hour), rawTicket(realm, "krbtgt", realm), "krbtgt", realm)
	w.credential(version, user, "X-CACHECONF:", time.Unix(0, 0), time.Unix(0, 0), []byte("yes"), "krb5_ccache_conf_data", "fast_avail")
	w.credential(version, user, realm, cacheEnd, cacheEnd, rawTicket(realm, "HTTP", "mail.example.com"), "HTTP", "mail.example.com")
	return w.b
}

func cacheOf(user, realm string) []byte { return newCache(4, user, realm) }

func TestCache(t *testing.T) {
	const want = "ann@EXAMPLE.COM\n" +
		"krbtgt/EXAMPLE.COM@EXAMPLE.COM until 2026-03-02T20:00:00Z, renewable until 2026-03-03T20:00:00Z\n" +
		"HTTP/mail.example.com@EXAMPLE.COM until 2026-03-02T20:00:00Z, renewable until 2026-03-02T20:00:00Z"
	for _, version := range []int{3, 4} {
		data := newCache(version, "ann", "EXAMPLE.COM")
		got, err := kerberos.ParseCache(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("version %d (-want +got):\n%s", version, diff)
		}
		// Cut anywhere but between two credentials it is damaged.
		whole := 0
		for n := range data {
			if _, err := kerberos.ParseCache(data[:n]); err == nil {
				whole++
			}
		}
		if whole != 3 {
			t.Errorf("version %d: %d beginnings are caches, want 3: with no, one and two credentials", version, whole)
		}
	}
	for _, bad := range []string{"", "\x05", "\x05\x01", "\x05\x02\x00", "\x05\x05\x00\x00", "\x05\x04\xff\xff", "PK\x03\x04"} {
		if got, err := kerberos.ParseCache([]byte(bad)); err == nil {
			t.Errorf("%q: %s", bad, got)
		}
	}
	// A length that is more than there is memory for.
	w := &cacheWriter{b: []byte{5, 3}}
	w.u32(1)
	w.u32(0x7fffffff)
	if got, err := kerberos.ParseCache(append(w.b, 0xff, 0xff, 0xff, 0xff)); err == nil {
		t.Errorf("read %s", got)
	}
}

func FuzzCache(f *testing.F) {
	f.Add(newCache(3, "ann", "EXAMPLE.COM"))
	f.Add(newCache(4, "ann", "EXAMPLE.COM"))
	f.Add([]byte("\x05\x04\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := kerberos.ParseCache(data); err == nil && !strings.Contains(got, "@") {
			t.Errorf("a cache of nobody: %q", got)
		}
	})
}

func FuzzProof(f *testing.F) {
	key := types.EncryptionKey{KeyType: 18, KeyValue: []byte(strings.Repeat("k", 32))}
	f.Add(wrapProof(f, newProof(f, key, cacheEnd, 1)))
	f.Add([]byte{0xA1, 7, 0x30, 5, 0xA0, 3, 0x0A, 1, 0})
	f.Add([]byte("nonsense"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if proof, err := kerberos.ParseProof(data); err != nil && proof != nil {
			t.Errorf("both a proof and error %v", err)
		}
	})
}

func FuzzConf(f *testing.F) {
	f.Add(realms)
	f.Add("[realms]\nA = {\n x = {\n y = z\n }\n}\n")
	f.Add("[libdefaults]\n=\n[domain_realm]\n.a = B\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "include") {
			return // no file of this machine
		}
		if conf, err := kerberos.LoadConf(kerberos.Config{Krb5ConfText: text + "\n"}); err == nil && conf == nil {
			t.Error("neither a configuration nor an error")
		}
	})
}
