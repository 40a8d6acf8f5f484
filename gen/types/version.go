package types

// Before reports whether v came before o. The names are made so that their
// order is that of the alphabet: Exchange2007_SP1 before Exchange2010 before
// V2017_07_11; names that are newer than this package sort right, too.
func (v ExchangeVersion) Before(o ExchangeVersion) bool { return v < o }
