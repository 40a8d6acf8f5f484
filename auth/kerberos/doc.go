// Package kerberos authenticates HTTP requests with Kerberos, as Exchange on
// premises takes it: each request carries a SPNEGO token (RFC 4559) with a
// ticket for the service HTTP/<host of the request>.
//
// The ticket comes from the Kerberos realm of the user, which the program gets
// into by a keytab, a credential cache that kinit or a login has left, or user
// and password. It needs no Kerberos library of the operating system, and takes no
// smart cards (PKINIT).
//
// There is no handshake, and nothing is bound to a connection: a server that
// keeps a connection authenticated, as IIS does if it is told to, does not
// mind. Nothing that is sent is secret, so that plain HTTP is not refused; but
// it protects nothing of what is done.
//
// How Exchange takes Kerberos, and which service principal name it has behind a
// load balancer, is told at
// https://learn.microsoft.com/exchange/architecture/client-access/kerberos-auth-for-load-balanced-client-access.
package kerberos
