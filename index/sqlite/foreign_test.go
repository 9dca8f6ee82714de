package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"kith/index"
)

// TestAForeignLogIsNotBelieved finds databases beside the logs of other moments, as when
// only one of the two is brought back from a backup, or both were copied while the program
// ran: the index says what was so at one moment, or it is set aside. Beside their own logs
// they are what they were.
func TestAForeignLogIsNotBelieved(t *testing.T) {
	for name, copied := range map[string]bool{"copied elsewhere": true, "brought back in its place": false} {
		t.Run(name, func(t *testing.T) {
			dir := memoryDir(t)
			var moments []string // where the files of the database of each lie
			var said []map[string]uint64
			tellSome(t, filepath.Join(dir, "index.db"), copied, func(x *Index) {
				at := filepath.Join(dir, fmt.Sprint("moment ", len(moments)))
				copyFiles(t, x.path, at)
				moments, said = append(moments, at), append(said, counts(t.Context(), x))
			})
			aside := 0
			for i, database := range moments {
				for j, log := range moments {
					at := filepath.Join(dir, "both")
					copyFiles(t, log, at)
					copyOne(t, database, at)
					x, err := Open(at)
					if err != nil {
						t.Fatal(err)
					}
					got := counts(t.Context(), x)
					switch {
					case x.Lost() != "" && i != j:
						aside++
					case x.Lost() != "" || !maps.Equal(got, said[i]) && !maps.Equal(got, said[j]):
						t.Errorf("%d beside the log of %d: it is a mixture, or set aside as %q", i, j, x.Lost())
					}
					if err := x.Close(); err != nil {
						t.Error(err)
					}
					all, _ := filepath.Glob(at + "*")
					for _, file := range all {
						os.Remove(file)
					}
				}
			}
			if most := len(moments) * len(moments); aside == 0 || aside > most*3/4 {
				t.Errorf("of %d, %d are set aside", most, aside)
			}
		})
	}
}

// TestAFolderThatIsBeingDroppedIsNoDamage copies a database while the rows of a folder that
// was dropped are removed from it, a part at a time.
func TestAFolderThatIsBeingDroppedIsNoDamage(t *testing.T) {
	dir := memoryDir(t)
	x, err := Open(filepath.Join(dir, "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	ctx := t.Context()
	if _, err := x.Open(ctx, theFolder, 11); err != nil {
		t.Fatal(err)
	}
	var records []index.Record
	for i := range 10 {
		records = append(records, index.Record{File: aFile(fmt.Sprint("file ", i), 3, 1)})
	}
	if _, _, err := x.Commit(ctx, theFolder, records); err != nil {
		t.Fatal(err)
	}
	f, err := x.folder(theFolder)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.strike(ctx, f.id); err != nil {
		t.Fatal(err)
	}
	for part, remove := range []string{``, `DELETE FROM path WHERE id IN (SELECT id FROM path LIMIT 5)`, `DELETE FROM path`} {
		if _, err := x.w.exec(ctx, remove); remove != "" && err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(dir, fmt.Sprint("copy ", part))
		copyFiles(t, x.path, at)
		copied, err := Open(at)
		if err != nil {
			t.Fatal(err)
		}
		if !copied.Moved() || copied.Lost() != "" {
			t.Errorf("after part %d: moved %v, set aside as %q", part, copied.Moved(), copied.Lost())
		}
		if err := copied.Close(); err != nil {
			t.Error(err)
		}
	}
}

// tellSome has a database told of few changes to many files in two lives, and calls fn now
// and then. marked says that it shall know where it is.
func tellSome(t *testing.T, path string, marked bool, fn func(x *Index)) {
	var paths []index.Path
	for i := range 300 {
		paths = append(paths, index.MustPath(fmt.Sprintf("a directory/with a long name %03d", i)))
	}
	ctx := t.Context()
	for life := range 2 {
		x, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = x.Open(ctx, theFolder, 11)
		if !marked {
			_, unmarked := x.w.exec(ctx, `UPDATE state SET place = ''`)
			err = errors.Join(err, unmarked)
		}
		for round := range 3 {
			had, got := x.Get(ctx, theFolder, paths, false)
			var records []index.Record
			for i, r := range had {
				if (i+life*5+round*7)%97 == 0 || !r.Live() {
					r.File = aFile(paths[i].String(), 1+i%3, int(r.Version.Count(nine))+1)
					records = append(records, r)
				}
			}
			_, _, committed := x.Commit(ctx, theFolder, records)
			err = errors.Join(err, got, committed)
			if round == 1 {
				_, carried := x.w.exec(ctx, `PRAGMA wal_checkpoint(RESTART)`)
				err = errors.Join(err, carried)
			}
			fn(x)
		}
		if err := errors.Join(err, x.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// nine is who changes the files of these tests.
var nine = index.Actor{Device: 9, Epoch: 1}

// counts tells how often an index knows each file to have been changed.
func counts(ctx context.Context, x *Index) map[string]uint64 {
	all := map[string]uint64{}
	err := x.List(ctx, theFolder, index.Path{}, func(r index.Record) error {
		all[r.Path.String()] = r.Version.Count(nine)
		return nil
	})
	if err != nil {
		all[err.Error()] = 0
	}
	return all
}

func copyOne(t *testing.T, from, to string) {
	text, err := os.ReadFile(from)
	if err := errors.Join(err, os.WriteFile(to, text, 0o600)); err != nil {
		t.Fatal(err)
	}
}
