package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Door is the running app, seen from another process.
type Door struct{ http *http.Client }

// knockWithin is how long the app may take to open its door.
const knockWithin = 5 * time.Second

// Knock returns the door of the app that runs on a home. Its error is a *Fault
// of the kind Absent if none does.
func Knock(ctx context.Context, home Home) (*Door, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialSocket(ctx, home.socketThere())
	}
	d := &Door{&http.Client{Transport: &http.Transport{DialContext: dial}}}
	c, err := dial(ctx, "", "")
	if err != nil {
		f := &Fault{Kind: Absent, What: "Kith is not running"}
		return nil, f.Hint("start it: kith run")
	}
	return d, c.Close()
}

// Picture returns the latest picture.
func (d *Door) Picture(ctx context.Context) (Picture, error) {
	var p Picture
	return p, d.ask(ctx, http.MethodGet, "/v1/picture", nil, &p)
}

// Do has a command carried out. Its error is a *Fault.
func (d *Door) Do(ctx context.Context, c Command) (Reply, error) {
	var r Reply
	return r, d.ask(ctx, http.MethodPost, "/v1/command", c, &r)
}

// Log returns the latest entries of what happened, the oldest first.
func (d *Door) Log(ctx context.Context) ([]Entry, error) {
	var all []Entry
	return all, d.ask(ctx, http.MethodGet, "/v1/log", nil, &all)
}

// Plot returns a picture of what moved, as SVG.
func (d *Door) Plot(ctx context.Context, ask PlotRequest) ([]byte, error) {
	res, err := d.send(ctx, http.MethodGet, "/v1/plot?"+ask.Query().Encode(), nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	svg, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, lost(ctx, err)
	}
	return svg, nil
}

// Follow calls fn with the latest entries, and with those that follow, until
// ctx ends or fn fails.
func (d *Door) Follow(ctx context.Context, fn func([]Entry) error) error {
	return follow(ctx, d, "/v1/log?follow", fn)
}

// Watch calls fn with the latest picture if it is newer than rev, and with newer
// ones as they come, until ctx ends or fn fails.
func (d *Door) Watch(ctx context.Context, rev uint64, fn func(Picture) error) error {
	return follow(ctx, d, fmt.Sprintf("/v1/watch?rev=%d", rev), fn)
}

func (d *Door) ask(ctx context.Context, method, path string, in, out any) error {
	res, err := d.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return lost(ctx, err)
	}
	return nil
}

func (d *Door) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, failed("ask Kith: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://kith"+path, body)
	if err != nil {
		return nil, failed("ask Kith: %w", err)
	}
	res, err := d.http.Do(req)
	if err != nil {
		return nil, lost(ctx, err)
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer res.Body.Close()
	fault := &Fault{}
	if json.NewDecoder(res.Body).Decode(fault) != nil || fault.What == "" {
		return nil, failed("ask Kith: it answers %s", res.Status).Hint("is another version running? kith quit, then start it again")
	}
	return nil, fault
}

// follow reads a stream of events and gives each to fn.
func follow[T any](ctx context.Context, d *Door, path string, fn func(T) error) error {
	res, err := d.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	r := bufio.NewReader(res.Body)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return lost(ctx, err)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var value T
		if err := json.Unmarshal([]byte(data), &value); err != nil {
			return failed("read from Kith: %w", err)
		}
		if err := fn(value); err != nil {
			return err
		}
	}
}

// lost makes an error of a conversation with the app that broke off.
func lost(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Fault{Kind: TimedOut, What: "Kith took too long to answer"}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f := &Fault{Kind: Absent, What: fmt.Sprintf("Kith stopped: %v", err)}
	return f.Hint("start it again: kith run")
}
