//go:build linux

// Command soak torments the real program for as long as it is told: up to five
// devices in network namespaces, each on a file system of its own, with people
// who write all the time, while programs are killed, links are cut, addresses
// change, volumes are unmounted, run full and lose their power, and index databases
// are lost or replaced by older copies. Every minute everything is mended, and all
// is judged: the trees against each other, and what is in them against the ledger.
//
//	go run ./sim/soak -minutes 5
//	go run ./sim/soak -seed 42 -devices 3
//
// The same seed makes the same choices; what comes of them depends on the clock.
// Root gets the file systems; without it all devices but the small one share the
// file system of the temporary directory.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"kith/sim/drive"
	"kith/sim/netlab"
)

// options is what was asked for on the command line.
type options struct {
	minutes float64
	seed    uint64
	devices int
	round   time.Duration
	only    string
	program string
}

func readOptions(args []string) (o options, err error) {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.Float64Var(&o.minutes, "minutes", 5, "for how long; the round under way is finished")
	flags.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()&0xffffffff), "repeats the choices of a run")
	flags.IntVar(&o.devices, "devices", len(kinds), "how many, from 2 on")
	flags.DurationVar(&o.round, "round", time.Minute, "time between two judgements")
	flags.StringVar(&o.only, "only", "", "what may happen, with commas: "+strings.Join(actNames(), ","))
	flags.StringVar(&o.program, "program", "", "an existing kith to try, instead of building it")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.devices < 2 || o.devices > len(kinds) || flags.NArg() > 0 {
		return o, fmt.Errorf("usage: soak [-minutes N] [-seed N] [-devices 2..%d] [-round 1m]", len(kinds))
	}
	return o, nil
}

// program is the whole of it, in the form that netlab can start again inside a
// user namespace.
type program struct{ args []string }

// ownMounts tells that this process has a mount namespace of its own.
const ownMounts = "KITH_SOAK_MOUNTS"

// Run soaks and returns the exit code.
func (p program) Run() int {
	o, err := readOptions(p.args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	code := 0
	switch {
	case err != nil:
	case os.Getenv(ownMounts) == "":
		code, err = again()
	default:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		err = soak(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		return 1
	}
	return code
}

// again starts this program once more where its mounts are nobody else's, and gone
// when it is.
func again() (code int, err error) {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), ownMounts+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
	signal.Ignore(os.Interrupt) // it is the other one that ends by it
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

func main() { netlab.Main(program{os.Args[1:]}) }

// soak does what the options say. Its error says what did not hold, or that it
// could not be tried.
func soak(ctx context.Context, o options) (err error) {
	defer func() { // what the network cannot do
		if caught := recover(); caught != nil {
			failed, ours := caught.(netlab.Failure)
			if !ours {
				panic(caught)
			}
			err = failed
		}
	}()
	fmt.Printf("soak: seed %d, %d devices, %g minutes\n", o.seed, o.devices, o.minutes)
	scratch, err := os.MkdirTemp("", "kith-soak-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			fmt.Fprintln(os.Stderr, "soak: what is left lies in", scratch)
			return
		}
		os.RemoveAll(scratch)
	}()
	if o.program == "" {
		module, err := drive.ModuleDir()
		if err != nil {
			return err
		}
		if o.program, err = drive.Build(ctx, module, scratch); err != nil {
			return err
		}
	}
	w, close, err := newWorld(o, scratch)
	if err != nil {
		return err
	}
	defer close()
	if err := w.begin(ctx); err != nil {
		return err
	}
	return w.run(ctx)
}
