//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// call is one change below a directory that a program asked the system for, and
// got: make, open, mkdir, write, cut, sync, rename or remove.
type call struct {
	verb string
	path string // below the directory; "." is the directory itself
	to   string // rename: its name from now on
	off  int64  // write: where; cut: the size from now on
	data []byte // write: what
}

// tracing is what strace is asked for: calls that change files, and no others.
// -xx spells every text in hex, and
// -y says which file a descriptor stands for.
var tracing = []string{"-f", "-y", "-xx", "-s", "16777216", "-e", "signal=none", "-e",
	"trace=open,openat,creat,write,writev,pwrite64,pwritev,ftruncate,truncate,fallocate,fsync,fdatasync," +
		"rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat"}

// traced writes a program that runs another under strace, which writes to log and
// takes the other with it when it is killed. It hears no SIGTERM. Only what runs on is
// traced, not the commands that are given to it.
func traced(script, log, program string) error {
	text := fmt.Sprintf("#!/bin/sh\ncase \" $* \" in *\" run \"*) exec strace %s -o '%s' setpriv --pdeathsig KILL '%s' \"$@\";; esac\nexec '%s' \"$@\"\n",
		strings.Join(tracing, " "), log, program, program)
	return os.WriteFile(script, []byte(text), 0o700)
}

// reader makes calls of the lines of strace.
type reader struct {
	dir   string
	open  map[string]string // what a thread asked for and has no answer to yet
	at    map[string]int64  // where the next write to a descriptor goes
	calls []call
}

// readTrace returns the successful calls of a log that changed something below dir,
// in the order in which they were answered.
func readTrace(log, dir string) ([]call, error) {
	text, err := os.ReadFile(log)
	if err != nil {
		return nil, err
	}
	r := &reader{dir: dir, open: map[string]string{}, at: map[string]int64{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		if err := r.line(lines.Text()); err != nil {
			return nil, fmt.Errorf("%w in %.300q", err, lines.Text())
		}
	}
	return r.calls, lines.Err()
}

var resumed = regexp.MustCompile(`^<\.\.\. \w+ resumed>`)

// line takes one line: `PID name(arguments) = answer`, in one piece or in two.
func (r *reader) line(text string) error {
	pid, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimLeft(rest, " ")
	if begun, cut := strings.CutSuffix(rest, " <unfinished ...>"); cut {
		r.open[pid] = begun
		return nil
	}
	if mark := resumed.FindString(rest); mark != "" {
		rest = r.open[pid] + rest[len(mark):]
		delete(r.open, pid)
	}
	i := strings.LastIndex(rest, " = ")
	if i < 0 {
		return nil // the end of a thread or of the program
	}
	asked, answer := strings.TrimRight(rest[:i], " "), rest[i+3:]
	name, list, ok := strings.Cut(strings.TrimSuffix(asked, ")"), "(")
	if !ok || strings.HasPrefix(answer, "-1") || strings.HasPrefix(answer, "?") {
		return nil
	}
	return r.take(name, strings.Split(list, ", "), answer)
}

func (r *reader) take(name string, args []string, answer string) error {
	switch name {
	case "open", "creat":
		return r.opened(args[0], strings.Join(args[1:], "|"), answer)
	case "openat":
		return r.opened(args[1], args[2], answer)
	case "mkdir", "mkdirat":
		return r.add(call{verb: "mkdir"}, args[len(args)-2])
	case "unlink":
		return r.add(call{verb: "remove"}, args[0])
	case "unlinkat":
		return r.add(call{verb: "remove"}, args[1])
	case "link", "linkat":
		return r.add(call{verb: "link"}, args[len(args)/2-1])
	case "rename":
		return r.renamed(args[0], args[1])
	case "renameat", "renameat2":
		return r.renamed(args[1], args[3])
	}
	fd, path, err := file(args[0])
	if err != nil || !r.below(path) {
		return err
	}
	switch name {
	case "fsync", "fdatasync":
		return r.add(call{verb: "sync"}, path)
	case "ftruncate":
		size, err := strconv.ParseInt(args[1], 10, 64)
		return firstOf(err, r.add(call{verb: "cut", off: size}, path))
	case "write":
		c, err := written(args[1], answer)
		c.off = r.at[fd]
		r.at[fd] += int64(len(c.data))
		return firstOf(err, r.add(c, path))
	case "pwrite64":
		c, err := written(args[1], answer)
		at, badPlace := strconv.ParseInt(args[3], 10, 64)
		c.off = at
		return firstOf(err, badPlace, r.add(c, path))
	}
	return fmt.Errorf("%s is not known here", name)
}

// opened takes a file that was opened, and by that perhaps made or emptied. Logs are
// appended to, and nobody reads them: they begin where they are.
func (r *reader) opened(path, flags, answer string) error {
	fd, _, err := file(answer)
	if err != nil {
		return err
	}
	r.at[fd] = 0
	switch {
	case strings.Contains(flags, "O_TRUNC"):
		return firstOf(r.add(call{verb: "make"}, path), r.add(call{verb: "cut"}, path))
	case strings.Contains(flags, "O_CREAT"):
		return r.add(call{verb: "make"}, path)
	}
	return nil
}

func (r *reader) renamed(from, to string) error {
	at, err := plain(to)
	if err != nil || !r.below(at) {
		return err
	}
	return r.add(call{verb: "rename", to: r.relative(at)}, from)
}

// add takes a call to a path, spelled as strace does or plainly.
func (r *reader) add(c call, path string) error {
	path, err := plain(path)
	if err == nil && r.below(path) {
		c.path = r.relative(path)
		r.calls = append(r.calls, c)
	}
	return err
}

func (r *reader) below(path string) bool {
	return path == r.dir || strings.HasPrefix(path, r.dir+string(filepath.Separator))
}

func (r *reader) relative(path string) string {
	rel, _ := filepath.Rel(r.dir, path)
	return rel
}

// plain turns "\x2f\x74" into /t.
func plain(text string) (string, error) {
	if strings.HasPrefix(text, `"`) {
		return strconv.Unquote(text)
	}
	return text, nil
}

// file takes 12<\x2f\x74> apart.
func file(text string) (fd, path string, err error) {
	fd, rest, ok := strings.Cut(text, "<")
	if !ok {
		return fd, "", nil // a socket that has no name
	}
	path, err = strconv.Unquote(`"` + strings.TrimSuffix(strings.TrimSuffix(rest, "(deleted)"), ">") + `"`)
	return fd, path, err
}

// written returns the write of a text, as much as the system took of it.
func written(text, answer string) (call, error) {
	data, err := plain(text)
	n, bad := strconv.Atoi(answer)
	if err = firstOf(err, bad); err == nil && n > len(data) {
		err = fmt.Errorf("%d bytes were written, and %d are told", n, len(data))
	}
	if err != nil {
		return call{}, err
	}
	return call{verb: "write", data: []byte(data[:n])}, nil
}

func firstOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
