// Package orm is the object layer: an Account with its folders, queries over
// items, and the verbs that create, change, move, send and delete them.
//
//	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
//		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
//		Auth:     auth.Basic(`DOMAIN\john`, password),
//	})
//	unread := acct.Inbox().Messages().
//		Filter(field.Message.IsRead.Is(false)).
//		OrderBy(field.Message.DateTimeReceived.Desc())
//	for m, err := range unread.Limit(10).All(ctx) {
//		...
//	}
//
// Without an Endpoint the server is found by the address (package autodiscover).
//
// Items are data: the generated structs of gen/types, aliased here. Account
// and Folder are the session. Everything that talks to the server takes a
// context first; nothing else does.
package orm
