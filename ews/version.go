package ews

import (
	"fmt"
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

// learnt is what the answers of a server have said about its version. It is
// safe for concurrent use.
type learnt struct {
	mu      sync.Mutex
	build   Build
	named   types.ExchangeVersion // of ServerVersionInfo, if it is one of dated
	refused map[types.ExchangeVersion]bool
}

// pick returns the version for the next request of an operation that exists
// since a version; whether it is a guess, for the server has not answered yet.
func (l *learnt) pick(cfg Config, since types.ExchangeVersion) (v types.ExchangeVersion, b Build, guess bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case cfg.Version != "":
		return cfg.Version, l.build, false
	case l.build != Build{}:
		return l.best(), l.build, false
	}
	v = types.ExchangeVersionExchange2007SP1
	if cfg.TimeZone != "" { // which 2007 has no header for
		v = types.ExchangeVersionExchange2010
	}
	if v.Before(since) {
		v = since
	}
	if l.refused[v] {
		v = types.ExchangeVersionExchange2007SP1
	}
	return v, l.build, true
}

// best returns the newest version that the server should take and has not
// refused; the oldest one if it has refused all.
func (l *learnt) best() types.ExchangeVersion {
	if l.named != "" && !l.refused[l.named] {
		return l.named
	}
	b, last := l.build, versions[len(versions)-1].version
	for _, v := range versions {
		if b.Major > v.major || b.Major == v.major && (b.Minor > v.minor || b.Minor == v.minor && b.MajorBuild >= v.build) {
			if last = v.version; !l.refused[last] {
				break
			}
		}
	}
	return last
}

// see takes what ServerVersionInfo says.
func (l *learnt) see(b Build, named string) {
	if b.Major == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.build, l.named = b, ""
	for _, v := range dated {
		if string(v) == named {
			l.named = v
		}
	}
}

// refuse notes that the server does not take v. It is not sent again unless
// it is the last one left.
func (l *learnt) refuse(v types.ExchangeVersion) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refused == nil {
		l.refused = map[types.ExchangeVersion]bool{}
	}
	l.refused[v] = true
}

func (l *learnt) hasRefused(v types.ExchangeVersion) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused[v]
}

// onPremises reports whether the build is one of Exchange Server: those of
// Exchange Online have been 15.20 since 2018.
func (b Build) onPremises() bool { return b.Major > 0 && b.Major < 15 || b.Major == 15 && b.Minor < 20 }

// fallBack returns the version to repeat a call with after the server has
// refused it as a whole with code, and the server's build: none if the version
// was given, or if it is not the version that was at fault.
func (c *Client) fallBack(op *messages.Operation, code messages.ResponseCode, sent types.ExchangeVersion, guess bool) (types.ExchangeVersion, Build, bool) {
	if c.cfg.Version != "" {
		return "", Build{}, false
	}
	switch code {
	case messages.ErrorInvalidServerVersion:
		c.learnt.refuse(sent)
		next, build, _ := c.learnt.pick(c.cfg, op.Since)
		return next, build, next != sent
	case messages.ErrorIncorrectSchemaVersion, messages.ErrorSchemaValidation, messages.ErrorInvalidRequest:
		// If the version was right the request is wrong.
		next, build, unknown := c.learnt.pick(c.cfg, op.Since)
		return next, build, guess && !unknown && next != sent
	}
	return "", Build{}, false
}

// readVersion reads ServerVersionInfo. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversioninfo.
func (l *learnt) readVersion(d *wire.Decoder) {
	var b Build
	var named string
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
			named = strings.TrimSpace(d.Text())
		}
	}
	d.End()
	if d.Err() == nil {
		l.see(b, named)
	}
}
