// Package ewstest is an EWS server in process, for tests of programs that
// talk to Exchange:
//
//	srv := ewstest.New(t)
//	acct, err := orm.Open(ctx, srv.Address(0), orm.Config{
//		Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic(srv.Address(0), ewstest.Password),
//	})
//
// It keeps mailboxes in memory: folders, items of every class, their change
// keys. It delivers mail between its mailboxes. It is strict where Exchange is
// strict: a request that the schema of its version refuses, a stale change
// key, a property that is read-only, an id that is none, is refused with the
// code that Exchange gives.
//
// Tests fill mailboxes and look at them without EWS ([Server.Mailbox]), make the
// server misbehave ([Server.Inject]), and see what it was asked
// ([Server.Requests]). [Config] has the accounts, the version, the clock, the
// language of the folders and the limits. Command ewstestd serves the same on a
// port.
//
// # What is like Exchange
//
// A request is held against the contract as of the version that it names, and
// an answer has nothing that came later. The contract itself is served beside
// the endpoint. A few requests that Exchange takes although its schema refuses
// them are taken too. Every mailbox has the folders that Exchange gives it.
// Other users see what the folders' permissions allow.
//
// Autodiscover is answered beside the endpoint, by SOAP, XML and JSON, as far
// as servers of the version have these: see [Autodiscover].
//
// # What is not
//
// There is no archive, there are no public folders, rooms and distribution
// lists of a directory. Message texts are in English whatever the culture of
// the request. Time zones follow the rules of the present at all times. A
// folder that is soft-deleted goes below Recoverable Items with its id.
// Operations that are missing are answered with ErrorInvalidOperation.
//
// The server stands on the generated bindings alone. It shares no code with
// the transport or the object layer, so that a mistake of the client is not
// made twice.
package ewstest
