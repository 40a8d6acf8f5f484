package autodiscover

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/seed-1937cc67/goews/internal/wire"
)

// answer is what a service says of one user or domain.
type answer struct {
	code    string // "" or "NoError" if there are settings
	message string
	target  string // of RedirectAddress, RedirectUrl
	values  map[string]string
	errors  []SettingError
	boxes   []Mailbox
}

// soapAnswer is what the SOAP service answered.
type soapAnswer struct {
	fault   string // code of a SOAP fault
	code    string
	message string // of the fault or of the code
	build   string
	version string
	answers []answer
}

// bounds are what answers are held to; they have some 10 KiB.
var bounds = wire.Limits{MaxBytes: maxBody, MaxText: 256 << 10}

// maxBody bounds an answer, unpacked.
const maxBody = 1 << 20

// readSOAP reads the answer of GetUserSettings or GetDomainSettings. Elements
// are told by their local names, which are good enough here: what namespaces
// servers and proxies make of them differs. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/soap-autodiscover-xml-elements-for-exchange-2013.
func readSOAP(body []byte) (*soapAnswer, error) {
	d := wire.NewDecoderBytes(body, bounds)
	if !d.Root() {
		return nil, d.Err()
	}
	a, found := new(soapAnswer), false
	if d.Name() != "Envelope" {
		return nil, fmt.Errorf("the answer is an element %s, not a SOAP envelope", d.Name())
	}
	for d.Child() {
		switch d.Name() {
		case "Header":
			for d.Child() {
				if d.Name() == "ServerVersionInfo" {
					a.readVersion(d)
				} else {
					d.Skip()
				}
			}
		case "Body":
			for d.Child() {
				switch name := d.Name(); {
				case name == "Fault":
					a.readFault(d)
					found = true
				case strings.HasSuffix(name, "ResponseMessage"):
					found = a.readMessage(d) || found
				default:
					d.Skip()
				}
			}
		default:
			d.Skip()
		}
	}
	if err := d.Finish(); err != nil {
		return nil, err
	}
	if !found {
		return nil, errors.New("the SOAP envelope has no answer in it")
	}
	return a, nil
}

// readVersion reads ServerVersionInfo, which has elements here and attributes
// in EWS.
func (a *soapAnswer) readVersion(d *wire.Decoder) {
	var parts [4]int32
	var some bool
	number := func(name string) *int32 {
		for i, n := range []string{"MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber"} {
			if n == name {
				some = true
				return &parts[i]
			}
		}
		return nil
	}
	for d.Attr() {
		if p := number(d.Name()); p != nil {
			*p = d.Int32()
		}
	}
	for d.Child() {
		if p := number(d.Name()); p != nil {
			*p = d.Int32()
		} else if d.Name() == "Version" {
			a.version = d.Text()
		} else {
			d.Skip()
		}
	}
	if some {
		a.build = fmt.Sprintf("%d.%d.%d.%d", parts[0], parts[1], parts[2], parts[3])
	}
}

func (a *soapAnswer) readFault(d *wire.Decoder) {
	for d.Child() {
		switch d.Name() {
		case "faultcode":
			_, code, ok := strings.Cut(strings.TrimSpace(d.Text()), ":")
			if !ok {
				code = "Fault"
			}
			a.fault = shorten(code)
		case "faultstring":
			a.message = shorten(d.Text())
		default:
			d.Skip()
		}
	}
	if a.fault == "" {
		a.fault = "Fault"
	}
}

// readMessage reads a response message; it reports whether there was a
// response in it.
func (a *soapAnswer) readMessage(d *wire.Decoder) bool {
	found := false
	for d.Child() {
		if d.Name() != "Response" {
			d.Skip()
			continue
		}
		found = true
		for d.Child() {
			switch d.Name() {
			case "ErrorCode":
				a.code = shorten(d.Text())
			case "ErrorMessage":
				a.message = shorten(d.Text())
			case "UserResponses", "DomainResponses":
				for d.Child() {
					a.answers = append(a.answers, readResponse(d))
				}
			default:
				d.Skip()
			}
		}
	}
	return found
}

// readResponse reads a UserResponse or DomainResponse.
func readResponse(d *wire.Decoder) answer {
	u := answer{values: map[string]string{}}
	for d.Child() {
		switch d.Name() {
		case "ErrorCode":
			u.code = shorten(d.Text())
		case "ErrorMessage":
			u.message = shorten(d.Text())
		case "RedirectTarget":
			u.target = strings.TrimSpace(d.Text())
		case "UserSettingErrors", "DomainSettingErrors":
			for d.Child() {
				u.errors = append(u.errors, readSettingError(d))
			}
		case "UserSettings", "DomainSettings":
			for d.Child() {
				u.readSetting(d)
			}
		default:
			d.Skip()
		}
	}
	return u
}

func readSettingError(d *wire.Decoder) (e SettingError) {
	for d.Child() {
		switch d.Name() {
		case "ErrorCode":
			e.Code = shorten(d.Text())
		case "ErrorMessage":
			e.Message = shorten(d.Text())
		case "SettingName":
			e.Name = strings.TrimSpace(d.Text())
		default:
			d.Skip()
		}
	}
	return e
}

// readSetting reads a setting of any type. Which one it is shows by its
// content, whatever its xsi:type says and its name is: names that this package
// does not know are data, too.
func (u *answer) readSetting(d *wire.Decoder) {
	name, value := "", ""
	for d.Child() {
		switch d.Name() {
		case "Name":
			name = strings.TrimSpace(d.Text())
		case "Value":
			value = d.Text()
		case "AlternateMailboxes":
			for d.Child() {
				u.boxes = append(u.boxes, readMailbox(d))
			}
		default:
			// WebClientUrls, ProtocolConnections, DocumentSharingLocations
			value = flat(d)
		}
	}
	if name != "" && (value != "" || name != "AlternateMailboxes") {
		u.values[name] = value
	}
}

// flat returns the text of a collection: entries separated by "; ", their
// parts by " ".
func flat(d *wire.Decoder) string {
	var entries []string
	for d.Child() {
		var parts []string
		for d.Child() {
			if t := strings.TrimSpace(d.Text()); t != "" {
				parts = append(parts, t)
			}
		}
		entries = append(entries, strings.Join(parts, " "))
	}
	return strings.Join(entries, "; ")
}

// readMailbox reads an AlternateMailbox (SOAP) or AlternativeMailbox (POX).
func readMailbox(d *wire.Decoder) (m Mailbox) {
	fields := map[string]*string{
		"Type": &m.Type, "DisplayName": &m.DisplayName, "LegacyDN": &m.LegacyDN, "Server": &m.Server,
		"SmtpAddress": &m.SMTPAddress, "OwnerSmtpAddress": &m.OwnerSMTPAddress,
	}
	for d.Child() {
		if f := fields[d.Name()]; f != nil {
			*f = strings.TrimSpace(d.Text())
		} else {
			d.Skip()
		}
	}
	return m
}

// shorten cuts a text of a server, which errors and traces repeat, to what fits
// a line. What a terminal would take for a command is taken for a space.
func shorten(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "..."
	}
	return s
}

// build returns a version without the zeros before its numbers, as in
// "15.01.0160.004"; nothing if it is none.
func build(s string) string {
	parts := strings.Split(strings.TrimSpace(s), ".")
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return ""
		}
		parts[i] = strconv.FormatUint(n, 10)
	}
	if len(parts) < 3 || len(parts) > 4 {
		return ""
	}
	return strings.Join(parts, ".")
}
