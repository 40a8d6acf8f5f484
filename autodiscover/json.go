package autodiscover

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
)

// readJSON reads an answer of the JSON service ("Autodiscover v2"): a URL, or
// an error. Microsoft has no page about it; its support scripts ask it in this
// way, see
// https://github.com/microsoft/CSS-Exchange/blob/main/Shared/Get-ProtocolEndpointViaAutoDv2.ps1.
func readJSON(body []byte) (*answer, error) {
	var v struct {
		URL          string `json:"Url"`
		ErrorCode    string
		ErrorMessage string
		Code         string // of Exchange Online
		Message      string
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, fmt.Errorf("the answer is no JSON of this service: %w", err)
	}
	a := &answer{values: map[string]string{}}
	switch code := cmp.Or(v.ErrorCode, v.Code); {
	case code != "":
		a.code, a.message = shorten(code), shorten(cmp.Or(v.ErrorMessage, v.Message))
	case v.URL == "":
		return nil, errors.New("there is neither a URL nor an error in the answer")
	default:
		a.values["ExternalEwsUrl"] = v.URL
	}
	return a, nil
}
