// Package schemas embeds the EWS contract: types.xsd, messages.xsd,
// services.wsdl and xml.xsd, which say what each server version knows. The
// README.md beside them says how to read and how to make them.
package schemas

import "embed"

// FS has the files of the contract.
//
//go:embed types.xsd messages.xsd services.wsdl xml.xsd
var FS embed.FS
