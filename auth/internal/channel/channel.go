// Package channel binds an authentication to the TLS channel that it goes
// through, so that it is of no use on another: Extended Protection, in
// Microsoft's words.
package channel

import (
	"crypto"
	"crypto/md5"
	"crypto/x509"
	"encoding/binary"
)

// Token returns what NTLM (MsvAvChannelBindings) and Kerberos (RFC 4121,
// section 4.1.1.2) send for a server with that certificate: the MD5 of bindings
// (RFC 2744, section 3.11) without addresses, whose data is its EndPoint.
func Token(c *x509.Certificate) []byte {
	data := EndPoint(c)
	b := make([]byte, 16, 20+len(data)) // types and lengths of the addresses
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	sum := md5.Sum(append(b, data...))
	return sum[:]
}

// EndPoint returns the binding of type tls-server-end-point (RFC 5929, section
// 4): a hash of the certificate.
func EndPoint(c *x509.Certificate) []byte {
	h := hashOf(c.SignatureAlgorithm).New()
	h.Write(c.Raw)
	return h.Sum([]byte("tls-server-end-point:"))
}

// hashOf returns the hash for certificates that are signed so: that of the
// signature; SHA-256 where that is broken, or where there is none.
func hashOf(a x509.SignatureAlgorithm) crypto.Hash {
	switch a {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		return crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		return crypto.SHA512
	}
	return crypto.SHA256
}
