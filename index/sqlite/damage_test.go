package sqlite_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"kith/index"
	"kith/index/sqlite"
)

// aDatabase makes a database of some files and returns its bytes.
func aDatabase(t *testing.T, files []index.File) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "index.db")
	x, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, id := t.Context(), index.FolderID{1}
	_, err = x.Open(ctx, id, 3)
	if err == nil {
		_, _, err = x.Commit(ctx, id, recordsOf(files))
	}
	if err == nil {
		err = x.Learn(ctx, id, index.DeviceID{2}, files, index.Cursor{Epoch: 5, Seq: 6}, false, true)
	}
	if err := errors.Join(err, x.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNewerDatabaseIsLeftAlone(t *testing.T) {
	b := aDatabase(t, nil)
	binary.BigEndian.PutUint32(b[60:], 1000) // user_version
	path := filepath.Join(t.TempDir(), "index.db")
	write(t, path, b)
	if _, err := sqlite.Open(path); !errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("open: %v, want ErrNewer", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside it lie %v, %v", entries, err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, b) {
		t.Errorf("it was changed: %v", err)
	}
}

func TestWhatIsNoDatabaseOfOursIsSetAside(t *testing.T) {
	other := aDatabase(t, nil)
	copy(other[68:], "BUTT") // application_id
	torn := aDatabase(t, manyFiles(100))
	copy(torn[4096*3:], make([]byte, 4096*3))
	whole := aDatabase(t, nil)
	for name, b := range map[string][]byte{
		"garbage":                   bytes.Repeat([]byte("garbage "), 1000),
		"a short file":              []byte("x"),
		"half a header":             whole[:64],
		"another program's":         other,
		"the first page only":       whole[:4096],
		"a file with pages missing": torn[:len(torn)/2],
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "index.db")
			write(t, path, b)
			x := open(t, path)
			kept, err := os.ReadFile(x.Lost())
			if err != nil || !bytes.Equal(kept, b) {
				t.Errorf("set aside as %q: %v", x.Lost(), err)
			}
			if c, err := x.Open(t.Context(), index.FolderID{1}, 77); err != nil || c != (index.Cursor{Epoch: 77}) {
				t.Errorf("the new one begins at %+v, %v", c, err)
			}
		})
	}
}

func TestAnEmptyFileIsANewDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.db")
	write(t, path, nil)
	if x := open(t, path); x.Lost() != "" {
		t.Errorf("set aside as %s", x.Lost())
	}
}

// TestFlippedBytes flips bytes, one at a time. Whatever the index then says of a
// path must be what was written there, or nothing.
func TestFlippedBytes(t *testing.T) {
	files := manyFiles(60)
	b := aDatabase(t, files)
	truth := map[index.Path]index.Record{}
	for i, r := range recordsOf(files) {
		r.Seq, r.Blocks = index.Seq(i+1), nil
		truth[r.Path] = r
	}
	const seed = 1
	random, caught := rand.New(rand.NewPCG(seed, seed)), 0
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	for i := range 120 {
		flipped := bytes.Clone(b)
		at := random.IntN(len(b))
		flipped[at] ^= byte(1 + random.IntN(255))
		path := filepath.Join(dir, fmt.Sprint(i), "index.db")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, flipped)
		noticed, err := lookAt(t, path, truth)
		if err != nil {
			t.Errorf("byte %d flipped: %v", at, err)
		}
		if noticed {
			caught++
		}
	}
	t.Logf("%d of 120 were noticed; the others hit unused space or an index", caught)
}

// lookAt reads all of an index and tells whether damage was noticed, or what it
// said that was never written.
func lookAt(t *testing.T, path string, truth map[index.Path]index.Record) (noticed bool, err error) {
	x, err := sqlite.Open(path)
	if errors.Is(err, sqlite.ErrNewer) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer func() {
		if cerr := x.Close(); cerr != nil && !noticed {
			err = errors.Join(err, cerr)
		}
	}()
	if x.Lost() != "" {
		return true, nil
	}
	err = x.List(t.Context(), index.FolderID{1}, index.Path{}, func(r index.Record) error {
		if !reflect.DeepEqual(r, truth[r.Path]) {
			return fmt.Errorf("it says %+v of %s", r, r.Path)
		}
		return nil
	})
	if errors.Is(err, sqlite.ErrUnknown) {
		return false, nil // the row that has the folder's name is not found by it
	}
	return errors.Is(err, sqlite.ErrCorrupt), ignore(err, sqlite.ErrCorrupt)
}

func ignore(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
}

// TestDamageMetInUseIsRemembered damages a record whose page is sound.
func TestDamageMetInUseIsRemembered(t *testing.T) {
	files := manyFiles(10)
	b := aDatabase(t, files)
	name := files[3].Blocks[0].Hash
	at := bytes.Index(b, name[:])
	if at < 0 {
		t.Fatal("the record is not found in the file")
	}
	b[at+9] ^= 1
	path := filepath.Join(t.TempDir(), "index.db")
	write(t, path, b)
	x, err := sqlite.Open(path)
	if err != nil || x.Lost() != "" {
		t.Fatal(err, x.Lost())
	}
	if _, err := x.Get(t.Context(), index.FolderID{1}, []index.Path{files[3].Path}, false); !errors.Is(err, sqlite.ErrCorrupt) {
		t.Errorf("get: %v, want ErrCorrupt", err)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	if x := open(t, path); x.Lost() == "" {
		t.Error("the damaged index was opened again")
	}
}
