package drive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Device is one installation of the program: a home directory and, while it
// runs, a process. Its methods are for one goroutine at a time, except Kith and
// Status.
type Device struct {
	Name    string // how it introduces itself to others
	Home    string // its --home; made by Start
	Program string // path of the binary
	Host    Host
	Flags   []string // further flags of `kith run`

	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
	err   error         // why it ended; read after ended is closed
}

// Start runs the program and returns once it answers commands.
func (d *Device) Start(ctx context.Context) error {
	if err := os.MkdirAll(d.Home, 0o700); err != nil {
		return fmt.Errorf("start %s: %w", d.Name, err)
	}
	out, err := os.OpenFile(d.outputFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", d.Name, err)
	}
	defer out.Close()
	args := append([]string{"--home", d.Home, "run", "--headless", "--name", d.Name}, d.Flags...)
	cmd := d.Host.Command(d.Program, args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", d.Name, err)
	}
	d.cmd, d.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		d.err = cmd.Wait()
		close(ended)
	}(d.ended)
	if err := d.answering(ctx); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", d.Name, err), d.Kill())
	}
	return nil
}

// answering waits until the running process answers commands.
func (d *Device) answering(ctx context.Context) error {
	for {
		_, err := d.Status(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-d.ended:
			return fmt.Errorf("it ended at once: %w\n%s", d.err, d.Output(20))
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// PID returns the number of the running process, or zero.
func (d *Device) PID() int {
	if !d.Running() {
		return 0
	}
	return d.cmd.Process.Pid
}

// Running reports whether the process was started and has not ended.
func (d *Device) Running() bool {
	if d.cmd == nil {
		return false
	}
	select {
	case <-d.ended:
		return false
	default:
		return true
	}
}

// Kill ends the process at once, as a power cut would, and waits for its end.
func (d *Device) Kill() error {
	if !d.Running() {
		return nil
	}
	if err := d.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", d.Name, err)
	}
	<-d.ended
	return nil
}

// Goroutines ends the process at once and returns how many goroutines it had. They
// stand in its output, each with what it was at.
func (d *Device) Goroutines() (int, error) {
	if !d.Running() {
		return 0, fmt.Errorf("%s: its program does not run", d.Name)
	}
	if err := d.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		return 0, fmt.Errorf("end %s: %w", d.Name, err)
	}
	select {
	case <-d.ended:
	case <-time.After(quitPatience):
		return 0, fmt.Errorf("%s does not end", d.Name)
	}
	out, err := os.ReadFile(d.outputFile())
	if err != nil {
		return 0, err
	}
	_, dump, _ := bytes.Cut(out, []byte("SIGQUIT: quit\n"))
	return bytes.Count(dump, []byte("\ngoroutine ")), nil
}

// quitPatience is how long a process may take to end in good order.
const quitPatience = time.Minute

// Quit asks the process to end and waits for it. A process that does not end in
// time is killed, and that is an error.
func (d *Device) Quit() error {
	if !d.Running() {
		return nil
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("quit %s: %w", d.Name, err)
	}
	select {
	case <-d.ended:
		return nil
	case <-time.After(quitPatience):
		return errors.Join(fmt.Errorf("quit %s: still running after %v", d.Name, quitPatience), d.Kill())
	}
}

// Command prepares `kith --home HOME args…` to run on the device's host.
func (d *Device) Command(args ...string) *exec.Cmd {
	return d.Host.Command(d.Program, append([]string{"--home", d.Home}, args...)...)
}

// Kith runs one command to its end and returns what it printed. Its error is a
// *CommandError when the program ended with another exit code than ExitDone.
func (d *Device) Kith(ctx context.Context, args ...string) (string, error) {
	stdout, stderr, err := run(ctx, d.Command(args...))
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return stdout, &CommandError{d.Name, args, exit.ExitCode(), stdout, stderr}
	}
	if err != nil {
		return stdout, fmt.Errorf("%s: kith %v: %w", d.Name, args, err)
	}
	return stdout, nil
}

func (d *Device) outputFile() string { return filepath.Join(d.Home, "run.out") }

// Output returns the last lines of what the process printed and logged.
func (d *Device) Output(lines int) string {
	return tail(d.outputFile(), lines) + tail(filepath.Join(d.Home, "kith.log"), lines)
}
