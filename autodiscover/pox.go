package autodiscover

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-1937cc67/goews/internal/wire"
)

// outlook is the request of the POX service. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-request-for-exchange.
func outlook(address string) []byte {
	const ns = "http://schemas.microsoft.com/exchange/autodiscover/outlook/"
	return []byte(`<?xml version="1.0" encoding="utf-8"?>` + "\n" + `<Autodiscover xmlns="` + ns + `requestschema/2006"><Request><EMailAddress>` + escape(address) +
		`</EMailAddress><AcceptableResponseSchema>` + ns + `responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`)
}

// readPOX reads an answer of the POX service. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-xml-elements-for-exchange.
// Its code is that of the SOAP service for redirects, else a number.
func readPOX(body []byte) (*answer, error) {
	d := wire.NewDecoderBytes(body, bounds)
	if !d.Root() {
		return nil, d.Err()
	}
	if d.Name() != "Autodiscover" {
		return nil, fmt.Errorf("the answer is an element %s, not Autodiscover", d.Name())
	}
	a, found := &answer{values: map[string]string{}}, false
	for d.Child() {
		if d.Name() != "Response" {
			d.Skip()
			continue
		}
		for d.Child() {
			switch d.Name() {
			case "User":
				a.readUser(d)
			case "Account":
				a.readAccount(d)
				found = true
			case "Error":
				a.readError(d)
				found = true
			default:
				d.Skip()
			}
		}
	}
	if err := d.Finish(); err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("there is neither an Account nor an Error in the answer")
	}
	return a, nil
}

// readError reads an Error, wherever it stands: within Account on some pages.
func (a *answer) readError(d *wire.Decoder) {
	for d.Child() {
		switch d.Name() {
		case "ErrorCode":
			a.code = shorten(d.Text())
		case "Message":
			a.message = shorten(d.Text())
		default:
			d.Skip()
		}
	}
	a.code = cmp.Or(a.code, "Error")
}

// readUser reads who the user is, under the names of the SOAP settings.
func (a *answer) readUser(d *wire.Decoder) {
	names := map[string]string{
		"DisplayName": "UserDisplayName", "LegacyDN": "UserDN", "DeploymentId": "UserDeploymentId",
		"AutoDiscoverSMTPAddress": "AutoDiscoverSMTPAddress", "DefaultABView": "DefaultABView",
	}
	for d.Child() {
		if n := names[d.Name()]; n != "" {
			a.values[n] = strings.TrimSpace(d.Text())
		} else {
			d.Skip()
		}
	}
}

func (a *answer) readAccount(d *wire.Decoder) {
	for d.Child() {
		switch d.Name() {
		case "Action":
			switch action := strings.ToLower(strings.TrimSpace(d.Text())); action {
			case "redirectaddr":
				a.code = "RedirectAddress"
			case "redirecturl":
				a.code = "RedirectUrl"
			}
		case "RedirectAddr", "RedirectUrl":
			a.target = cmp.Or(a.target, strings.TrimSpace(d.Text()))
		case "MicrosoftOnline":
			a.values["UserMSOnline"] = strings.TrimSpace(d.Text())
		case "Protocol":
			a.readProtocol(d)
		case "AlternativeMailbox":
			a.boxes = append(a.boxes, readMailbox(d))
		case "PublicFolderInformation":
			for d.Child() {
				if d.Name() == "SmtpAddress" {
					a.values["PublicFolderInformation"] = strings.TrimSpace(d.Text())
				} else {
					d.Skip()
				}
			}
		case "Error":
			a.readError(d)
		default:
			d.Skip()
		}
	}
}

// protocol is what one Protocol element says.
type protocol struct {
	kind   string
	values map[string]string // by name, those of Internal and External as "Internal/ASUrl"
}

// readProtocol reads a Protocol. EXCH is how servers are reached from inside
// the network, EXPR from outside; EXHTTP, which only comes to clients that ask
// for it, and WEB help out.
func (a *answer) readProtocol(d *wire.Decoder) {
	p := protocol{values: map[string]string{}}
	for d.Attr() {
		if d.Name() == "Type" {
			p.kind = strings.TrimSpace(d.Text())
		}
	}
	p.read(d, "")
	for name, value := range p.values {
		key := p.kind + "/" + name
		if _, ok := a.values[key]; !ok && p.kind != "" {
			a.values[key] = value
		}
	}
	first := func(name string, values ...string) {
		if value := cmp.Or(values...); a.values[name] == "" && value != "" {
			a.values[name] = value
		}
	}
	v := p.values
	switch strings.ToUpper(p.kind) {
	case "EXCH":
		first("InternalEwsUrl", v["EwsUrl"], v["ASUrl"])
		first("MailboxDN", v["MdbDN"])
		first("PublicFolderServer", v["PublicFolderServer"])
		first("ActiveDirectoryServer", v["AD"])
		first("CasVersion", version(v["ServerVersion"]))
	case "EXPR", "EXHTTP":
		first("ExternalEwsUrl", v["EwsUrl"], v["ASUrl"])
		first("CasVersion", version(v["ServerVersion"]))
	case "WEB":
		first("InternalEwsUrl", v["Internal/ASUrl"])
		first("ExternalEwsUrl", v["External/ASUrl"])
	}
}

// read reads the content of a Protocol, Internal or External. In the latter
// two there may be a Protocol of its own, whose names count as theirs.
func (p *protocol) read(d *wire.Decoder, prefix string) {
	for d.Child() {
		switch name := d.Name(); {
		case name == "Type" && prefix == "":
			p.kind = strings.TrimSpace(d.Text())
		case name == "Type": // of the inner Protocol
			d.Skip()
		case (name == "Internal" || name == "External") && prefix == "":
			p.read(d, name+"/")
		case name == "Protocol" && prefix != "":
			p.read(d, prefix)
		case (name == "MailStore" || name == "AddressBook") && prefix == "":
			p.read(d, name+"/")
		default:
			if value := strings.TrimSpace(d.Text()); value != "" && p.values[prefix+name] == "" {
				p.values[prefix+name] = value
			}
		}
	}
}

// version returns what the hexadecimal number in ServerVersion says: four bits
// to ignore, six of the major version, six of the minor one, a flag, and
// fifteen of the build. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversion-pox.
func version(hex string) string {
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || n>>22&0x3F == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", n>>22&0x3F, n>>16&0x3F, n&0x7FFF)
}
