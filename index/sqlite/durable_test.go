package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kith/index"
	"kith/index/sqlite"
)

// childEnv, when set, makes the test program commit to the index it names until
// it is killed.
const childEnv = "KITH_TEST_COMMIT_TO"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := commitForEver(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// together is how many records the child commits in one transaction.
const together = 3

// commitForEver writes the number of each transaction once it is durable.
func commitForEver(path string) error {
	ctx, id := context.Background(), index.FolderID{1}
	x, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	c, err := x.Open(ctx, id, 7)
	for n := int(c.Seq) / together; err == nil; n++ {
		var records []index.Record
		for i := range together {
			records = append(records, index.Record{File: aDir(fmt.Sprintf("%05d-%d", n, i))})
		}
		if _, _, err = x.Commit(ctx, id, records); err == nil {
			_, err = fmt.Println(n)
		}
	}
	return err
}

func aDir(name string) index.File {
	return index.File{Path: index.MustPath(name), Kind: index.Directory, Version: index.Version{{Actor: index.Actor{Device: 1, Epoch: 1}, Count: 1}}}
}

func TestKilledWhileCommitting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.db")
	for round, lines := range []int{1, 30, 7} {
		told := killAfter(t, path, lines)
		x, err := sqlite.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if x.Lost() != "" {
			t.Fatalf("round %d: the index was taken for damaged", round)
		}
		checkWhole(t, x, told)
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter lets a child commit, kills it once it has told of some transactions,
// and returns the number of the last one it told of.
func killAfter(t *testing.T, path string, lines int) (last int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), exe)
	child.Env = append(os.Environ(), childEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last = -1
	for told := bufio.NewScanner(out); told.Scan(); lines-- {
		if _, err := fmt.Sscan(told.Text(), &last); err != nil {
			t.Fatal(err)
		}
		if lines == 0 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || last < 0 {
		t.Fatalf("the child ended by itself after transaction %d", last)
	}
	return last
}

// checkWhole makes sure that all transactions up to one are there, perhaps
// another one, and no part of any.
func checkWhole(t *testing.T, x *sqlite.Index, told int) {
	t.Helper()
	id, n := index.FolderID{1}, 0
	err := x.List(t.Context(), id, index.Path{}, func(r index.Record) error {
		if want := fmt.Sprintf("%05d-%d", n/together, n%together); r.Path.String() != want || r.Seq != index.Seq(n+1) {
			return fmt.Errorf("record %d is %s with number %d", n, r.Path, r.Seq)
		}
		n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n%together != 0 || n/together < told+1 || n/together > told+2 {
		t.Errorf("%d records are there; transaction %d was the last told of", n, told)
	}
	totals, err := x.Totals(t.Context(), id)
	if err != nil || totals.Directories != int64(n) {
		t.Errorf("totals: %+v, %v; want %d directories", totals, err, n)
	}
	if c, err := x.Open(t.Context(), id, 8); err != nil || c != (index.Cursor{Epoch: 7, Seq: index.Seq(n)}) {
		t.Errorf("cursor: %+v, %v; want %d", c, err, n)
	}
}

func TestReopenedHasEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.db")
	id, anna := index.FolderID{1}, index.DeviceID{2}
	ctx := t.Context()
	picture := func(x *sqlite.Index) string {
		t.Helper()
		files := manyFiles(300)
		cursor, err1 := x.Open(ctx, id, 9)
		totals, err2 := x.Totals(ctx, id)
		heard, err3 := x.Heard(ctx, id, anna)
		records, err4 := x.Since(ctx, id, 0, 1000, 10)
		needs, err5 := x.Needs(ctx, id, index.Path{}, 1000, false)
		value, err6 := x.Value(ctx, id, "note")
		places, err7 := x.Locate(ctx, id, files[7].Blocks)
		for _, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return fmt.Sprintf("%+v %+v %+v %+v %+v %s %+v", cursor, totals, heard, records, needs, value, places)
	}
	x, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	files := manyFiles(300)
	if _, err := x.Open(ctx, id, 3); err != nil {
		t.Fatal(err)
	}
	if _, _, err := x.Commit(ctx, id, recordsOf(files[:200])); err != nil {
		t.Fatal(err)
	}
	if err := x.Learn(ctx, id, anna, files[100:], index.Cursor{Epoch: 5, Seq: 6}, false, true); err != nil {
		t.Fatal(err)
	}
	if err := x.SetValue(ctx, id, "note", "kept"); err != nil {
		t.Fatal(err)
	}
	before := picture(x)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, path)
	if x.Lost() != "" {
		t.Errorf("the index was taken for damaged: %s", x.Lost())
	}
	if after := picture(x); after != before {
		t.Errorf("reopened:\n got %s\nwant %s", after, before)
	}
}
