package interop

import (
	"crypto/md5"
	"fmt"
	"strings"

	"github.com/seed-1937cc67/goews/ewstest"
)

// locations is the part of Apache's configuration with the ways in, each below
// a path of its own.
const locations = `
<Location /basic/>
	AuthType Basic
	AuthName "Example"
	AuthUserFile {dir}/basic
	Require valid-user
</Location>
<Location /digest/>
	AuthType Digest
	AuthName "Example"
	AuthDigestProvider file
	AuthUserFile {dir}/digest
	AuthDigestNonceLifetime 2
	Require valid-user
</Location>
<Location /kerberos/>
	AuthType GSSAPI
	AuthName "Example"
	GssapiCredStore keytab:{keytab}
	GssapiAllowedMech krb5
	Require valid-user
</Location>
# Kerberos that stays with the connection.
<Location /kept/>
	AuthType GSSAPI
	AuthName "Example"
	GssapiCredStore keytab:{keytab}
	GssapiAllowedMech krb5
	GssapiConnectionBound On
	Require valid-user
</Location>
<Location /ntlm/>
	AuthType GSSAPI
	AuthName "Example"
	GssapiAllowedMech ntlmssp
	GssapiConnectionBound On
	Require valid-user
</Location>
# Both, and Basic. The keytab is that of the environment: gss-ntlmssp is no
# server with a credential store.
<Location /negotiate/>
	AuthType GSSAPI
	AuthName "Example"
	GssapiAllowedMech krb5
	GssapiAllowedMech ntlmssp
	GssapiConnectionBound On
	GssapiBasicAuth On
	GssapiBasicAuthMech ntlmssp
	Require valid-user
</Location>
`

// modules are those that the configuration needs and that are not built in.
var modules = []string{
	"mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "auth_digest", "auth_gssapi",
	"headers", "proxy", "proxy_http", "ssl", "socache_shmcb",
}

// apacheConf returns the configuration, with the values of p in their places.
func apacheConf(p map[string]string, root bool) string {
	var b strings.Builder
	for _, m := range modules {
		fmt.Fprintf(&b, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
	}
	if root {
		b.WriteString("User www-data\nGroup www-data\n")
	}
	b.WriteString(`ServerName localhost
DefaultRuntimeDir {dir}
PidFile {dir}/pid
Mutex file:{dir}
ErrorLog /dev/stderr
LogLevel warn
StartServers 1
ServerLimit 8
ThreadsPerChild 32
MaxRequestWorkers 64
MinSpareThreads 8
MaxSpareThreads 64
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 30
GracefulShutdownTimeout 2
Listen {addr}
Listen {certAddr}
Listen {lateAddr}
SSLSessionCache none
SSLCertificateFile {server}
RequestHeader unset ` + remoteUser + ` early
RequestHeader set ` + remoteUser + ` "expr=%{REMOTE_USER}"
<VirtualHost {addr}>
	SSLEngine on
` + locations)
	for line := range strings.Lines(locations) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "<Location "); ok {
			path = strings.TrimSuffix(path, ">")
			fmt.Fprintf(&b, "ProxyPass %s {back}/\n", path)
		}
	}
	b.WriteString(`</VirtualHost>
<VirtualHost {certAddr}>
	SSLEngine on
	SSLCACertificateFile {ca}
	SSLVerifyClient require
	SSLUserName SSL_CLIENT_S_DN
	ProxyPass /cert/ {back}/
</VirtualHost>
<VirtualHost {lateAddr}>
	SSLEngine on
	SSLProtocol -all +TLSv1.2
	SSLCACertificateFile {ca}
	SSLUserName SSL_CLIENT_S_DN
	ProxyPass /late/ {back}/
	<Location /late/>
		SSLVerifyClient require
		SSLVerifyDepth 1
		SSLRenegBufferSize 1000000
	</Location>
</VirtualHost>
`)
	text := b.String()
	for name, value := range p {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// digestFile returns the text of a file for mod_auth_digest.
func digestFile(accounts []ewstest.Account) string {
	var b strings.Builder
	for _, a := range accounts {
		name, _, _ := strings.Cut(a.Address, "@")
		fmt.Fprintf(&b, "%s:Example:%x\n", name, md5.Sum([]byte(name+":Example:"+a.Password)))
	}
	return b.String()
}
