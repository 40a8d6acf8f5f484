package interop

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestProcess holds the ends of a program: by itself, when asked to, and with
// a child that would stay.
func TestProcess(t *testing.T) {
	need(t, "bash", "bash")
	p := start(t, exec.Command("bash", "-c", `echo done`))
	<-p.ended
	if got := p.output.String(); p.err != nil || got != "done\n" {
		t.Errorf("error %v, output %q", p.err, got)
	}
	p.stop()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, end := range map[string]func(*process){"stop": (*process).stop, "kill": (*process).kill} {
		p := start(t, exec.Command("bash", "-c", `sleep 60 & echo $!; exec sleep 60`))
		p.waitPort(l.Addr().String())
		child := ""
		for child == "" {
			line, _, ok := bytes.Cut([]byte(p.output.String()), []byte("\n"))
			if ok {
				child = string(line)
			}
		}
		end(p)
		if p.err == nil {
			t.Errorf("%s: the program says that all was well", name)
		}
		// It is gone, or dead and not yet buried.
		for deadline := time.Now().Add(5 * time.Second); ; {
			stat, err := os.ReadFile("/proc/" + child + "/stat")
			if err != nil || bytes.Contains(stat, []byte(") Z ")) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: the child still runs: %s", name, stat)
			}
		}
	}
}
