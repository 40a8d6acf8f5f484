package kerberos

import (
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/seed-1937cc67/goews/auth"
)

// identity is who tokens say that the user is.
type identity struct {
	user  types.PrincipalName
	realm string
	clock clock
}

// clock gives times that are never the same: acceptors take a second token of
// the same microsecond for a replay (RFC 4120, section 3.2.3).
type clock struct {
	mu   sync.Mutex
	last time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := time.Now().UTC().Truncate(time.Microsecond)
	if !t.After(c.last) {
		t = c.last.Add(time.Microsecond)
	}
	c.last = t
	return t
}

// token is what a request says of its user, and what shows that the answer is
// to it.
type token struct {
	header auth.Secret // of Authorization
	key    types.EncryptionKey
	at     time.Time
}

// token makes one from a ticket. binding is the hash of the channel's bindings,
// or nil. It is a KRB_AP_REQ in SPNEGO, as RFC 4121 and RFC 4178 have them;
// gokrb5's own constructor of it knows neither mutual authentication nor
// bindings.
func (id *identity) token(k *ticket, binding []byte) (*token, error) {
	at := id.clock.now()
	a, err := types.NewAuthenticator(id.realm, id.user)
	if err != nil {
		return nil, err
	}
	a.CTime, a.Cusec = at, at.Nanosecond()/1000
	a.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: checksum(binding)}
	req, err := messages.NewAPReq(k.Ticket, k.key, a)
	if err != nil {
		return nil, err
	}
	types.SetFlag(&req.APOptions, flags.APOptionMutualRequired)
	inner, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	oid, err := asn1.Marshal(asn1.ObjectIdentifier(gssapi.OIDKRB5.OID()))
	if err != nil {
		return nil, err
	}
	t := spnego.SPNEGOToken{Init: true}
	t.NegTokenInit.MechTypes = append(t.NegTokenInit.MechTypes, gssapi.OIDKRB5.OID())
	// 01 00 is the KRB_AP_REQ of RFC 4121, section 4.1.
	t.NegTokenInit.MechTokenBytes = asn1tools.AddASNAppTag(append(append(oid, 1, 0), inner...), 0)
	out, err := t.Marshal()
	if err != nil {
		return nil, err
	}
	return &token{header: auth.Secret("Negotiate " + base64.StdEncoding.EncodeToString(out)), key: k.key, at: at}, nil
}

// checksum is that of an authenticator, RFC 4121, section 4.1.1: the hash of
// the bindings, and flags.
func checksum(binding []byte) []byte {
	b := make([]byte, 24)
	binary.LittleEndian.PutUint32(b, 16)
	copy(b[4:20], binding)
	binary.LittleEndian.PutUint32(b[20:], gssapi.ContextFlagMutual|gssapi.ContextFlagInteg)
	return b
}

// readProof reads the proof that an answer has in WWW-Authenticate. It is nil
// if there is none.
func readProof(challenges []auth.Challenge) (*messages.APRep, error) {
	for _, c := range challenges {
		if !c.Is("Negotiate") || c.Token == "" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(string(c.Token))
		if err != nil {
			return nil, errors.New("its token is no base64")
		}
		return parseProof(raw)
	}
	return nil, nil
}

func parseProof(raw []byte) (proof *messages.APRep, err error) {
	defer func() {
		if recover() != nil {
			proof, err = nil, errors.New("its token is malformed")
		}
	}()
	inner := raw
	var t spnego.SPNEGOToken
	if len(raw) > 0 && raw[0] == 0xA1 { // a NegTokenResp; else Kerberos without SPNEGO
		if err := t.Unmarshal(raw); err != nil {
			return nil, fmt.Errorf("its SPNEGO token is malformed: %w", err)
		}
		inner = t.NegTokenResp.ResponseToken
	}
	if len(inner) == 0 {
		return nil, nil
	}
	var k spnego.KRB5Token
	if err := k.Unmarshal(inner); err != nil {
		return nil, fmt.Errorf("its Kerberos token is malformed: %w", err)
	}
	if !k.IsAPRep() {
		return nil, nil // an error of Kerberos
	}
	return &k.APRep, nil
}

// check reports whether the proof is of somebody who can read the ticket that t
// was made of: it repeats the time in t under the session's key (RFC 4120,
// section 3.2.5).
func (t *token) check(proof *messages.APRep) error {
	plain, err := crypto.DecryptEncPart(proof.EncPart, t.key, keyusage.AP_REP_ENCPART)
	if err != nil {
		return errors.New("its proof is of another session")
	}
	var part messages.EncAPRepPart
	if err := part.Unmarshal(plain); err != nil {
		return errors.New("its proof is malformed")
	}
	if !part.CTime.Equal(t.at.Truncate(time.Second)) || part.Cusec != t.at.Nanosecond()/1000 {
		return errors.New("its proof is of another request")
	}
	return nil
}
