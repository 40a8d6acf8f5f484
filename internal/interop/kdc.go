package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	realm = "EXAMPLE.COM"   // of the users, and of Apache
	other = "OTHER.EXAMPLE" // which trusts the users of the first
)

// kdc is MIT's key distribution centre with realms of its own.
type kdc struct {
	*process
	t    testing.TB
	dir  string
	conf string // path of its krb5.conf
	addr string
	env  []string

	marks int // that asked has made
}

// startKDC makes the realms in a temporary directory and starts their KDC.
func startKDC(t testing.TB) *kdc {
	t.Helper()
	const packages = "krb5-kdc krb5-admin-server krb5-user"
	need(t, packages, "krb5kdc", "kadmin.local", "kdb5_util")
	dir := tempDir(t)
	addr, port := freePort(t)
	k := &kdc{t: t, dir: dir, conf: filepath.Join(dir, "krb5.conf"), addr: addr}
	realms, databases := "", ""
	for _, r := range []string{realm, other} {
		realms += fmt.Sprintf("\t%s = {\n\t\tkdc = %s\n\t}\n", r, addr)
		databases += fmt.Sprintf(`	%[1]s = {
		database_name = %[2]s/%[1]s
		key_stash_file = %[2]s/stash.%[1]s
		acl_file = %[2]s/acl
		max_life = 1h
		max_renewable_life = 2h
		supported_enctypes = aes256-cts:normal aes128-cts:normal
	}
`, r, dir)
	}
	write(t, k.conf, fmt.Sprintf(`[libdefaults]
	default_realm = %s
	dns_lookup_kdc = false
	dns_lookup_realm = false
	dns_canonicalize_hostname = false
	rdns = false
	ticket_lifetime = 10m
	renew_lifetime = 1h
[realms]
%s[domain_realm]
	.other.example = %s
`, realm, realms, other))
	write(t, filepath.Join(dir, "kdc.conf"), fmt.Sprintf(`[kdcdefaults]
	kdc_listen = 127.0.0.1:%[1]s
	kdc_tcp_listen = 127.0.0.1:%[1]s
[realms]
%[2]s[logging]
	kdc = STDERR
	admin_server = FILE:%[3]s/kadmin.log
	default = FILE:%[3]s/krb5.log
`, port, databases, dir))
	k.env = append(os.Environ(), "KRB5_CONFIG="+k.conf, "KRB5_KDC_PROFILE="+filepath.Join(dir, "kdc.conf"), "KRB5RCACHEDIR="+dir)
	for _, r := range []string{realm, other} {
		k.run("kdb5_util", "create", "-s", "-P", "master", "-r", r)
		k.adminOf(r, "addprinc -pw trust krbtgt/"+other+"@"+realm)
	}
	k.up()
	return k
}

// up starts the KDC.
func (k *kdc) up() {
	k.t.Helper()
	k.process = start(k.t, k.command("krb5kdc", "-n", "-r", realm, "-r", other))
	k.waitPort(k.addr)
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

// admin has kadmin.local do each of the requests in the first realm.
func (k *kdc) admin(requests ...string) {
	k.t.Helper()
	k.adminOf(realm, requests...)
}

func (k *kdc) adminOf(realm string, requests ...string) {
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
		_, in, ok := strings.Cut(p, "@")
		if !ok {
			in = realm
		}
		k.adminOf(in, "ktadd -norandkey -k "+path+" "+p)
	}
	if err := os.Chmod(path, 0o644); err != nil { // Apache's children read it
		k.t.Fatal(err)
	}
	return path
}

// asked returns how many lines of the KDC's log have all of the texts in them.
func (k *kdc) asked(texts ...string) int {
	k.t.Helper()
	// What it has logged so far comes before a request that is made now.
	k.marks++
	mark := fmt.Sprintf("mark%d@", k.marks)
	_ = k.command("kinit", strings.TrimSuffix(mark, "@")).Run() // nobody of that name
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(k.output.String(), mark); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			k.t.Fatal("the KDC logs nothing")
		}
	}
	n := 0
lines:
	for line := range strings.Lines(k.output.String()) {
		for _, text := range texts {
			if !strings.Contains(line, text) {
				continue lines
			}
		}
		n++
	}
	return n
}
