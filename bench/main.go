//go:build linux

// Command bench measures this program side by side with plain rsync and with
// syncthing: two network namespaces joined by a bridge, the same data, in turns.
// It needs Linux, iproute2 and util-linux, and, for the comparison, rsync and
// syncthing; it needs no root where user namespaces are allowed.
//
//	go run ./bench -quick             a few minutes, small sizes
//	go run ./bench -runs 5 -json out.json
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"kith/sim/drive"
	"kith/sim/netlab"
)

// options is what was asked for on the command line.
type options struct {
	quick    bool
	runs     int
	only     string
	subjects string
	dir, mem string
	places   string
	rate     string
	program  string
	json     string
	limit    time.Duration
}

func readOptions(args []string) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&o.quick, "quick", false, "smaller sizes")
	flags.IntVar(&o.runs, "runs", 3, "how often each measurement is repeated")
	flags.StringVar(&o.only, "only", "", "steps to measure, with commas: "+strings.Join(order, ","))
	flags.StringVar(&o.subjects, "with", "kith,rsync,syncthing", "programs to measure")
	flags.StringVar(&o.dir, "dir", os.TempDir(), "directory on the `disk` to measure on")
	flags.StringVar(&o.mem, "mem", "/dev/shm", "directory in memory to measure on")
	flags.StringVar(&o.places, "places", "memory,disk", "where to measure")
	flags.StringVar(&o.rate, "rate", "", "limit of the link, as tc writes it (1gbit)")
	flags.StringVar(&o.program, "program", "", "an existing kith to measure, instead of building it")
	flags.StringVar(&o.json, "json", "", "write all results to this `file` too")
	flags.DurationVar(&o.limit, "limit", 10*time.Minute, "give up a session that takes longer")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.runs < 1 || flags.NArg() > 0 {
		return o, errors.New("usage: bench [-quick] [-runs N] [-only STEPS] [-dir DIR] [-json FILE]")
	}
	return o, nil
}

func (o options) sizes() sizes {
	if o.quick {
		return sizes{Big: 128 << 20, Small: 5000, Mean: 4813, Saves: 10, Renames: 2000, Pages: 64, Idle: 5 * time.Second}
	}
	return sizes{Big: 2 << 30, Small: 50000, Mean: 4813, Saves: 50, Renames: 5000, Pages: 64, Idle: 30 * time.Second}
}

func (o options) placesList() (places []place) {
	for _, name := range strings.Split(o.places, ",") {
		switch name {
		case "memory":
			places = append(places, place{name, o.mem})
		case "disk":
			places = append(places, place{name, o.dir})
		}
	}
	return places
}

const subjectKith = "kith"

// choose returns the subjects asked for, as far as they are installed.
func (o options) choose(ends [2]end, program string, say func(string, ...any)) (subjects []subject) {
	for _, name := range strings.Split(o.subjects, ",") {
		if name == subjectKith {
			subjects = append(subjects, &kith{ends: ends, program: program})
			continue
		}
		if _, err := exec.LookPath(name); err != nil {
			say("%s is not installed: measured without it", name)
			continue
		}
		switch name {
		case "rsync":
			subjects = append(subjects, &rsync{ends: ends})
		case "syncthing":
			subjects = append(subjects, &syncthing{ends: ends})
		}
	}
	return subjects
}

// program is the whole of it, in the form that netlab can start again inside a
// user namespace.
type program struct{ args []string }

// Run measures and returns the exit code.
func (p program) Run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := readOptions(p.args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		err = measure(ctx, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

func main() { netlab.Main(program{os.Args[1:]}) }

// measure does what the options say and writes the table.
func measure(ctx context.Context, o options, out io.Writer) (err error) {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	scratch, err := os.MkdirTemp("", "kith-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	bin := o.program
	if bin == "" && strings.Contains(o.subjects, subjectKith) {
		if bin, err = build(ctx, scratch); err != nil {
			return err
		}
	}
	ends, takeDown, err := twoHosts(o.rate)
	if err != nil {
		return err
	}
	defer takeDown()
	b := &bench{ends: ends, sizes: o.sizes(), steps: stepSet(o.only), say: say}
	subjects := o.choose(ends, bin, say)
	places := o.placesList()
	rep := report{Machine: lookAround(places), Versions: map[string]string{}, Sizes: b.sizes, Rate: o.rate}
	for _, s := range subjects {
		rep.Versions[s.Name()] = s.Version()
	}
	say("%v\n%v\n\n%s\n", rep.Machine, rep.Versions, rules)
	failed := b.all(ctx, o, subjects, places)
	rep.Results = b.results
	say("")
	if err := b.print(out, subjects, places); err != nil {
		return err
	}
	if o.json != "" {
		failed = errors.Join(failed, rep.write(o.json))
	}
	return failed
}

func build(ctx context.Context, dir string) (string, error) {
	module, err := drive.ModuleDir()
	if err != nil {
		return "", err
	}
	return drive.Build(ctx, module, dir)
}

func stepSet(only string) map[string]bool {
	if only == "" {
		return nil
	}
	set := map[string]bool{}
	for _, s := range strings.Split(only, ",") {
		set[s] = true
	}
	return set
}

// all runs every session of every round. A session that fails is reported, and
// the others go on.
func (b *bench) all(ctx context.Context, o options, subjects []subject, places []place) error {
	var failed error
	for run := range o.runs {
		for _, p := range places {
			for i := range subjects {
				s := subjects[(i+run)%len(subjects)] // who is first changes
				for _, se := range b.sessions(s) {
					if ctx.Err() != nil {
						return errors.Join(failed, ctx.Err())
					}
					sctx, cancel := context.WithTimeout(ctx, o.limit)
					if err := b.with(sctx, s, p, run, se); err != nil {
						b.say("  %-9s %-7s failed: %v", s.Name(), p.name, err)
						failed = errors.Join(failed, err)
					}
					cancel()
				}
			}
		}
	}
	return failed
}

// sessions returns what is to be measured with one subject.
func (b *bench) sessions(s subject) (all []func(context.Context, *session) error) {
	if b.wants(stepIndexBig, stepCopyBig, stepInsert, stepPages) {
		all = append(all, b.big)
	}
	if b.wants(stepIndexSmall, stepCopySmall, stepSave, stepResave, stepRename, stepIdle) {
		all = append(all, b.small)
	}
	if b.wants(stepFreshBig) && s.Live() {
		all = append(all, func(ctx context.Context, s *session) error {
			return s.fresh(ctx, stepFreshBig, b.sizes.Big, func() error {
				return writeNoise(filepath.Join(s.src, bigName), b.sizes.Big, 1)
			})
		})
	}
	if b.wants(stepFreshSmall) && s.Live() {
		all = append(all, func(ctx context.Context, s *session) error {
			return s.fresh(ctx, stepFreshSmall, int64(b.sizes.Small)*int64(b.sizes.Mean), func() error {
				return b.tree().write(s.src, 4)
			})
		})
	}
	return all
}

func (b *bench) print(out io.Writer, subjects []subject, places []place) error {
	var subjectNames, placeNames []string
	for _, s := range subjects {
		subjectNames = append(subjectNames, s.Name())
	}
	for _, p := range places {
		placeNames = append(placeNames, p.name)
	}
	slices.SortFunc(subjectNames, func(a, b string) int { return strings.Compare(a, b) })
	return writeTable(out, b.results, b.sizes.titles(), subjectNames, placeNames)
}
