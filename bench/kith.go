//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kith/sim/drive"
)

// kith is this project's program.
type kith struct {
	ends             [2]end
	program          string
	sender, receiver *drive.Device
	src              string
}

const kithFolder = "bench"

func (k *kith) Name() string { return "kith" }
func (k *kith) Live() bool   { return true }

func (k *kith) Version() string {
	d := drive.Device{Name: "kith", Host: drive.Here{}, Program: k.program, Home: os.TempDir()}
	out, err := d.Kith(context.Background(), "version")
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(out, "\n")
	return strings.TrimPrefix(line, "kith ")
}

func (k *kith) Open(ctx context.Context, home string) error {
	k.sender = &drive.Device{Name: "sender", Home: filepath.Join(home, "a"), Program: k.program, Host: k.ends[0].host}
	k.receiver = &drive.Device{Name: "receiver", Home: filepath.Join(home, "b"), Program: k.program, Host: k.ends[1].host}
	if err := k.sender.Start(ctx); err != nil {
		return err
	}
	if err := k.receiver.Start(ctx); err != nil {
		return err
	}
	return drive.Pair(ctx, k.sender, k.receiver)
}

func (k *kith) Offer(ctx context.Context, src string) error {
	k.src = src
	return k.sender.Share(ctx, src, kithFolder, k.receiver)
}

func (k *kith) Indexed(ctx context.Context) error {
	return k.sender.Until(ctx, "the end of the first look", func(p drive.Picture) bool {
		f, ok := p.Folder(kithFolder)
		return ok && f.State == "in-step" && f.Files > 0
	})
}

func (k *kith) Accept(ctx context.Context, dst string) error {
	return k.receiver.Accept(ctx, kithFolder, dst)
}

func (k *kith) Settle(ctx context.Context) error {
	limit := time.Hour
	if at, ok := ctx.Deadline(); ok {
		limit = time.Until(at)
	}
	return k.receiver.Wait(ctx, kithFolder, limit.Round(time.Second))
}

func (k *kith) Usage() (usage, error) { return usageOf(k.sender.PID(), k.receiver.PID()) }

func (k *kith) Calm() error {
	return errors.Join(resetPeak(k.sender.PID()), resetPeak(k.receiver.PID()))
}

func (k *kith) Close() error {
	var err error
	for _, d := range []*drive.Device{k.sender, k.receiver} {
		if d != nil {
			err = errors.Join(err, d.Quit())
		}
	}
	if k.src != "" {
		err = errors.Join(err, os.RemoveAll(filepath.Join(k.src, ".kith")))
	}
	if err != nil {
		return fmt.Errorf("close kith: %w", err)
	}
	return nil
}
