package ewstest

import (
	"net/http"
	"strings"
)

// UserHeader returns a Config.Authenticate that believes what a header of the
// request says of the user: for a server behind a front end that has
// authenticated the user, and that lets no header of this name through from
// outside. Its value is
//
//   - an account's Address or User;
//   - a name without a domain, a Kerberos principal or a Windows name, as in
//     "ann", "ann@EXAMPLE.COM" and `EXAMPLE\ann`: of the only account whose
//     Address has it before the @;
//   - the subject of a client certificate, as in "CN=ann,O=Example" and
//     "/O=Example/CN=ann": the address in it, else its CN, is then one of the
//     above.
//
// Without the header the answer is status 401, without a challenge.
func UserHeader(name string, accounts []Account) func(http.ResponseWriter, *http.Request) (string, bool) {
	return func(w http.ResponseWriter, r *http.Request) (string, bool) {
		values := r.Header.Values(name)
		if len(values) != 1 || strings.TrimSpace(values[0]) == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return "", false
		}
		return accountOf(strings.TrimSpace(values[0]), accounts), true
	}
}

// accountOf returns the address of the account that a front end's user has;
// user itself if there is none.
func accountOf(user string, accounts []Account) string {
	for _, n := range []string{user, ofSubject(user)} {
		for _, a := range accounts {
			if strings.EqualFold(a.Address, n) || a.User != "" && strings.EqualFold(a.User, n) {
				return a.Address
			}
		}
	}
	bare := ofSubject(user)
	if _, after, ok := strings.Cut(bare, `\`); ok {
		bare = after
	}
	bare, _, _ = strings.Cut(bare, "@")
	found := ""
	for _, a := range accounts {
		local, _, _ := strings.Cut(a.Address, "@")
		if !strings.EqualFold(local, bare) {
			continue
		}
		if found != "" {
			return user // two accounts: nobody
		}
		found = a.Address
	}
	if found == "" {
		return user
	}
	return found
}

// ofSubject returns the address or the common name in the subject of a
// certificate; what is none as it is.
func ofSubject(s string) string {
	found := map[string]string{}
	for part := range strings.FieldsFuncSeq(s, func(c rune) bool { return c == ',' || c == '/' || c == '+' }) {
		key, value, ok := strings.Cut(part, "=")
		if key = strings.ToUpper(strings.TrimSpace(key)); ok && found[key] == "" {
			found[key] = strings.TrimSpace(value)
		}
	}
	for _, key := range []string{"EMAILADDRESS", "E", "CN"} {
		if found[key] != "" {
			return found[key]
		}
	}
	return s
}
