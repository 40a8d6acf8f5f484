// Package peer holds the server and package orm against exchangelib, the
// client for EWS in Python, which knows nothing of this project.
//
// The folder py has a session of exchangelib on cmd/ewstestd: it does what its
// users do, asserts what it sees, and writes down what the mailboxes hold at
// the end. The tests of this package run it, open the same mailboxes with orm,
// and compare folders, items and every field; then orm works, and exchangelib
// reads.
//
// The tests are skipped unless the environment variable GOEWS_PEER is 1: they
// need Debian's python3-exchangelib. GOEWS_PYTHON names the Python that has it,
// if it is neither /usr/bin/python3 nor python3.
package peer
