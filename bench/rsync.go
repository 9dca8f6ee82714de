//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// rsync is plain rsync, pulling from a daemon at the sender: no encryption, and
// nothing made durable. It moves something only when it is run, which Settle does.
type rsync struct {
	ends   [2]end
	home   string
	daemon *exec.Cmd
	dst    string
	used   usage // CPU of the runs so far, without the daemon
}

const rsyncPort = "8873"

func (r *rsync) Name() string { return "rsync" }
func (r *rsync) Live() bool   { return false }

func (r *rsync) Version() string {
	out, err := exec.Command("rsync", "--version").Output()
	if err != nil {
		return "unknown"
	}
	fields := strings.Fields(string(out)) // rsync  version 3.2.7  protocol …
	return fields[min(2, len(fields)-1)]
}

func (r *rsync) Open(_ context.Context, home string) error {
	r.home = home
	return nil
}

// Offer starts the daemon with src as its module.
func (r *rsync) Offer(ctx context.Context, src string) error {
	config := filepath.Join(r.home, "rsyncd.conf")
	text := fmt.Sprintf("use chroot = no\nmax connections = 8\nlog file = %s\n[bench]\npath = %s\nread only = yes\nuid = %d\ngid = %d\n",
		filepath.Join(r.home, "rsyncd.log"), src, os.Getuid(), os.Getgid())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	r.daemon = r.ends[0].host.Command("rsync", "--daemon", "--no-detach", "--config", config,
		"--address", r.ends[0].addr, "--port", rsyncPort)
	if err := r.daemon.Start(); err != nil {
		return fmt.Errorf("start rsync's daemon: %w", err)
	}
	return until(ctx, 10*time.Millisecond, func() (bool, error) {
		return r.ends[1].host.Command("rsync", "--contimeout=1", r.url()).Run() == nil, nil
	})
}

func (r *rsync) url() string {
	return "rsync://" + net.JoinHostPort(r.ends[0].addr, rsyncPort) + "/bench/"
}

func (r *rsync) Indexed(context.Context) error { return nil }

func (r *rsync) Accept(_ context.Context, dst string) error {
	r.dst = dst
	return nil
}

// Settle runs rsync once.
func (r *rsync) Settle(ctx context.Context) error {
	cmd := r.ends[1].host.Command("rsync", "-a", "--delete", r.url(), r.dst+"/")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run rsync: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	defer stop()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("run rsync: %w: %s", err, said.String())
	}
	r.used.CPU += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return nil
}

// Usage does not know the memory of processes that live so briefly, nor what
// they wrote.
func (r *rsync) Usage() (usage, error) {
	u := r.used
	if r.daemon == nil {
		return u, nil
	}
	cpu, err := cpuTime(r.daemon.Process.Pid)
	u.CPU += cpu
	return u, err
}

func (r *rsync) Calm() error { return nil }

func (r *rsync) Close() error {
	if r.daemon == nil {
		return nil
	}
	err := r.daemon.Process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	r.daemon.Wait()
	r.daemon = nil
	return err
}
