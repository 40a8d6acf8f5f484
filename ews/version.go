package ews

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// Build is the version of the server that answered last, as in 15.2.1258.12.
type Build struct{ Major, Minor, MajorBuild, MinorBuild int }

// String returns the build with dots between its parts.
func (b Build) String() string {
	return fmt.Sprintf("%d.%d.%d.%d", b.Major, b.Minor, b.MajorBuild, b.MinorBuild)
}

// versions are the schema versions by the first build that takes them, newest
// first. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-schema-versions-in-exchange.
var versions = []struct {
	major, minor, build int
	version             types.ExchangeVersion
}{
	{15, 1, 0, types.ExchangeVersionExchange2016},
	{15, 0, 847, types.ExchangeVersionExchange2013SP1},
	{15, 0, 0, types.ExchangeVersionExchange2013},
	{14, 2, 0, types.ExchangeVersionExchange2010SP2},
	{14, 1, 0, types.ExchangeVersionExchange2010SP1},
	{14, 0, 0, types.ExchangeVersionExchange2010},
	{8, 1, 0, types.ExchangeVersionExchange2007SP1},
	{8, 0, 0, types.ExchangeVersionExchange2007},
}

// dated are the schema versions that servers since Exchange 2016 name in
// ServerVersionInfo, newest first. Other names that occur there, as in
// "V2_23", are none that a request may have.
var dated = []types.ExchangeVersion{
	// Not by the constants, which bindings of a server's own schema may lack.
	"V2018_01_08", "V2017_10_09", "V2017_07_11", "V2017_04_14", "V2017_01_07", "V2016_10_10",
}

// learnt is what answers have said about the version of a server. It is safe
// for concurrent use.
type learnt struct {
	mu      sync.Mutex
	last    said
	newest  said
	mixed   bool // answers were of several versions
	refused map[refusedBy]bool
}

// said is what an answer says of its server.
type said struct {
	build Build
	named types.ExchangeVersion // of ServerVersionInfo, if it is one of dated
}

// refusedBy is a version that a server has refused; its build is zero if it
// did not say.
type refusedBy struct {
	build   Build
	version types.ExchangeVersion
}

// know returns the build, zero before the first answer.
func (l *learnt) know() Build { return l.lately().build }

// lately returns what the last answer has said.
func (l *learnt) lately() said {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// several reports whether servers of several versions have answered, as they do
// if the mailbox's user has rights in another, on an older server. It returns
// what the newest of them has said.
func (l *learnt) several() (said, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.newest, l.mixed
}

// see takes what an answer says.
func (l *learnt) see(s said) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, b := l.last.build, s.build
	l.mixed = l.mixed || a != (Build{}) && (a.Major != b.Major || a.Minor != b.Minor)
	l.last = s
	if n := l.newest.build; n.Major < b.Major || n.Major == b.Major && n.Minor <= b.Minor {
		l.newest = s
	}
}

// refuse notes that the server does not take v. It is not sent again unless
// it is the last one left.
func (l *learnt) refuse(v types.ExchangeVersion) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refused == nil {
		l.refused = map[refusedBy]bool{}
	}
	l.refused[refusedBy{l.last.build, v}] = true
}

// hasRefused reports whether a server of the build, or one that did not say, has
// refused v.
func (l *learnt) hasRefused(v types.ExchangeVersion, b Build) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused[refusedBy{b, v}] || l.refused[refusedBy{Build{}, v}]
}

// hasRefusedAs reports whether a server of the build has refused v.
func (l *learnt) hasRefusedAs(v types.ExchangeVersion, b Build) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused[refusedBy{b, v}]
}

// knowledge is what is known of the server that a mailbox is on, and of the
// one that has answered last, for any mailbox: a front end passes requests on
// to the server that the mailbox is on, which may be an older one.
type knowledge struct{ own, any *learnt }

// pick returns the version for the next request of an operation that exists
// since a version, the server's build, and whether it is a guess, for the
// mailbox's server has not answered yet.
func (k knowledge) pick(cfg Config, since types.ExchangeVersion) (v types.ExchangeVersion, b Build, guess bool) {
	if cfg.Version != "" {
		return cfg.Version, k.own.know(), false
	}
	if b = k.own.know(); b != (Build{}) {
		return k.best(k.own.lately()), b, false
	}
	v = lowest(cfg)
	if v.Before(cfg.VersionHint) {
		v = cfg.VersionHint
	}
	if b = k.any.know(); b != (Build{}) {
		v = k.best(k.any.lately())
	}
	if v.Before(since) {
		v = since
	}
	if k.hasRefused(v) {
		v = types.ExchangeVersionExchange2007SP1
	}
	return v, b, true
}

