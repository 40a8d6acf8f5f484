package ewstest

import "strings"

// Languages returns the languages that Config.Language may be.
func Languages() []string { return []string{"en-US", "da-DK"} }

// language returns the known spelling of a language, "" if it is unknown.
func language(name string) string {
	for _, l := range Languages() {
		if strings.EqualFold(l, strings.ReplaceAll(name, "_", "-")) {
			return l
		}
	}
	return ""
}
