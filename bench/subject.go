//go:build linux

package main

import (
	"context"
	"time"
)

// A subject is a program under measurement, both ends of it: a sender in one
// network namespace and a receiver in the other.
type subject interface {
	Name() string
	Version() string
	// Live reports whether the program moves changes by itself. One that does not
	// moves them in Settle.
	Live() bool

	// Open starts both ends and makes them known to each other, with nothing
	// shared. home is a fresh directory for its own files.
	Open(ctx context.Context, home string) error
	// Offer makes src the sender's folder, to be taken by the receiver.
	Offer(ctx context.Context, src string) error
	// Indexed returns when the sender has looked at all of src.
	Indexed(ctx context.Context) error
	// Accept makes the receiver take the folder into dst. It does not wait.
	Accept(ctx context.Context, dst string) error
	// Settle returns when, by the subject's own word, the receiver has everything.
	Settle(ctx context.Context) error

	// Usage tells what its processes have used since Open.
	Usage() (usage, error)
	// Calm makes the high-water marks of memory start anew.
	Calm() error
	// Close ends its processes. It may be called at any time, and twice.
	Close() error
}

// usage is what the processes of a subject have used.
type usage struct {
	CPU      time.Duration // user and system time of both ends
	Sender   int64         // high-water mark of resident memory, bytes
	Receiver int64
	Written  int64 // bytes sent to the disk, both ends
}
