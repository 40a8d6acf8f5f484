package interop

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// need skips the test unless GOEWS_INTEROP is set, and fails it if a program
// is not installed. packages are Debian's that have them, for the message.
func need(t testing.TB, packages string, programs ...string) {
	t.Helper()
	if os.Getenv("GOEWS_INTEROP") == "" {
		t.Skip("GOEWS_INTEROP is not set: see make interop-auth")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("no %s: install %s", p, packages)
		}
	}
}

// python returns the Python that has exchangelib: that of GOEWS_PYTHON, or
// Debian's.
func python() string { return cmp.Or(os.Getenv("GOEWS_PYTHON"), "/usr/bin/python3") }

// freePort returns an address of the loopback interface that nobody listens
// on, and its port. Whoever comes first gets it: for programs that cannot
// choose one themselves. It is none of those that systems give to outgoing
// connections, so that a program which is started anew finds it free.
func freePort(t testing.TB) (addr, port string) {
	t.Helper()
	for range 100 {
		port = strconv.Itoa(20_000 + rand.IntN(10_000))
		addr = net.JoinHostPort("127.0.0.1", port)
		if l, err := net.Listen("tcp", addr); err == nil {
			l.Close()
			return addr, port
		}
	}
	t.Fatal("no free port")
	return "", ""
}

// process is a program that runs beside the test, in the foreground and in a
// group of processes of its own.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	output buffer
	ended  chan struct{} // closed when it has ended
	err    error         // of Wait, to be read once ended is closed
}

// start runs cmd until the test ends; then it is asked to end, and killed if
// it does not within 5 s. If the test has failed, what the program wrote is
// logged. The program gets SIGTERM if the test dies.
func start(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	// Children that outlive it must not keep the pipe open, and Wait waiting.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", cmd.Path, p.output.String())
		}
	})
	return p
}

// waitPort returns when the program takes connections at the TCP address. It
// fails the test after 10 s, or when the program ends.
func (p *process) waitPort(addr string) {
	p.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			c.Close()
			return
		}
		select {
		case <-p.ended:
			p.t.Fatalf("%s ended before it listened on %s: %v", p.cmd.Path, addr, p.err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	p.t.Fatalf("%s does not listen on %s", p.cmd.Path, addr)
}

// signal sends a signal to the program alone, if it runs.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	select {
	case <-p.ended:
		p.t.Errorf("%s has ended: %v", p.cmd.Path, p.err)
	default:
		if err := p.cmd.Process.Signal(s); err != nil {
			p.t.Errorf("signal %v to %s: %v", s, p.cmd.Path, err)
		}
	}
}

// stop ends the program and all of its group, and waits for it. It may be
// called again.
func (p *process) stop() {
	group := -p.cmd.Process.Pid // as Setpgid says
	select {
	case <-p.ended:
	default:
		_ = syscall.Kill(p.cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(5 * time.Second):
		}
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // what is left of it
	<-p.ended
}

// kill ends the program and all of its group at once, as a power cut does, and
// waits for it.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

// buffer is what a program writes: the last 64 KiB of it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b.Write(p)
	if over := b.b.Len() - 64<<10; over > 0 {
		b.b.Next(over)
	}
	return len(p), nil
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
