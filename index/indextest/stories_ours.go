package indextest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"kith/index"
)

var storiesOfOurs = []story{
	{"a folder keeps its first epoch", func(t *teller) {
		t.is("second open", t.open(t.folder, 9), index.Cursor{Epoch: 7})
		t.must(t.store.Renew(t.ctx(), t.folder, 9))
		t.is("after renewal", t.open(t.folder, 11), index.Cursor{Epoch: 9})
	}},
	{"a new epoch goes on counting", func(t *teller) {
		t.commit(dir("a", v(1)), dir("b", v(1)))
		t.must(t.store.Renew(t.ctx(), t.folder, 9))
		t.is("cursor", t.open(t.folder, 1), index.Cursor{Epoch: 9, Seq: 2})
		t.is("next", t.commit(dir("c", v(1))), 3)
	}},
	{"a folder whose epoch has ended gets the next one", func(t *teller) {
		t.commit(dir("a", v(1)))
		t.must(t.store.Renew(t.ctx(), t.folder, 0))
		t.is("cursor", t.open(t.folder, 12), index.Cursor{Epoch: 12, Seq: 1})
		t.is("once more", t.open(t.folder, 13), index.Cursor{Epoch: 12, Seq: 1})
	}},
	{"a folder that was never opened is an error", func(t *teller) {
		other := index.FolderID{2}
		_, err := t.store.Totals(t.ctx(), other)
		_, _, err2 := t.store.Commit(t.ctx(), other, nil)
		if err == nil || err2 == nil {
			t.Errorf("totals: %v, commit: %v", err, err2)
		}
	}},
	{"a dropped folder is forgotten, others are not", func(t *teller) {
		other := index.FolderID{2}
		t.open(other, 8)
		t.commit(file("a", v(1), "x", "yy"))
		t.learn(anna, file("b", v(1), "z"))
		t.must(t.store.SetValue(t.ctx(), other, "n", "kept"))
		t.must(t.store.Drop(t.ctx(), t.folder))
		t.must(t.store.Drop(t.ctx(), t.folder))
		t.is("cursor", t.open(t.folder, 5), index.Cursor{Epoch: 5})
		t.is("list", t.lists(index.Path{}), []string{})
		t.is("needs", t.needs(false), []string{})
		value, err := t.store.Value(t.ctx(), other, "n")
		t.must(err)
		t.is("the other's note", value, "kept")
	}},
	{"what was committed is read back", func(t *teller) {
		rec := index.Record{File: file("a/b", v(1, 2), "text"), Identity: index.Identity{Inode: 1 << 63, Size: 4, Modified: -5, Changed: 1 << 62, Mode: 0o600}}
		_, _, err := t.store.Commit(t.ctx(), t.folder, []index.Record{rec})
		t.must(err)
		rec.Seq = 1
		t.is("with blocks", t.get(paths("a/b"), true)[0], rec)
		rec.Blocks = nil
		t.is("without", t.get(paths("a/b"), false)[0], rec)
		t.is("an empty folder path", t.get([]index.Path{{}}, false)[0].Kind, index.Absent)
	}},
	{"every kind is read back", func(t *teller) {
		files := []index.File{dir("d", v(1)), link("l", v(1), "../x\n"), file("e", nil), gone(file("g", nil, "x"), v(2)), file("f", v(1), "a", "b")}
		files[0].By, files[1].Modified, files[2].Modified = 99, -1, 0
		t.commit(files...)
		for i, rec := range t.get(pathsOf(files), true) {
			t.is(rec.Path.String(), rec.File, files[i])
		}
	}},
	{"numbers follow each other in the order given", func(t *teller) {
		t.is("last", t.commit(dir("b", v(1)), dir("a", v(1))), 2)
		t.is("last", t.commit(dir("b", v(2))), 3)
		records, err := t.store.Since(t.ctx(), t.folder, 0, 10, 0)
		t.must(err)
		got := []string{}
		for _, r := range records {
			got = append(got, fmt.Sprint(r.Path, r.Seq))
		}
		t.is("since 0", got, []string{"a 2", "b 3"})
	}},
	{"since is cut at its limit and goes on from there", func(t *teller) {
		t.commit(dir("c", v(1)), dir("b", v(1)), dir("a", v(1)))
		for after, want := range []string{"c", "b", "a", ""} {
			records, err := t.store.Since(t.ctx(), t.folder, index.Seq(after), 1, 0)
			t.must(err)
			got := ""
			for _, r := range records {
				got += r.Path.String()
			}
			t.is("after "+fmt.Sprint(after), got, want)
		}
		records, err := t.store.Since(t.ctx(), t.folder, 1<<64-1, 1, 0)
		t.must(err)
		t.is("after all numbers", len(records), 0)
	}},
	{"since has the blocks of short lists", func(t *teller) {
		t.commit(file("1", v(1), "a"), file("2", v(1), "a", "b"), file("3", v(1), "a", "b", "c"))
		for inline := range 4 {
			records, err := t.store.Since(t.ctx(), t.folder, 0, 10, inline)
			t.must(err)
			for i, r := range records {
				want := i + 1
				if want > inline {
					want = 0
				}
				t.is(fmt.Sprintf("blocks of %s when %d are inline", r.Path, inline), len(r.Blocks), want)
			}
		}
	}},
	{"what was decided on an earlier record is stale", func(t *teller) {
		t.commit(dir("a", v(1)), dir("b", v(1)))
		last, stale, err := t.store.Commit(t.ctx(), t.folder, []index.Record{
			{File: dir("a", v(9))}, {File: dir("b", v(2)), Seq: 2}, {File: dir("c", v(9)), Seq: 1}, {File: dir("b", v(9)), Seq: 2}})
		t.must(err)
		t.is("stale", stale, []int{0, 2, 3})
		t.is("last", last, 3)
		got := t.get(paths("a", "b", "c"), false)
		t.is("a", got[0].Version, v(1))
		t.is("b", got[1].Version, v(2))
		t.is("c", got[2].Kind, index.Absent)
	}},
	{"a commit of which all is stale tells the latest number", func(t *teller) {
		t.commit(dir("a", v(1)))
		last, stale, err := t.store.Commit(t.ctx(), t.folder, []index.Record{{File: dir("a", v(9))}})
		t.must(err)
		t.is("last, stale", fmt.Sprint(last, stale), "1 [0]")
	}},
	{"nonsense is refused, and with it the whole commit", func(t *teller) {
		bad := file("x", v(1), "text")
		bad.Kind = index.Absent
		_, _, err := t.store.Commit(t.ctx(), t.folder, []index.Record{{File: dir("a", v(1))}, {File: bad}})
		if err == nil {
			t.Error("an absent record was committed")
		}
		t.is("list", t.lists(index.Path{}), []string{})
		t.is("cursor", t.open(t.folder, 1), index.Cursor{Epoch: 7})
	}},
	{"touch changes what the disk said and nothing else", func(t *teller) {
		t.commit(dir("a", v(1)), dir("b", v(1)))
		id := index.Identity{Inode: 3, Changed: 9}
		t.must(t.store.Touch(t.ctx(), t.folder, []index.Record{
			{File: dir("a", v(5)), Identity: id, Seq: 1}, {File: dir("b", v(5)), Identity: id, Seq: 1}, {File: dir("c", v(5)), Identity: id}}))
		got := t.get(paths("a", "b", "c"), false)
		t.is("a", got[0], index.Record{File: dir("a", v(1)), Identity: id, Seq: 1})
		t.is("b", got[1], index.Record{File: dir("b", v(1)), Seq: 2})
		t.is("c", got[2].Kind, index.Absent)
	}},
	{"a list is in the order of a walk", func(t *teller) {
		names := []string{"a", "a/b", "a/b/c", "a/z", "a\x01", "a b", "a!", "a.txt", "aa", "b", "é"}
		for i := range names {
			t.commit(dir(names[(i*7+3)%len(names)], v(1)))
		}
		t.is("all", t.lists(index.Path{}), names)
		t.is("below a", t.lists(index.MustPath("a")), []string{"a", "a/b", "a/b/c", "a/z"})
		t.is("below a file's name", t.lists(index.MustPath("a/z")), []string{"a/z"})
		t.is("below nothing", t.lists(index.MustPath("a/b/c/d")), []string{})
	}},
	{"a long list comes whole, and its reader may use the store", func(t *teller) {
		var files []index.File
		for i := range 2500 {
			files = append(files, dir(fmt.Sprintf("%04d", i), v(1)))
		}
		t.commit(files...)
		n := 0
		t.must(t.store.List(t.ctx(), t.folder, index.Path{}, func(r index.Record) error {
			if n%1000 == 0 {
				t.commit(dir(r.Path.String(), v(2)))
			}
			if r.Path != files[n].Path {
				return fmt.Errorf("%d is %s", n, r.Path)
			}
			n++
			return nil
		}))
		t.is("records", n, 2500)
	}},
	{"a reader of a list may stop it", func(t *teller) {
		t.commit(dir("a", v(1)), dir("b", v(1)))
		n := 0
		err := t.store.List(t.ctx(), t.folder, index.Path{}, func(index.Record) error { n++; return errStop })
		if !errors.Is(err, errStop) || n != 1 {
			t.Errorf("%d calls, %v", n, err)
		}
	}},
	{"notes are kept by name", func(t *teller) {
		for _, value := range []string{"1", "two\n\x00é", ""} {
			t.must(t.store.SetValue(t.ctx(), t.folder, "a", value))
			got, err := t.store.Value(t.ctx(), t.folder, "a")
			t.must(err)
			t.is("note", got, value)
		}
		got, err := t.store.Value(t.ctx(), t.folder, "b")
		t.must(err)
		t.is("a note never written", got, "")
	}},
	{"a context that ended writes nothing", func(t *teller) {
		ctx, cancel := context.WithCancel(t.ctx())
		cancel()
		_, _, err := t.store.Commit(ctx, t.folder, []index.Record{{File: dir("a", v(1))}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("commit: %v", err)
		}
		t.is("list", t.lists(index.Path{}), []string{})
	}},
	{"many may use it at once", func(t *teller) {
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for n := range 10 {
					rec := index.Record{File: dir(fmt.Sprintf("%d-%d", i, n), v(1))}
					_, stale, err := t.store.Commit(t.ctx(), t.folder, []index.Record{rec})
					_, err2 := t.store.Totals(t.ctx(), t.folder)
					_, err3 := t.store.Since(t.ctx(), t.folder, 0, 100, 1)
					if err := errors.Join(err, err2, err3); err != nil || stale != nil {
						t.Error(stale, err)
					}
				}
			})
		}
		wg.Wait()
		t.is("cursor", t.open(t.folder, 1), index.Cursor{Epoch: 7, Seq: 40})
		t.is("directories", t.totals().Directories, 40)
	}},
}
