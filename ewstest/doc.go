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
// The server stands on the generated bindings alone. It shares no code with
// the transport or the object layer, so that a mistake of the client is not
// made twice.
package ewstest
