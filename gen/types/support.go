package types

import "github.com/seed-1937cc67/goews/internal/support"

// Support says which server versions know a part of the contract: a property
// path, a value of an enumeration, an operation.
type Support struct {
	// Since is the first version, Exchange2007_SP1 for what was always there.
	Since ExchangeVersion
	// Until is the last version; empty if the newest still knows the part.
	Until ExchangeVersion
	// Online is set for what only Exchange Online has.
	Online bool
}

// By reports whether servers of version v know the part. It does not look at
// Online: servers on premises state the same versions. The empty version, of a
// server that is not known yet, knows everything.
func (s Support) By(v ExchangeVersion) bool {
	return support.Mark{Since: string(s.Since), Until: string(s.Until)}.By(string(v))
}

// PathSupport returns which versions know the property path, as in
// "item:Hashtags" or "contacts:PhysicalAddress:City". ok is false if none does.
func PathSupport(path string) (s Support, ok bool) {
	for _, typ := range []string{"t:UnindexedFieldURIType", "t:DictionaryURIType", "t:ExceptionPropertyURIType"} {
		if m, ok := valueMarks.Value(typ, path); ok {
			return supportOf(m), true
		}
	}
	return Support{}, false
}

// ValueSupport returns which versions know a value of an enumeration, which is
// named as on the wire: ValueSupport("DistinguishedFolderIdNameType",
// "archiveinbox"). For a value that the contract does not have, and for one that
// was always there, it is Exchange2007_SP1.
func ValueSupport(enumeration, value string) Support {
	if m, ok := valueMarks.Value("t:"+enumeration, value); ok {
		return supportOf(m)
	}
	if m, ok := valueMarks.Value("m:"+enumeration, value); ok {
		return supportOf(m)
	}
	return Support{Since: ExchangeVersionExchange2007SP1}
}

// Supports reports whether servers of version v know the property path, as in
// "item:Hashtags"; false if there is no such path.
func Supports(v ExchangeVersion, path string) bool {
	s, ok := PathSupport(path)
	return ok && s.By(v)
}

func supportOf(m support.Mark) Support {
	s := Support{Since: ExchangeVersion(m.Since), Until: ExchangeVersion(m.Until), Online: m.Online}
	if s.Since == "" {
		s.Since = ExchangeVersionExchange2007SP1
	}
	return s
}
