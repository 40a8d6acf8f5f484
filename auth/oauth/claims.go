package oauth

import (
	"encoding/json"
	"fmt"
)

// capability is what a program declares that handles claims challenges.
const capability = "cp1"

// claims returns the parameter claims for a request: what the server asked for,
// and what the program is capable of.
func (a *App) claims(wanted string) (string, error) {
	if wanted == "" && !a.cfg.HandlesClaims {
		return "", nil
	}
	all := map[string]json.RawMessage{}
	if wanted != "" {
		if err := json.Unmarshal([]byte(wanted), &all); err != nil || all == nil {
			return "", fmt.Errorf("oauth: the claims to ask for are no JSON object")
		}
	}
	if a.cfg.HandlesClaims {
		access := map[string]json.RawMessage{}
		if old, ok := all["access_token"]; ok {
			if err := json.Unmarshal(old, &access); err != nil || access == nil {
				return "", fmt.Errorf("oauth: access_token in the claims to ask for is no JSON object")
			}
		}
		access["xms_cc"] = json.RawMessage(`{"values":["` + capability + `"]}`)
		merged, err := json.Marshal(access)
		if err != nil {
			return "", fmt.Errorf("oauth: the claims to ask for cannot be written: %w", err)
		}
		all["access_token"] = merged
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("oauth: the claims to ask for cannot be written: %w", err)
	}
	return string(text), nil
}
