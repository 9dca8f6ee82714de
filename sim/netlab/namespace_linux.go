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
	onThrowawayThread(func() {
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			err = fmt.Errorf("unshare network namespace: %w", err)
			return
		}
		ns, err = os.Open("/proc/thread-self/ns/net")
	})
	return ns, err
}

// within calls f on a thread in the namespace ns.
func within(ns *os.File, f func()) (err error) {
	onThrowawayThread(func() {
		if err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err == nil {
			f()
		}
	})
	return err
}

// onThrowawayThread calls f on a thread that nothing else will ever run on.
func onThrowawayThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		f()
	}()
	<-done
}

func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
