// Package interop holds the client against programs of others: web servers
// and proxies of Debian, a Kerberos realm, an authorization server. It is a
// module of its own, so that a program that requires goews has none of what
// these tests stand on in its graph.
//
// Its tests start what they need on the loopback interface, and end it. They
// run by make interop-auth, on Linux, and skip themselves without the
// environment variable GOEWS_INTEROP.
package interop
