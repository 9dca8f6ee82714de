package control

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// resolveDir returns the absolute path of an existing directory, with symbolic
// links followed, so that one directory has one name.
func resolveDir(cwd, dir string) (string, error) {
	abs := absolute(cwd, dir)
	real, err := filepath.EvalSymlinks(abs)
	if errors.Is(err, fs.ErrNotExist) {
		return "", failed("%s does not exist", abs).Hint("make it first, or check the spelling")
	}
	if err != nil {
		return "", failed("look at %s: %w", abs, err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", failed("look at %s: %w", abs, err)
	}
	if !info.IsDir() {
		return "", failed("%s is not a directory", abs).Hint("share the directory it lies in")
	}
	return real, nil
}

// resolveNew is resolveDir for a directory that may still have to be made.
func resolveNew(cwd, dir string) (string, error) {
	abs := absolute(cwd, dir)
	if _, err := os.Lstat(abs); err == nil {
		return resolveDir(cwd, dir)
	}
	var missing string
	at := abs
	for {
		real, err := filepath.EvalSymlinks(at)
		if err == nil {
			return filepath.Join(real, missing), nil
		}
		up := filepath.Dir(at)
		if up == at {
			return "", failed("look at %s: %w", abs, err)
		}
		missing = filepath.Join(filepath.Base(at), missing)
		at = up
	}
}

// userHome returns this person's home directory; empty if there is none.
func userHome() string {
	user, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(user); err == nil {
		return real
	}
	return user
}

func absolute(cwd, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(cwd, path)
}

// checkPlace refuses directories which cannot be a shared folder beside the
// others.
func (d *Desk) checkPlace(s *Settings, dir string) error {
	if user, err := os.UserHomeDir(); err == nil {
		if user, err = filepath.EvalSymlinks(user); err == nil && within(user, dir) {
			return failed("cannot share %s: it is, or contains, your home directory", dir).
				Hint("choose a directory inside it")
		}
	}
	for _, own := range []string{d.cfg.Home.Config, d.cfg.Home.Data} {
		if real, err := filepath.EvalSymlinks(own); err == nil {
			own = real
		}
		if within(dir, own) || within(own, dir) {
			return failed("cannot share %s: Kith keeps its own files in %s", dir, own).
				Hint("choose another directory")
		}
	}
	for _, f := range s.Folders {
		switch {
		case dir == f.Dir:
			return failed("%s is already the shared folder %q", dir, f.Name).
				Hint("to add a device to it: kith share %s --with DEVICE", quoted(dir))
		case within(dir, f.Dir):
			return failed("cannot share %s: it lies inside the shared folder %s", dir, f.Dir).
				Hint("choose a directory beside it, or share only the outer one")
		case within(f.Dir, dir):
			return failed("cannot share %s: the shared folder %s lies inside it", dir, f.Dir).
				Hint("choose a directory beside that one")
		}
	}
	return nil
}

// within reports whether path is dir or lies below it; both are absolute and clean.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// freeDir returns where a folder with that name goes unless a person says: the
// first directory under ~/Kith that is not there yet, or is empty.
func freeDir(name string) (string, error) {
	user, err := os.UserHomeDir()
	if err != nil {
		return "", failed("find your home directory: %w", err).Hint("say where the folder shall go")
	}
	base := filepath.Join(user, "Kith", dirName(name))
	for i := 1; ; i++ {
		dir := base
		if i > 1 {
			dir = fmt.Sprintf("%s %d", base, i)
		}
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
			return dir, nil
		}
	}
}

// quoted puts quotes around a path that a shell would take apart.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t'\"\\$&|;<>()*?[]#~") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
