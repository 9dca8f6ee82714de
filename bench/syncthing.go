//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// syncthing is Debian's syncthing, told to use nothing but the two addresses:
// no relays, no discovery, no address mapping, no reports, no upgrades. Its
// watcher's delay is cut from ten seconds to one; all else is as it comes.
type syncthing struct {
	ends             [2]end
	sender, receiver *stNode
	folder           string
}

// stNode is one syncthing process, steered through its REST interface on a unix
// socket, so that it is the same in any network namespace.
type stNode struct {
	home   string
	cmd    *exec.Cmd
	client *http.Client
	id     string
}

const (
	stFolder = "bench"
	stKey    = "measuring" // the key of the REST interface
	stPort   = "22000"
)

func (s *syncthing) Name() string { return "syncthing" }
func (s *syncthing) Live() bool   { return true }

func (s *syncthing) Version() string {
	out, err := exec.Command("syncthing", "--version").Output()
	if err != nil {
		return "unknown"
	}
	fields := strings.Fields(string(out))
	return fields[min(1, len(fields)-1)]
}

func (s *syncthing) Open(ctx context.Context, home string) (err error) {
	if s.sender, err = startSyncthing(ctx, s.ends[0], filepath.Join(home, "a")); err != nil {
		return err
	}
	if s.receiver, err = startSyncthing(ctx, s.ends[1], filepath.Join(home, "b")); err != nil {
		return err
	}
	if err := s.sender.meet(ctx, s.receiver, s.ends[1].addr); err != nil {
		return err
	}
	if err := s.receiver.meet(ctx, s.sender, s.ends[0].addr); err != nil {
		return err
	}
	return until(ctx, 20*time.Millisecond, func() (bool, error) { return s.sender.connected(ctx, s.receiver.id) })
}

// startSyncthing makes a configuration and runs syncthing with it.
func startSyncthing(ctx context.Context, at end, home string) (*stNode, error) {
	if out, err := exec.CommandContext(ctx, "syncthing", "generate", "--home", home, "--no-default-folder", "--skip-port-probing").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("generate syncthing's keys: %w\n%s", err, out)
	}
	socket := filepath.Join(home, "gui.sock")
	log, err := os.Create(filepath.Join(home, "syncthing.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	n := &stNode{home: home, client: unixClient(socket)}
	n.cmd = at.host.Command("syncthing", "serve", "--home", home, "--no-browser", "--no-restart", "--no-upgrade",
		"--gui-address", "unix://"+socket, "--gui-apikey", stKey)
	n.cmd.Env = append(os.Environ(), "STMONITORED=1") // one process, no supervisor
	n.cmd.Stdout, n.cmd.Stderr = log, log
	if err := n.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start syncthing: %w", err)
	}
	if err := n.configure(ctx, at.addr); err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

func unixClient(socket string) *http.Client {
	var d net.Dialer
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", socket) },
	}}
}

func (n *stNode) configure(ctx context.Context, addr string) error {
	var status struct {
		MyID string `json:"myID"`
	}
	err := until(ctx, 20*time.Millisecond, func() (bool, error) { return n.call(ctx, "GET", "system/status", nil, &status) == nil, nil })
	if err != nil {
		return fmt.Errorf("wait for syncthing to answer: %w", err)
	}
	n.id = status.MyID
	return n.call(ctx, "PATCH", "config/options", map[string]any{
		"listenAddresses":       []string{"tcp://" + net.JoinHostPort(addr, stPort)},
		"globalAnnounceEnabled": false, "localAnnounceEnabled": false,
		"relaysEnabled": false, "natEnabled": false,
		"urAccepted": -1, "crashReportingEnabled": false, "autoUpgradeIntervalH": 0,
		"reconnectionIntervalS": 5, "setLowPriority": false,
	}, nil)
}

// call speaks to the REST interface and reads the answer into out, if given.
func (n *stNode) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://syncthing/rest/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("X-API-Key", stKey)
	resp, err := n.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("syncthing %s %s: %s: %s", method, path, resp.Status, bytes.TrimSpace(answer))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

func (n *stNode) meet(ctx context.Context, other *stNode, addr string) error {
	return n.call(ctx, "PUT", "config/devices/"+other.id, map[string]any{
		"deviceID": other.id, "addresses": []string{"tcp://" + net.JoinHostPort(addr, stPort)},
	}, nil)
}

func (n *stNode) connected(ctx context.Context, id string) (bool, error) {
	var answer struct {
		Connections map[string]struct{ Connected bool }
	}
	err := n.call(ctx, "GET", "system/connections", nil, &answer)
	return answer.Connections[id].Connected, err
}

// take adds the folder, shared with other.
func (n *stNode) take(ctx context.Context, dir string, other *stNode, paused bool) error {
	return n.call(ctx, "PUT", "config/folders/"+stFolder, map[string]any{
		"id": stFolder, "path": dir, "paused": paused, "fsWatcherEnabled": true, "fsWatcherDelayS": 1,
		"devices": []map[string]any{{"deviceID": n.id}, {"deviceID": other.id}},
	}, nil)
}

// stStatus is what syncthing says of a folder.
type stStatus struct {
	State       string
	LocalFiles  int
	GlobalFiles int
	NeedTotal   int `json:"needTotalItems"`
	Errors      int
	Sequence    int
}

func (n *stNode) status(ctx context.Context) (st stStatus, err error) {
	err = n.call(ctx, "GET", "db/status?folder="+stFolder, nil, &st)
	return st, err
}

func (s *syncthing) Offer(ctx context.Context, src string) error {
	s.folder = src
	return s.sender.take(ctx, src, s.receiver, false)
}

func (s *syncthing) Indexed(ctx context.Context) error {
	return until(ctx, 50*time.Millisecond, func() (bool, error) {
		st, err := s.sender.status(ctx)
		return st.State == "idle" && st.LocalFiles > 0, err
	})
}

func (s *syncthing) Accept(ctx context.Context, dst string) error {
	return s.receiver.take(ctx, dst, s.sender, false)
}

func (s *syncthing) Settle(ctx context.Context) error {
	return until(ctx, 50*time.Millisecond, func() (bool, error) {
		here, err := s.sender.status(ctx)
		if err != nil {
			return false, err
		}
		there, err := s.receiver.status(ctx)
		return there.State == "idle" && there.NeedTotal == 0 && there.GlobalFiles > 0 && there.LocalFiles == here.LocalFiles, err
	})
}

func (s *syncthing) Usage() (usage, error) {
	return usageOf(s.sender.cmd.Process.Pid, s.receiver.cmd.Process.Pid)
}

func (s *syncthing) Calm() error {
	return errors.Join(resetPeak(s.sender.cmd.Process.Pid), resetPeak(s.receiver.cmd.Process.Pid))
}

func (s *syncthing) Close() error {
	err := errors.Join(s.sender.close(), s.receiver.close())
	s.sender, s.receiver = nil, nil
	if s.folder != "" {
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.folder, ".stfolder")))
	}
	return err
}

func (n *stNode) close() error {
	if n == nil {
		return nil
	}
	n.client.CloseIdleConnections()
	if err := n.cmd.Process.Kill(); err != nil {
		return err
	}
	n.cmd.Wait()
	return nil
}
