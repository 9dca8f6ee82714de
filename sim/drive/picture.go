package drive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Picture is what `kith status --json` says. It is declared here once more, from
// the documented form, so that a change of that form is noticed.
type Picture struct {
	Rev     int64        `json:"rev"`
	Device  Self         `json:"device"`
	Devices []Other      `json:"devices"`
	Folders []FolderView `json:"folders"`
}

// Self is the device whose picture it is.
type Self struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Other is another device as this one sees it.
type Other struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Paired    bool     `json:"paired"`
	Connected bool     `json:"connected"`
	Addresses []string `json:"addresses"`
}

// FolderView is one folder as this device sees it.
type FolderView struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Path      string       `json:"path"`
	State     string       `json:"state"`
	Reason    string       `json:"reason"`
	Files     int64        `json:"files"`
	Bytes     int64        `json:"bytes"`
	NeedFiles int64        `json:"need_files"`
	NeedBytes int64        `json:"need_bytes"`
	Conflicts int          `json:"conflicts"`
	Held      int          `json:"held"`
	Members   []MemberView `json:"members"`
	Problems  []Problem    `json:"problems"`
}

// MemberView is how another member of a folder stands to this device.
type MemberView struct {
	Device    string `json:"device"`
	Role      string `json:"role"`
	InStep    bool   `json:"in_step"`
	NeedFiles int64  `json:"need_files"`
	NeedBytes int64  `json:"need_bytes"`
}

// Problem is a path that is not in step, why, and what a person can do.
type Problem struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
	Next   string `json:"next"`
}

// Folder returns the folder of that name; ok is false if there is none.
func (p Picture) Folder(name string) (f FolderView, ok bool) {
	i := slices.IndexFunc(p.Folders, func(f FolderView) bool { return f.Name == name })
	if i < 0 {
		return FolderView{}, false
	}
	return p.Folders[i], true
}

// Connected reports whether the named device is paired and connected.
func (p Picture) Connected(name string) bool {
	return slices.ContainsFunc(p.Devices, func(o Other) bool { return o.Name == name && o.Connected })
}

// Sees reports whether the named device is known, paired or not.
func (p Picture) Sees(name string) bool {
	return slices.ContainsFunc(p.Devices, func(o Other) bool { return o.Name == name })
}

// Status returns the picture of now.
func (d *Device) Status(ctx context.Context) (Picture, error) {
	out, err := d.Kith(ctx, "status", "--json")
	if err != nil {
		return Picture{}, err
	}
	var p Picture
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&p); err != nil {
		return Picture{}, fmt.Errorf("%s: read status: %w in %q", d.Name, err, out)
	}
	return p, nil
}

// lookAgain is how often Until looks at the picture.
const lookAgain = 50 * time.Millisecond

// Until waits until the picture satisfies cond. what says for what it waits, in
// its error.
func (d *Device) Until(ctx context.Context, what string, cond func(Picture) bool) error {
	for {
		p, err := d.Status(ctx)
		if err == nil && cond(p) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: waited for %s: %w", d.Name, what, ctx.Err())
		case <-time.After(lookAgain):
		}
	}
}

// tail returns the last lines of a file, or nothing.
func tail(name string, lines int) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	all := bytes.SplitAfter(b, []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-1-lines):], nil))
}
