// Package soak has no code: its test lets 16 workers read and write through
// orm for a while, by a network and a server that fail all the time, and then
// compares what they were told with what the server has.
//
//	make soak DURATION=10m
//
// The workers share one ews.Client, which acts as the owners of several
// mailboxes. Half of them have orm.Config.Recovery. The server is another
// process, so that the memory of the client can be measured; it is started
// twice anew on the way, over the same store. A proxy between them resets
// connections. What a worker writes has a name of its own, so that it can be
// counted; what is known of it goes into a ledger on disk.
package soak
