package tray

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/ncruces/zenity"

	"kith/control"
)

// do carries out what a person chose.
func (t *tray) do(ctx context.Context, a Action) error {
	switch a := a.(type) {
	case Send:
		return t.send(ctx, a.Command)
	case Show:
		return t.cfg.Open(ctx, string(a.Place))
	case OpenDir:
		return openDir(a.Dir)
	case ShareDir:
		return t.shareDir(ctx, a)
	case AcceptInto:
		return t.acceptInto(ctx, a)
	case PauseUntilTomorrow:
		now := time.Now()
		span := tomorrow(now).Sub(now)
		return t.send(ctx, control.Command{Verb: control.Pause, Folder: a.Folder, For: int64(span.Seconds())})
	}
	panic(fmt.Sprintf("tray: no way to do %T", a))
}

func (t *tray) send(ctx context.Context, c control.Command) error {
	_, err := t.cfg.Do(ctx, c)
	return err
}

func (t *tray) shareDir(ctx context.Context, a ShareDir) error {
	dir, err := t.choose(ctx, "Choose the folder to share", Sharing)
	if err != nil || dir == "" {
		return err
	}
	c := control.Command{Verb: control.Share, Dir: dir}
	if a.With != "" {
		c.With = []string{a.With}
	}
	return t.send(ctx, c)
}

// acceptInto puts an offered folder into the directory that is chosen; or makes
// it that directory, if it has its name or is empty.
func (t *tray) acceptInto(ctx context.Context, a AcceptInto) error {
	dir, err := t.choose(ctx, "Choose where "+quoted(a.Name)+" goes", Place("/offer/"+a.Folder))
	if err != nil || dir == "" {
		return err
	}
	inside := filepath.Base(a.Name) == a.Name && filepath.IsLocal(a.Name)
	if inside && filepath.Base(dir) != a.Name && !isEmpty(dir) {
		dir = filepath.Join(dir, a.Name)
	}
	return t.send(ctx, control.Command{Verb: control.Accept, Folder: a.Folder, Dir: dir})
}

func isEmpty(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = f.Readdirnames(1)
	return errors.Is(err, io.EOF)
}

// choose has a person choose a directory in the system's own dialog, one at a
// time. It returns "" if they think better of it. Where the system has no such
// dialog, a place on the page is shown instead.
func (t *tray) choose(ctx context.Context, title string, otherwise Place) (string, error) {
	if !t.dialog.TryLock() {
		return "", nil // it stands open already
	}
	defer t.dialog.Unlock()
	if !zenity.IsAvailable() {
		return "", t.cfg.Open(ctx, string(otherwise))
	}
	home, _ := os.UserHomeDir() // without one the dialog starts where it likes
	dir, err := zenity.SelectFile(zenity.Directory(), zenity.Title(title), zenity.Filename(home+string(filepath.Separator)), zenity.Context(ctx))
	switch {
	case errors.Is(err, zenity.ErrCanceled), ctx.Err() != nil:
		return "", nil
	case err != nil:
		return "", fmt.Errorf("choose a directory: %w", err)
	}
	return dir, nil
}

// openDir shows a directory in the file manager. What is not a directory is not
// opened: that could start a program.
func openDir(dir string) error {
	for {
		info, err := os.Stat(dir)
		if err == nil && info.IsDir() {
			break
		}
		above := filepath.Dir(dir)
		if above == dir || err == nil {
			return fmt.Errorf("open %s: it is not a directory any more", dir)
		}
		dir = above // it was deleted; show where it was
	}
	program := "xdg-open"
	switch runtime.GOOS {
	case "windows":
		program = "explorer"
	case "darwin":
		program = "open"
	}
	cmd := exec.Command(program, dir)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	go cmd.Wait()
	return nil
}
