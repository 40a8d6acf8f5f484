package kerberos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A credential cache in a file, of version 3 or 4, as described at
// https://web.mit.edu/kerberos/krb5-latest/doc/formats/ccache_file_format.html.
// gokrb5 has a reader too, which trusts the lengths in the file: it panics, or
// asks for more memory than there is.

// cachePath returns the path of the credential cache that name, or else the
// environment, stands for.
func cachePath(name string) (string, error) {
	if name == "" {
		name = os.Getenv("KRB5CCNAME")
	}
	if name == "" {
		return "/tmp/krb5cc_" + strconv.Itoa(os.Getuid()), nil
	}
	kind, path, ok := strings.Cut(name, ":")
	switch {
	case !ok:
		return name, nil
	case kind == "FILE" || kind == "WRFILE":
		return path, nil
	case strings.ToUpper(kind) == kind && len(kind) > 1:
		return "", fmt.Errorf("credential caches of kind %s are not read; let KRB5CCNAME, or the -c of kinit, name a file", kind)
	}
	return name, nil
}

// cache is what is in a credential cache.
type cache struct {
	user    types.PrincipalName
	realm   string
	tickets []*ticket
}

// loadCache reads the file. Its errors are *Errors of ErrNoCache.
func loadCache(path string) (*cache, error) {
	data, err := os.ReadFile(path)
	if err == nil {
		var c *cache
		if c, err = parseCache(data); err == nil {
			return c, nil
		}
		err = fmt.Errorf("%s: %w", path, err)
	}
	return nil, &Error{Kind: ErrNoCache, Err: err}
}

// granting returns the ticket by which the user gets others.
func (c *cache) granting() *ticket { return c.find("krbtgt/"+c.realm, time.Time{}) }

// find returns the ticket for a service that lasts longest, nil if there is
// none that lasts beyond t.
func (c *cache) find(service string, t time.Time) *ticket {
	var best *ticket
	for _, k := range c.tickets {
		if k.SName.PrincipalNameString() == service && k.end.After(t) && (best == nil || k.end.After(best.end)) {
			best = k
		}
	}
	return best
}

var errCache = errors.New("no credential cache, or a damaged one")

func parseCache(data []byte) (*cache, error) {
	r := cacheReader{rest: data}
	switch r.number(2) {
	case 0x0503:
	case 0x0504:
		r.bytes(r.number(2)) // the header: offsets of clocks, which nobody needs today
	case 0x0501, 0x0502:
		return nil, errors.New("a credential cache of a version before 3, which is not read")
	default:
		return nil, errCache
	}
	version := data[1]
	c := &cache{}
	c.user, c.realm = r.principal()
	for !r.bad && len(r.rest) > 0 {
		k, err := r.credential(version)
		if err != nil {
			return nil, err
		}
		if k != nil {
			c.tickets = append(c.tickets, k)
		}
	}
	if r.bad || c.realm == "" || len(c.user.NameString) == 0 {
		return nil, errCache
	}
	return c, nil
}

// cacheReader reads the parts of the format. Once something is missing it is
// bad, and all that it reads is empty.
type cacheReader struct {
	rest []byte
	bad  bool
}

// number reads a number of n bytes, at most 4, the highest first.
func (r *cacheReader) number(n int) int {
	var b [4]byte
	copy(b[4-n:], r.bytes(n))
	return int(binary.BigEndian.Uint32(b[:]))
}

func (r *cacheReader) bytes(n int) []byte {
	if r.bad || n < 0 || n > len(r.rest) {
		r.bad, r.rest = true, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// data reads bytes with their number before them.
func (r *cacheReader) data() []byte { return r.bytes(r.number(4)) }

func (r *cacheReader) time() time.Time {
	if s := r.number(4); s != 0 {
		return time.Unix(int64(s), 0).UTC()
	}
	return time.Time{}
}

func (r *cacheReader) principal() (types.PrincipalName, string) {
	p := types.PrincipalName{NameType: int32(r.number(4))}
	n := r.number(4)
	realm := string(r.data())
	for i := 0; i < n && !r.bad; i++ {
		p.NameString = append(p.NameString, string(r.data()))
	}
	return p, realm
}

// credential reads one. It is nil for what is none: the cache's own settings,
// which stand among them.
func (r *cacheReader) credential(version byte) (*ticket, error) {
	_, _ = r.principal() // the client: that of the cache
	_, realm := r.principal()
	k := &ticket{}
	k.key.KeyType = int32(r.number(2))
	if version == 3 {
		r.number(2) // again
	}
	k.key.KeyValue = r.data()
	r.time() // of the first authentication
	k.start, k.end, k.renewTill = r.time(), r.time(), r.time()
	r.bytes(1) // whether the key is that of another ticket
	k.renewable = r.number(4)&renewableFlag != 0
	for range 2 { // addresses, authorization data
		for n := r.number(4); n > 0 && !r.bad; n-- {
			r.number(2)
			r.data()
		}
	}
	raw := r.data()
	r.data() // the second ticket
	if r.bad || strings.HasPrefix(realm, "X-CACHECONF:") {
		return nil, nil
	}
	var t messages.Ticket
	if err := t.Unmarshal(raw); err != nil || len(t.SName.NameString) == 0 {
		return nil, errCache
	}
	k.Ticket = t
	return k, nil
}

// renewableFlag is bit 8 of TicketFlags, RFC 4120, section 5.3.
const renewableFlag = 1 << (31 - 8)
