package netlab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// prepare finds out whether network namespaces can be made. If this process
// has no right to, it starts the test binary once more as root of a user
// namespace; then ran is true and code is what that ended with.
func prepare() (state string, code int, ran bool) {
	ns, err := newNamespace()
	if err == nil {
		ns.Close()
		return stateReady, 0, false
	}
	if os.Getenv(stateEnv) != "" { // this is the second start already
		return err.Error(), 0, false
	}
	code, again := runInUserNamespace()
	if again != nil {
		return fmt.Sprintf("%v; %v", err, again), 0, false
	}
	return "", code, true
}

// runInUserNamespace runs this test binary to its end as root of new user,
// mount and network namespaces.
func runInUserNamespace() (code int, err error) {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), stateEnv+"=asked")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start in a user namespace: %w", err)
	}
	stop := forwardSignals(cmd.Process)
	defer stop()
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return cmd.ProcessState.ExitCode(), nil
}

// forwardSignals passes on what asks a test binary to end.
func forwardSignals(p *os.Process) (stop func()) {
	signals := make(chan os.Signal, 1) // as os/signal wants it
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	go func() {
		for s := range signals {
			p.Signal(s)
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}

// newNamespace makes a network namespace, which lasts as long as the file is
// open or something runs in it.
func newNamespace() (ns *os.File, err error) {
	enter := func() error { return unix.Unshare(unix.CLONE_NEWNET) }
	var open error
	err = elsewhere(enter, func() { ns, open = openNamespace() })
	return ns, errors.Join(err, open)
}

// within calls f on a thread in the namespace ns.
func within(ns *os.File, f func()) error {
	return elsewhere(func() error { return unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET) }, f)
}

// elsewhere takes this thread to another namespace by enter, calls f there, and
// brings the thread back. It must not let the thread die instead: commands were
// started from it, and die with it (see dieWithParent).
func elsewhere(enter func() error, f func()) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := openNamespace()
	if err != nil {
		return err
	}
	defer home.Close()
	if err := enter(); err != nil {
		return fmt.Errorf("enter a network namespace: %w", err)
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(fmt.Sprintf("a thread cannot leave a network namespace: %v", err))
		}
	}()
	f()
	return nil
}

// openNamespace opens the network namespace that this thread is in.
func openNamespace() (*os.File, error) { return os.Open("/proc/thread-self/ns/net") }

// dieWithParent has the command killed when the thread ends that starts it,
// which in a Go program means: when the program ends.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
