#!/usr/bin/env bash
# Prints which of Debian's packages are not there that these tests need, one a
# line.
set -euo pipefail
PATH="$PATH:/usr/sbin:/sbin"
while read -r package what; do
	command -v "$what" >/dev/null || compgen -G "$what" >/dev/null || echo "$package"
done <<-'END'
	apache2 apache2
	apache2-utils htpasswd
	curl curl
	gss-ntlmssp /usr/lib/*/gssntlmssp/gssntlmssp.so
	krb5-admin-server kadmin.local
	krb5-kdc krb5kdc
	krb5-user kinit
	libapache2-mod-auth-gssapi /usr/lib/apache2/modules/mod_auth_gssapi.so
	squid squid
	tinyproxy-bin tinyproxy
END
