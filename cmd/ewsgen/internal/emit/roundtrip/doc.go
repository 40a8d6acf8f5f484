// Package roundtrip has no code: its test compiles what the generator's test
// wants, and reads documents with it. It is apart so that the wanted code can be
// written anew when the old one no longer compiles.
package roundtrip
