// Kith keeps folders the same on the machines around you: no server, no account,
// nothing leaves the local network.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sync/errgroup"

	"kith/control"
	"kith/control/cli"
	"kith/syncer/disk"
)

// These are set when a release is linked: -ldflags "-X main.version=1.2.3 -X main.commit=…".
// The key is the minisign public key by which releases are verified.
var version, commit, releaseKey string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := cli.Main(ctx, cli.Program{
		Version: control.VersionText(version), Build: control.BuildText(commit),
		Start: start, Autostart: autostartOf, MakeFolder: disk.Create,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}, os.Args[1:])
	os.Exit(code) // signals are taken until then: one that comes late changes nothing
}

// start builds the house on a home, and lives in it until ctx ends or a person
// says quit.
func start(ctx context.Context, home control.Home, o cli.Options) (err error) {
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	a := &app{home: home, options: o, quit: quit}
	defer func() { err = errors.Join(err, a.close()) }()
	for _, build := range []func() error{
		home.Make, a.takeLock, a.openLog, a.openActivity, a.openIndex, a.makeDesk, a.makeEngine, a.makeBoard, a.makeScout, a.openDoor, a.makePage,
	} {
		if err := build(); err != nil {
			return err
		}
	}
	fmt.Fprintf(o.Ready, "Kith listens on port %d as %s (%s), home %s\n",
		a.board.Port(), a.desk.Name(), a.board.ID(), home.Data)
	if o.Headless {
		return a.live(ctx)
	}
	return a.liveWithTray(ctx)
}

// liveWithTray lives with a tray, which must have the main thread.
func (a *app) liveWithTray(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	end := make(chan error, 1)
	go func() {
		defer cancel()
		end <- a.live(ctx)
	}()
	err := a.showTray(ctx)
	return errors.Join(err, <-end)
}

// live runs the rooms until ctx ends or one of them fails, and then stops them
// from the top down: each finds those below it still at work.
func (a *app) live(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	var stops []func()
	for _, room := range []func(context.Context) error{
		a.activity.Run, a.engine.Run, a.desk.Run, a.board.Run, a.scout.Run, a.door.Run, a.page.Run,
	} {
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		gone := make(chan struct{})
		g.Go(func() error {
			defer close(gone)
			return room(own)
		})
		stops = append(stops, func() { cancel(); <-gone })
	}
	<-ctx.Done()
	for _, stop := range slices.Backward(stops) {
		stop()
	}
	return g.Wait()
}

// keep has something closed in the end, if it was opened.
func (a *app) keep(c io.Closer, err error) error {
	if err == nil {
		a.closers = append(a.closers, c)
	}
	return err
}

func (a *app) close() error {
	var errs []error
	for _, c := range slices.Backward(a.closers) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
