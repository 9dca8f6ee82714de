package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unsafe"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/windows"

	"kith/index"
)

// watcher tells of changes in a directory and in all below it, by one handle.
// (fsnotify holds a handle of each directory. As long as one is held, Windows
// refuses to rename or move what lies above it, to Kith and to the person alike.)
type watcher struct {
	Events chan fsnotify.Event
	Errors chan error

	path  string
	dir   windows.Handle
	ready windows.Handle // set when changes have been read
	stop  windows.Handle // set when the watcher is closed
	done  chan struct{}  // closed then
	ended chan struct{}  // closed when nobody reads any more
	ov    windows.Overlapped
	buf   []uint32 // entries begin at multiples of four bytes
}

const (
	watchesBelow = true

	// Changes that are not read yet lie in a buffer of the system of this size, in
	// bytes; on a network it may not be larger.
	changesBuffer = 64 << 10

	changesWanted = windows.FILE_NOTIFY_CHANGE_FILE_NAME | windows.FILE_NOTIFY_CHANGE_DIR_NAME | windows.FILE_NOTIFY_CHANGE_LAST_WRITE
)

func newWatcher(path string) (*watcher, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	w := &watcher{
		Events: make(chan fsnotify.Event, 1<<12), // so that the system's buffer is soon empty again
		Errors: make(chan error),
		path:   path, done: make(chan struct{}), ended: make(chan struct{}),
		buf: make([]uint32, changesBuffer/4),
	}
	w.dir, err = windows.CreateFile(name, windows.FILE_LIST_DIRECTORY,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		return nil, os.NewSyscallError("CreateFile", err)
	}
	for _, event := range []*windows.Handle{&w.ready, &w.stop} {
		if *event, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
			w.release()
			return nil, os.NewSyscallError("CreateEvent", err)
		}
	}
	w.ov.HEvent = w.ready
	if err := w.begin(); err != nil { // here, so that what comes after is seen
		w.release()
		return nil, err
	}
	go w.run()
	return w, nil
}

// Add and Remove are for watchers of single directories.
func (w *watcher) Add(string) error    { return nil }
func (w *watcher) Remove(string) error { return nil }

// Close ends the watch. It returns when nothing is read any more.
func (w *watcher) Close() error {
	close(w.done)
	err := windows.SetEvent(w.stop)
	<-w.ended
	w.release()
	return err
}

func (w *watcher) release() {
	for _, h := range []windows.Handle{w.dir, w.ready, w.stop} {
		if h != 0 && h != windows.InvalidHandle {
			windows.CloseHandle(h)
		}
	}
}

// begin asks for the next changes. The system notes those that come in between.
func (w *watcher) begin() error {
	err := windows.ReadDirectoryChanges(w.dir, (*byte)(unsafe.Pointer(&w.buf[0])), changesBuffer, true, changesWanted, nil, &w.ov, 0)
	return os.NewSyscallError("ReadDirectoryChanges", err)
}

func (w *watcher) run() {
	defer close(w.ended)
	for {
		which, err := windows.WaitForMultipleObjects([]windows.Handle{w.stop, w.ready}, false, windows.INFINITE)
		if err != nil || which == windows.WAIT_OBJECT_0 {
			var n uint32
			windows.CancelIoEx(w.dir, &w.ov)
			windows.GetOverlappedResult(w.dir, &w.ov, &n, true) // the buffer is ours again only then
			w.fail(err)
			return
		}
		if err := w.take(); err != nil {
			w.fail(err)
			return
		}
		if err := w.begin(); err != nil {
			w.fail(err)
			return
		}
	}
}

func (w *watcher) fail(err error) {
	if err == nil {
		return
	}
	select {
	case w.Errors <- err:
	case <-w.done:
	}
}

// take tells of the changes that were read. Where there were more than the buffer
// holds, it tells that.
func (w *watcher) take() error {
	var n uint32
	err := windows.GetOverlappedResult(w.dir, &w.ov, &n, false)
	if err == windows.ERROR_NOTIFY_ENUM_DIR || err == nil && n == 0 {
		w.fail(fsnotify.ErrEventOverflow)
		return nil
	}
	if err != nil {
		return os.NewSyscallError("ReadDirectoryChanges", err) // the directory went, most often
	}
	changes := unsafe.Slice((*byte)(unsafe.Pointer(&w.buf[0])), n)
	for {
		if len(changes) < changeHeader {
			return fmt.Errorf("a change of %d bytes", len(changes))
		}
		c := (*windows.FileNotifyInformation)(unsafe.Pointer(&changes[0]))
		if int(c.FileNameLength) > len(changes)-changeHeader || int(c.NextEntryOffset) > len(changes) {
			return fmt.Errorf("a change that ends beyond what was read")
		}
		name := windows.UTF16ToString(unsafe.Slice(&c.FileName, c.FileNameLength/2))
		if !w.tell(c.Action, name) {
			return nil
		}
		if c.NextEntryOffset == 0 {
			return nil
		}
		changes = changes[c.NextEntryOffset:]
	}
}

// changeHeader is what precedes the name in a FILE_NOTIFY_INFORMATION, in bytes.
const changeHeader = 12

// actions are what changes are called elsewhere.
var actions = map[uint32]fsnotify.Op{
	windows.FILE_ACTION_ADDED:            fsnotify.Create,
	windows.FILE_ACTION_RENAMED_NEW_NAME: fsnotify.Create,
	windows.FILE_ACTION_REMOVED:          fsnotify.Remove,
	windows.FILE_ACTION_RENAMED_OLD_NAME: fsnotify.Rename,
	windows.FILE_ACTION_MODIFIED:         fsnotify.Write,
}

// tell passes on a change of what has a name below the directory, unless it lies
// in our own corner, or is nothing but that something changed in a directory: of that
// there is another change. It returns false when the watcher is closed.
func (w *watcher) tell(action uint32, name string) bool {
	if first, _, below := strings.Cut(name, `\`); below && first == index.Own {
		return true
	}
	name, ok := known(name)
	if !ok {
		w.fail(fsnotify.ErrEventOverflow)
		return true
	}
	full := filepath.Join(w.path, name)
	op := actions[action]
	if op == fsnotify.Write {
		if at, err := os.Lstat(full); err == nil && at.IsDir() {
			return true
		}
	}
	select {
	case w.Events <- fsnotify.Event{Name: full, Op: op}:
		return true
	case <-w.done:
		return false
	}
}

// short matches names that Windows makes up for programs of old.
var short = regexp.MustCompile(`^[^.]{1,7}~[0-9]{1,6}(\.[^.]{1,3})?$`)

// known returns, for a path with a short name in it, the directory where that
// stands: either name of a file may be told, and by this one it is not known. ok is
// false if that is the folder itself.
func known(name string) (string, bool) {
	at := 0
	for part := range strings.SplitSeq(name, `\`) {
		if short.MatchString(part) {
			return strings.TrimSuffix(name[:at], `\`), at > 0
		}
		at += len(part) + 1
	}
	return name, true
}
