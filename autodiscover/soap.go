package autodiscover

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// The namespaces of the SOAP service. Microsoft's pages show some of them with
// https, which is a fault of the pages.
const (
	nsService    = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
	nsEnvelope   = "http://schemas.xmlsoap.org/soap/envelope/"
	nsAddressing = "http://www.w3.org/2005/08/addressing"
)

// envelope is the request of an operation whose list of names, and whose
// settings, are given. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getusersettings-operation-soap.
//
// RequestedVersion is nil: the schema wants it to be there, and servers take
// requests without it.
func envelope(operation, version, to string, names func(*strings.Builder), settings []string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="utf-8"?>`+"\n"+`<soap:Envelope xmlns:soap="%s" xmlns:a="%s" xmlns:wsa="%s" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`,
		nsEnvelope, nsService, nsAddressing)
	fmt.Fprintf(&b, `<soap:Header><a:RequestedServerVersion>%s</a:RequestedServerVersion><wsa:Action>%s/Autodiscover/%s</wsa:Action><wsa:To>%s</wsa:To></soap:Header>`,
		escape(version), nsService, operation, escape(to))
	fmt.Fprintf(&b, `<soap:Body><a:%sRequestMessage><a:Request>`, operation)
	names(&b)
	b.WriteString(`<a:RequestedSettings>`)
	for _, s := range settings {
		fmt.Fprintf(&b, `<a:Setting>%s</a:Setting>`, escape(s))
	}
	fmt.Fprintf(&b, `</a:RequestedSettings><a:RequestedVersion xsi:nil="true"/></a:Request></a:%sRequestMessage></soap:Body></soap:Envelope>`, operation)
	return []byte(b.String())
}

// userSettings is a GetUserSettings request.
func userSettings(version, to string, addresses, settings []string) []byte {
	return envelope("GetUserSettings", version, to, func(b *strings.Builder) {
		b.WriteString(`<a:Users>`)
		for _, address := range addresses {
			fmt.Fprintf(b, `<a:User><a:Mailbox>%s</a:Mailbox></a:User>`, escape(address))
		}
		b.WriteString(`</a:Users>`)
	}, settings)
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer does not fail
	return b.String()
}
