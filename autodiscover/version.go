package autodiscover

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// schemas are the EWS schemas that a request may name, by age. Servers list
// others, too, as in Exchange2015, which are names of previews.
var schemas = []types.ExchangeVersion{
	types.ExchangeVersionExchange2007, types.ExchangeVersionExchange2007SP1,
	types.ExchangeVersionExchange2010, types.ExchangeVersionExchange2010SP1, types.ExchangeVersionExchange2010SP2,
	types.ExchangeVersionExchange2013, types.ExchangeVersionExchange2013SP1, types.ExchangeVersionExchange2016,
	// Not by the constants, which bindings of a server's own schema may lack.
	"V2016_10_10", "V2017_01_07", "V2017_04_14", "V2017_07_11", "V2017_10_09", "V2018_01_08",
}

// newest returns the newest of the schemas with these names that this package
// knows; nothing if it knows none.
func newest(names []string) (v types.ExchangeVersion) {
	best := -1
	for _, n := range names {
		best = max(best, slices.Index(schemas, types.ExchangeVersion(n)))
	}
	if best >= 0 {
		v = schemas[best]
	}
	return v
}

// ofBuild returns the newest schema that a server of that build takes. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-schema-versions-in-exchange.
func ofBuild(build string) types.ExchangeVersion {
	var major, minor, number int
	if n, _ := fmt.Sscanf(build, "%d.%d.%d", &major, &minor, &number); n < 3 {
		return ""
	}
	switch {
	case major > 15 || major == 15 && minor > 0:
		return types.ExchangeVersionExchange2016
	case major == 15 && number >= 847:
		return types.ExchangeVersionExchange2013SP1
	case major == 15:
		return types.ExchangeVersionExchange2013
	case major == 14 && minor >= 2:
		return types.ExchangeVersionExchange2010SP2
	case major == 14 && minor == 1:
		return types.ExchangeVersionExchange2010SP1
	case major == 14:
		return types.ExchangeVersionExchange2010
	case major == 8 && minor >= 1:
		return types.ExchangeVersionExchange2007SP1
	case major == 8:
		return types.ExchangeVersionExchange2007
	}
	return ""
}

// result makes a Result of what a service said of an address.
func (a *answer) result(cfg *Config, address string) *Result {
	v := a.values
	r := &Result{
		Address: cmp.Or(strings.TrimSpace(v["AutoDiscoverSMTPAddress"]), address), DisplayName: v["UserDisplayName"], LegacyDN: v["UserDN"],
		External: strings.TrimSpace(v["ExternalEwsUrl"]), Internal: strings.TrimSpace(v["InternalEwsUrl"]),
		Build: build(cmp.Or(v["CasVersion"], v["ExternalEwsVersion"])), Group: v["GroupingInformation"],
		Online: strings.EqualFold(v["UserMSOnline"], "true"), Mailboxes: a.boxes, PublicFolders: v["PublicFolderInformation"],
		Settings: v, SettingErrors: a.errors,
	}
	if _, err := domainOf(r.Address); err != nil {
		r.Address = address
	}
	for s := range strings.SplitSeq(v["EwsSupportedSchemas"], ",") {
		if s = strings.TrimSpace(s); s != "" {
			r.Schemas = append(r.Schemas, s)
		}
	}
	r.Version = cmp.Or(newest(r.Schemas), ofBuild(r.Build))
	first, second := r.External, r.Internal
	if cfg.PreferInternal {
		first, second = second, first
	}
	for _, u := range []string{second, first} {
		if usable(u) {
			r.EWS = u
		}
	}
	return r
}

// usable reports whether credentials may be sent to that URL of EWS.
func usable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}
