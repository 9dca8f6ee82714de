package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// operation is one thing that SQLite is about to do to one of its files.
type operation struct {
	verb string // open, read, write, truncate, sync, delete
	file string // its path
	off  int64  // where bytes go, or the size that it gets
	data []byte // that are written; they stay SQLite's
}

// verdict is what is done of an operation, and the code that SQLite is answered.
type verdict struct {
	code int32 // SQLITE_OK: all of it is done
	part int   // bytes that are written nevertheless
}

// storage is a file system of SQLite's (a VFS) that shows each operation, and passes
// it on to the usual one. It is registered once, by the name "shown", for all tests.
type storage struct {
	mu     sync.Mutex
	see    func(operation) verdict
	files  map[uintptr]openedFile // by the object that SQLite has of them
	under  *sqlite3.Tsqlite3_vfs
	ours   map[uintptr]*sqlite3.Tsqlite3_io_methods // by the usual ones, of which there are several
	driver driver.Driver
}

type openedFile struct {
	path  string
	usual *sqlite3.Tsqlite3_io_methods
}

var theStorage storage

// shown registers the driver "shown", which opens databases in theStorage.
var shown = sync.OnceFunc(func() {
	db, err := sql.Open(theDriver, "")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	s, tls := &theStorage, libc.NewTLS()
	defer tls.Close()
	name, err := libc.CString("shown")
	if err != nil {
		panic(err)
	}
	usual := sqlite3.Xsqlite3_vfs_find(tls, 0)
	s.files, s.ours = map[uintptr]openedFile{}, map[uintptr]*sqlite3.Tsqlite3_io_methods{}
	s.driver, s.under = db.Driver(), at[sqlite3.Tsqlite3_vfs](usual)
	vfs, address := copied(tls, s.under)
	vfs.FzName, vfs.FpNext = name, 0
	vfs.FxOpen, vfs.FxDelete = pointer(openFile), pointer(deleteFile)
	if code := sqlite3.Xsqlite3_vfs_register(tls, address, 0); code != sqlite3.SQLITE_OK {
		panic(code)
	}
	sql.Register("shown", s)
})

// Open opens a connection in the storage.
func (s *storage) Open(name string) (driver.Conn, error) { return s.driver.Open(name + "&vfs=shown") }

// watch has see called before each operation, until the test ends or another one is set.
func watch(see func(operation) verdict) {
	theStorage.mu.Lock()
	defer theStorage.mu.Unlock()
	theStorage.see = see
}

// ask returns what is to be done of an operation.
func (s *storage) ask(o operation) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.see == nil || o.file == "" {
		return verdict{}
	}
	return s.see(o)
}

// opened returns what is known of an open file.
func (s *storage) opened(file uintptr) openedFile {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files[file]
}

// at is what lies at an address in SQLite's memory.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// copied returns a copy in SQLite's memory, for ever, and its address.
func copied[T any](tls *libc.TLS, of *T) (*T, uintptr) {
	address := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(*of)))
	if address == 0 {
		panic("out of memory")
	}
	twin := at[T](address)
	*twin = *of
	return twin, address
}

// pointer makes of a function of this package what SQLite keeps of functions, and
// call the other way round.
func pointer(fn any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&fn))[1] }

func call[F any](fn uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{fn})) }

func openFile(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	s, path := &theStorage, ""
	if name != 0 {
		path = libc.GoString(name)
	}
	if v := s.ask(operation{verb: "open", file: path}); v.code != sqlite3.SQLITE_OK {
		at[sqlite3.Tsqlite3_file](file).FpMethods = 0
		return v.code
	}
	code := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](s.under.FxOpen)(tls, uintptr(unsafe.Pointer(s.under)), name, file, flags, out)
	if code != sqlite3.SQLITE_OK {
		return code
	}
	f := at[sqlite3.Tsqlite3_file](file)
	s.mu.Lock()
	defer s.mu.Unlock()
	usual := at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
	ours := s.ours[f.FpMethods]
	if ours == nil {
		ours, _ = copied(tls, usual)
		ours.FxClose, ours.FxRead, ours.FxWrite = pointer(closeFile), pointer(readFile), pointer(writeFile)
		ours.FxTruncate, ours.FxSync = pointer(truncateFile), pointer(syncFile)
		s.ours[f.FpMethods] = ours
	}
	s.files[file] = openedFile{path, usual}
	f.FpMethods = uintptr(unsafe.Pointer(ours))
	return code
}

func deleteFile(tls *libc.TLS, _, name uintptr, durably int32) int32 {
	s := &theStorage
	if v := s.ask(operation{verb: "delete", file: libc.GoString(name)}); v.code != sqlite3.SQLITE_OK {
		return v.code
	}
	return call[func(*libc.TLS, uintptr, uintptr, int32) int32](s.under.FxDelete)(tls, uintptr(unsafe.Pointer(s.under)), name, durably)
}

func closeFile(tls *libc.TLS, file uintptr) int32 {
	s := &theStorage
	f := s.opened(file)
	s.mu.Lock()
	delete(s.files, file)
	s.mu.Unlock()
	return call[func(*libc.TLS, uintptr) int32](f.usual.FxClose)(tls, file)
}

type transfer = func(tls *libc.TLS, file, data uintptr, size int32, off int64) int32

func readFile(tls *libc.TLS, file, data uintptr, size int32, off int64) int32 {
	s := &theStorage
	f := s.opened(file)
	if v := s.ask(operation{verb: "read", file: f.path, off: off}); v.code != sqlite3.SQLITE_OK {
		return v.code
	}
	return call[transfer](f.usual.FxRead)(tls, file, data, size, off)
}

func writeFile(tls *libc.TLS, file, data uintptr, size int32, off int64) int32 {
	s := &theStorage
	f := s.opened(file)
	v := s.ask(operation{verb: "write", file: f.path, off: off, data: unsafe.Slice(at[byte](data), size)})
	if v.code == sqlite3.SQLITE_OK {
		return call[transfer](f.usual.FxWrite)(tls, file, data, size, off)
	}
	if v.part > 0 {
		call[transfer](f.usual.FxWrite)(tls, file, data, int32(v.part), off)
	}
	return v.code
}

func truncateFile(tls *libc.TLS, file uintptr, size int64) int32 {
	s := &theStorage
	f := s.opened(file)
	if v := s.ask(operation{verb: "truncate", file: f.path, off: size}); v.code != sqlite3.SQLITE_OK {
		return v.code
	}
	return call[func(*libc.TLS, uintptr, int64) int32](f.usual.FxTruncate)(tls, file, size)
}

func syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	s := &theStorage
	f := s.opened(file)
	if v := s.ask(operation{verb: "sync", file: f.path}); v.code != sqlite3.SQLITE_OK {
		return v.code
	}
	return call[func(*libc.TLS, uintptr, int32) int32](f.usual.FxSync)(tls, file, flags)
}

// TestTheStorageShowsWhatIsDone verifies that what is shown leads to what lies there.
func TestTheStorageShowsWhatIsDone(t *testing.T) {
	l, err := recordLife(t.TempDir(), facts[1], facts[2])
	if err != nil {
		t.Fatal(err)
	}
	if len(l.log) < 100 {
		t.Errorf("only %d operations were shown", len(l.log))
	}
}
