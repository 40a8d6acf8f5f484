package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// realm is the Kerberos realm of the tests. Its clients have the addresses of
// ewstest's accounts as principal names.
const realm = "EXAMPLE.COM"

// kdc is MIT's key distribution centre with a realm of its own.
type kdc struct {
	*process
	t    testing.TB
	dir  string
	conf string // path of its krb5.conf
	addr string
	env  []string
}

// startKDC makes a realm in a temporary directory and starts its KDC.
func startKDC(t testing.TB) *kdc {
	t.Helper()
	const packages = "krb5-kdc krb5-admin-server krb5-user"
	need(t, packages, "krb5kdc", "kadmin.local", "kdb5_util")
	dir := tempDir(t)
	addr, port := freePort(t)
	k := &kdc{t: t, dir: dir, conf: filepath.Join(dir, "krb5.conf"), addr: addr}
	write(t, k.conf, fmt.Sprintf(`[libdefaults]
	default_realm = %[1]s
	dns_lookup_kdc = false
	dns_lookup_realm = false
	dns_canonicalize_hostname = false
	rdns = false
	ticket_lifetime = 10m
	renew_lifetime = 1h
[realms]
	%[1]s = {
		kdc = 127.0.0.1:%[2]s
	}
[domain_realm]
	localhost = %[1]s
`, realm, port))
	write(t, filepath.Join(dir, "kdc.conf"), fmt.Sprintf(`[kdcdefaults]
	kdc_listen = 127.0.0.1:%[2]s
	kdc_tcp_listen = 127.0.0.1:%[2]s
[realms]
	%[1]s = {
		database_name = %[3]s/principal
		key_stash_file = %[3]s/stash
		acl_file = %[3]s/acl
		max_life = 1h
		max_renewable_life = 2h
		supported_enctypes = aes256-cts:normal aes128-cts:normal
	}
[logging]
	kdc = STDERR
	admin_server = FILE:%[3]s/kadmin.log
	default = FILE:%[3]s/krb5.log
`, realm, port, dir))
	k.env = append(os.Environ(), "KRB5_CONFIG="+k.conf, "KRB5_KDC_PROFILE="+filepath.Join(dir, "kdc.conf"), "KRB5RCACHEDIR="+dir)
	k.run("kdb5_util", "create", "-s", "-P", "master", "-r", realm)
	k.process = start(t, k.command("krb5kdc", "-n", "-r", realm))
	k.waitPort(addr)
	return k
}

// command returns a command that works on the realm.
func (k *kdc) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(k.t.Context(), name, args...)
	cmd.Env = k.env
	return cmd
}

func (k *kdc) run(name string, args ...string) {
	k.t.Helper()
	if out, err := k.command(name, args...).CombinedOutput(); err != nil {
		k.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// admin has kadmin.local do each of the requests.
func (k *kdc) admin(requests ...string) {
	k.t.Helper()
	cmd := k.command("kadmin.local", "-r", realm)
	cmd.Stdin = strings.NewReader(strings.Join(requests, "\n") + "\nquit\n")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), ": ") && strings.Contains(string(out), "while ") {
		k.t.Fatalf("kadmin.local: %v\n%s", err, out)
	}
}

// keytab writes the keys of the principals into a file and returns its path.
func (k *kdc) keytab(name string, principals ...string) string {
	k.t.Helper()
	path := filepath.Join(k.dir, name)
	for _, p := range principals {
		k.admin("ktadd -norandkey -k " + path + " " + p)
	}
	if err := os.Chmod(path, 0o644); err != nil { // Apache's children read it
		k.t.Fatal(err)
	}
	return path
}