// lowest returns the version that every server takes.
func lowest(cfg Config) types.ExchangeVersion {
	// What 2007 has no header for, and no element in one.
	if cfg.TimeZone != "" || cfg.Impersonate != nil && cfg.Impersonate.ConnectingSID.SMTPAddress != "" {
		return types.ExchangeVersionExchange2010
	}
	return types.ExchangeVersionExchange2007SP1
}

// best returns the newest version that the server should take and has not
// refused; the oldest one if it has refused all.
func (k knowledge) best(s said) types.ExchangeVersion {
	if s.named != "" && !k.hasRefused(s.named) {
		return s.named
	}
	b := s.build
	last := versions[len(versions)-1].version
	for _, v := range versions {
		if b.Major > v.major || b.Major == v.major && (b.Minor > v.minor || b.Minor == v.minor && b.MajorBuild >= v.build) {
			if last = v.version; !k.hasRefused(last) {
				break
			}
		}
	}
	return last
}

// hasRefused reports whether the mailbox's server has refused v, or one like
// it; of what is not known, any.
func (k knowledge) hasRefused(v types.ExchangeVersion) bool {
	b := k.own.know()
	if k.own.hasRefused(v, b) {
		return true
	}
	if b == (Build{}) {
		return k.any.hasRefused(v, k.any.know())
	}
	return k.any.hasRefusedAs(v, b)
}

// refuse notes that the mailbox's server does not take v.
func (k knowledge) refuse(v types.ExchangeVersion) {
	k.own.refuse(v)
	if k.any.know() == k.own.know() {
		k.any.refuse(v)
	}
}

// readSaid reads ServerVersionInfo. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversioninfo.
func readSaid(d *wire.Decoder) said {
	var b Build
	var named types.ExchangeVersion
	for d.Attr() {
		switch string(d.Name()) {
		case "MajorVersion":
			b.Major = int(d.Int32())
		case "MinorVersion":
			b.Minor = int(d.Int32())
		case "MajorBuildNumber":
			b.MajorBuild = int(d.Int32())
		case "MinorBuildNumber":
			b.MinorBuild = int(d.Int32())
		case "Version":
			named = types.ExchangeVersion(strings.TrimSpace(d.Text()))
		}
	}
	d.End()
	if d.Err() != nil {
		return said{}
	}
	if !slices.Contains(dated, named) {
		named = ""
	}
	return said{b, named}
}

// learn takes what an answer says that is a refusal with code, or none.
func (k knowledge) learn(s said, code messages.ResponseCode) {
	if s.build.Major == 0 {
		return
	}
	k.any.see(s)
	if code != messages.ErrorInvalidSchemaVersionForMailboxVersion { // else it is not the mailbox's server
		k.own.see(s)
	}
}

// onPremises reports whether the build is one of Exchange Server: those of
// Exchange Online have been 15.20 since 2018.
func (b Build) onPremises() bool { return b.Major > 0 && b.Major < 15 || b.Major == 15 && b.Minor < 20 }

// fallBack returns the version to repeat a call with after the server has
// refused it as a whole with code, and the server's build, zero if that is a
// guess: none if the version was given, or if it is not the version that was
// at fault. Of the codes that may mean the request, too, only the first is
// taken for the version's.
func (c *Client) fallBack(k knowledge, op *messages.Operation, code messages.ResponseCode, sent types.ExchangeVersion, first bool) (types.ExchangeVersion, Build, bool) {
	if c.cfg.Version != "" {
		return "", Build{}, false
	}
	switch code {
	case messages.ErrorInvalidServerVersion:
		k.refuse(sent)
		next, build, guess := k.pick(c.cfg, op.Since)
		if guess {
			build = Build{}
		}
		return next, build, next != sent
	case messages.ErrorIncorrectSchemaVersion, messages.ErrorSchemaValidation, messages.ErrorInvalidRequest:
		// If the version was right the request is wrong.
		next, build, guess := k.pick(c.cfg, op.Since)
		return next, build, first && !guess && next != sent
	case messages.ErrorInvalidSchemaVersionForMailboxVersion:
		// The server that has answered is not the mailbox's, of which is known
		// only that it is older. Its own answer says how old it is.
		return lowest(c.cfg), Build{}, first && lowest(c.cfg) != sent
	}
	return "", Build{}, false
}
