package main

import (
	"fmt"
	"strings"
)

// setAliases reads the flags -alias.
func (o *options) setAliases(texts []string) error {
	for _, text := range texts {
		alias, address, ok := strings.Cut(text, "=")
		a := o.account(address)
		switch {
		case !ok || !strings.Contains(alias, "@"):
			return fmt.Errorf("-alias %s is not alias=address", text)
		case a == nil:
			return fmt.Errorf("-alias %s: %s is no account", text, address)
		}
		a.Aliases = append(a.Aliases, alias)
	}
	return nil
}

// setRedirects reads the flags -redirect. The server checks what they say.
func (o *options) setRedirects(texts []string) error {
	for _, text := range texts {
		from, to, ok := strings.Cut(text, "=")
		if !ok || from == "" || to == "" {
			return fmt.Errorf("-redirect %s is not from=to", text)
		}
		if o.config.Autodiscover.Redirects == nil {
			o.config.Autodiscover.Redirects = map[string]string{}
		}
		o.config.Autodiscover.Redirects[from] = to
	}
	return nil
}

// setWithout reads the flag -no-autodiscover.
func (o *options) setWithout(list string) error {
	a := &o.config.Autodiscover
	off := map[string]*bool{"soap": &a.NoSOAP, "pox": &a.NoPOX, "json": &a.NoJSON}
	for name := range strings.SplitSeq(list, ",") {
		switch p := off[strings.ToLower(name)]; {
		case p != nil:
			*p = true
		case name != "":
			return fmt.Errorf("-no-autodiscover %s: there is soap, pox and json", name)
		}
	}
	return nil
}
