// Command demo shows in under a minute what this program does: two devices find
// each other, pair, share a folder of real files, and go through a day's
// accidents. It needs no root and leaves nothing behind. It ends with exit code 0
// only if everything was as it says.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kith/sim/drive"
	"kith/sim/netlab"
)

func main() { netlab.Main(program{}) }

// program is the whole of it, in the form that netlab can start again inside a
// user namespace.
type program struct{}

// limit is when the demonstration gives up.
const limit = 5 * time.Minute

// Run shows everything and returns the exit code.
func (program) Run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := show(ctx)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		fmt.Fprintln(os.Stderr, "\nStopped. Nothing is left behind.")
		return 1
	case err != nil:
		fmt.Fprintf(os.Stderr, "\nThis did not go as it should: %v\n", err)
		return 1
	}
	return 0
}

// show sets the stage, plays the story, and clears the stage again.
func show(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "kith-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	fmt.Println("\nKith keeps folders the same on the machines around you. Here are two of them, played on this one.")
	s := &story{ctx: ctx, dir: dir, began: time.Now()}
	program, err := s.build()
	if err != nil {
		return err
	}
	stage, err := setStage()
	if err != nil {
		return err
	}
	defer stage.close()
	s.stage = stage
	s.anna = stage.device(0, "Anna's laptop", program, dir)
	s.ben = stage.device(1, "Ben's desktop", program, dir)
	defer func() { err = errors.Join(err, s.anna.Kill(), s.ben.Kill()) }()
	err = s.play()
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		for _, d := range []*person{s.anna, s.ben} {
			fmt.Fprintf(os.Stderr, "\nThe last that %s said:\n%s", d.Name, d.Output(15))
		}
	}
	return err
}

// build compiles the program.
func (s *story) build() (string, error) {
	s.act("The program is built", "With an empty build cache this takes a minute or two, and is no part of the story's time.")
	module, err := drive.ModuleDir()
	if err != nil {
		return "", err
	}
	program, err := drive.Build(s.ctx, module, s.dir)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(program)
	if err != nil {
		return "", err
	}
	s.tell("one file of %s, nothing to install beside it", size(info.Size()))
	s.began = time.Now()
	return program, nil
}
