package ntlm

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	ntlmssp "github.com/Azure/go-ntlmssp"

	"github.com/seed-1937cc67/goews/auth/internal/channel"
)

// negotiate returns the first message. Its fields for the client's domain and
// workstation are left empty, as MS-NLMP 3.1.5.1.1 has it for what negotiates
// a version; it asks for the server's target information, as it says there,
// and go-ntlmssp does not: a server that leaves it out binds no channels.
func negotiate() ([]byte, error) {
	m, err := ntlmssp.NewNegotiateMessage("", "")
	if err == nil {
		m[negotiateFlagsAt] |= flagRequestTarget
	}
	return m, err
}

// authenticate returns the answer to the server's challenge, over a connection
// of which tls is the state; nil if it is a plain one.
func (m *method) authenticate(challenge []byte, tls *tls.ConnectionState) ([]byte, error) {
	var token []byte
	if m.bind && tls != nil && len(tls.PeerCertificates) > 0 {
		token = channel.Token(tls.PeerCertificates[0])
	}
	challenge, err := prepare(challenge, token)
	if err != nil {
		return nil, err
	}
	return ntlmssp.NewAuthenticateMessage(challenge, m.user, string(m.secret()), &ntlmssp.AuthenticateMessageOptions{
		WorkstationName: m.workstation, PasswordHashed: m.hashed,
	})
}

// Layout of a NEGOTIATE_MESSAGE, which has its flags elsewhere, and of a
// CHALLENGE_MESSAGE; see
// https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/801a4681-8809-4be9-ab0d-61dcfe762786.
const (
	negotiateFlagsAt = 12

	typeAt       = 8
	flagsAt      = 20
	targetInfoAt = 40 // length, room: two bytes each; offset: four
	challengeLen = 48

	flagRequestTarget = 1 << 2
	flagTargetInfo    = 1 << 23
	flagKeyExchange   = 1 << 30

	avEOL             = 0
	avChannelBindings = 10
)

// prepare returns the server's challenge as go-ntlmssp is to have it. What a
// client adds to the server's target information goes into its answer, which
// is computed over it, and go-ntlmssp takes that from the challenge: so the
// token is put there. Servers know by that field alone whether there is one;
// see
// https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/c0250a97-2940-40c7-82fb-20d208c71e96.
//
// No message integrity code is made: it protects flags that nothing depends
// on here, as nothing is signed or sealed, and servers that find none ask for
// none.
func prepare(challenge, token []byte) ([]byte, error) {
	if len(challenge) < challengeLen || string(challenge[:typeAt]) != "NTLMSSP\x00" || binary.LittleEndian.Uint32(challenge[typeAt:]) != 2 {
		return nil, errors.New("what the server sent is no challenge of NTLM")
	}
	out := slices.Clone(challenge)
	flags := binary.LittleEndian.Uint32(out[flagsAt:])
	// A key to sign with is not wanted, whatever the server would like.
	flags &^= flagKeyExchange
	length, at := int(binary.LittleEndian.Uint16(out[targetInfoAt:])), int64(binary.LittleEndian.Uint32(out[targetInfoAt+4:]))
	if length == 0 && token == nil {
		binary.LittleEndian.PutUint32(out[flagsAt:], flags)
		return out, nil
	}
	// The token goes in whatever the challenge says: who passes it on to another
	// server could else take out what makes this side bind the channel.
	pairs := []byte{avEOL, 0, 0, 0}
	if length > 0 {
		if at+int64(length) > int64(len(out)) {
			return nil, errors.New("the server's challenge is cut off")
		}
		pairs = out[at : at+int64(length)]
	}
	info, err := withToken(pairs, token)
	if err != nil {
		return nil, err
	}
	binary.LittleEndian.PutUint32(out[flagsAt:], flags|flagTargetInfo)
	binary.LittleEndian.PutUint16(out[targetInfoAt:], uint16(len(info)))
	binary.LittleEndian.PutUint16(out[targetInfoAt+2:], uint16(len(info)))
	binary.LittleEndian.PutUint32(out[targetInfoAt+4:], uint32(len(out)))
	return append(out, info...), nil
}

// withToken returns a list of AV_PAIRs with the token for channel bindings, if
// there is one, as its only one of that kind.
func withToken(pairs, token []byte) ([]byte, error) {
	var out []byte
	for {
		if len(pairs) < 4 {
			return nil, errors.New("the target information of the server's challenge has no end")
		}
		id, n := binary.LittleEndian.Uint16(pairs), int(binary.LittleEndian.Uint16(pairs[2:]))
		if id == avEOL {
			break
		}
		if len(pairs) < 4+n {
			return nil, fmt.Errorf("the target information of the server's challenge is cut off in pair %d", id)
		}
		if id != avChannelBindings {
			out = append(out, pairs[:4+n]...)
		}
		pairs = pairs[4+n:]
	}
	if token != nil {
		out = append(out, avChannelBindings, 0, byte(len(token)), 0)
		out = append(out, token...)
	}
	if len(out)+4 > 1<<16-1 {
		return nil, errors.New("the target information of the server's challenge is too long")
	}
	return append(out, avEOL, 0, 0, 0), nil
}
