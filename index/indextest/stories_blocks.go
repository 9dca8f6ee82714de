package indextest

import (
	"fmt"

	"kith/index"
)

var storiesOfBlocks = []story{
	{"a file is found by its root while it is live", func(t *teller) {
		one, many := file("one", v(1), "text"), file("many", v(1), "a", "b")
		roots := []index.Hash{many.Root, index.Sum([]byte("nothing")), one.Root}
		found := func(want ...string) {
			t.Helper()
			records, err := t.store.WithRoot(t.ctx(), t.folder, roots)
			t.must(err)
			got := []string{}
			for _, r := range records {
				got = append(got, r.Path.String())
			}
			t.is("found", got, want)
		}
		t.commit(one, many)
		found("many", "", "one")
		t.commit(gone(one, v(2)), file("many", v(2), "c"))
		found("", "", "")
	}},
	{"a block is found in a live file, where it lies", func(t *teller) {
		t.commit(file("one", v(1), "text"), file("many", v(1), "aa", "bbb", "aa", "c"))
		find := func(text string) string {
			t.Helper()
			places, err := t.store.Locate(t.ctx(), t.folder, blocksOf("nothing", text))
			t.must(err)
			t.is("a block that is nowhere", places[0], index.Place{})
			return fmt.Sprint(places[1].Record.Path, places[1].Offset, places[1].Size)
		}
		t.is("text", find("text"), "one 0 4")
		t.is("bbb", find("bbb"), "many 2 3")
		t.is("c", find("c"), "many 7 1")
		t.commit(gone(file("one", nil, "text"), v(2)), gone(file("many", nil, "aa", "bbb", "aa", "c"), v(2)))
		t.is("text, deleted", find("text"), " 0 0")
		t.is("bbb, deleted", find("bbb"), " 0 0")
		t.commit(file("again", v(1), "bbb", "text"))
		t.is("text", find("text"), "again 3 4")
	}},
	{"a list is known while a record has its root, and until it is replaced again", func(t *teller) {
		for _, texts := range [][]string{{"only"}, {"first", "second"}} {
			a := file("a"+texts[0], nil, texts...)
			known := func(when string) {
				t.Helper()
				blocks, ok, err := t.store.Blocks(t.ctx(), t.folder, a.Root)
				t.must(err)
				t.is(when, fmt.Sprint(ok, blocks), fmt.Sprint(true, a.Blocks))
			}
			step := func(f index.File, n uint64) {
				f.Path, f.Version = a.Path, v(n)
				t.commit(f)
			}
			step(a, 1)
			known("live")
			step(gone(a, nil), 2)
			known("deleted")
			step(bare(a), 3)
			known("live again, told without blocks")
			t.is("and they are its blocks", t.get(paths(a.Path.String()), true)[0].Blocks, a.Blocks)
			step(dir("x", nil), 4)
			known("a directory in its place")
			step(bare(a), 5)
			step(file("x", nil, "other"), 6)
			known("replaced")
			step(gone(file("x", nil, "other"), nil), 7)
			known("the replacement deleted")
		}
	}},
	{"a list is known as long as one of several files has it", func(t *teller) {
		a, b := file("a", v(1), "1", "2"), file("b", v(1), "1", "2")
		t.commit(a, bare(b))
		t.is("b", t.get(paths("b"), true)[0].Blocks, a.Blocks)
		for n := uint64(2); n < 5; n++ {
			t.commit(file("a", v(n), fmt.Sprint(n), "x"))
		}
		_, ok, err := t.store.Blocks(t.ctx(), t.folder, a.Root)
		t.must(err)
		t.is("known", ok, true)
		places, err := t.store.Locate(t.ctx(), t.folder, blocksOf("2", "3", "4"))
		t.must(err)
		t.is("2 is in b", places[0].Record.Path, "b")
		t.is("3 was replaced", places[1].Size, 0)
		t.is("4 is in a", places[2].Record.Path, "a")
	}},
	{"a file moved in one commit keeps its list", func(t *teller) {
		for _, texts := range [][]string{{"only"}, {"first", "second"}} {
			from, to := file("from", v(1), texts...), file("to", v(1), texts...)
			for i, order := range [][]index.File{{gone(from, v(3)), bare(to)}, {bare(to), gone(from, v(3))}} {
				from.Version = v(uint64(2 + i))
				t.commit(from, gone(to, v(1)))
				t.commit(order...)
				t.is("blocks", t.get(paths("to"), true)[0].Blocks, from.Blocks)
			}
		}
	}},
	{"a file made and copied in one commit is known as a copy", func(t *teller) {
		a, b := file("a", v(1), "text"), file("b", v(1), "text")
		t.commit(a, bare(b))
		t.is("b", t.get(paths("b"), true)[0].Blocks, a.Blocks)
	}},
	{"a list that nobody told is not known", func(t *teller) {
		a := file("a", v(1), "x", "y")
		t.commit(bare(a))
		_, ok, err := t.store.Blocks(t.ctx(), t.folder, a.Root)
		t.must(err)
		t.is("known", ok, false)
		t.is("blocks", len(t.get(paths("a"), true)[0].Blocks), 0)
	}},
	{"nothing is a list too", func(t *teller) {
		t.commit(file("empty", v(1)))
		blocks, ok, err := t.store.Blocks(t.ctx(), t.folder, index.RootOf(nil))
		t.must(err)
		t.is("known", fmt.Sprint(ok, len(blocks)), "true 0")
		records, err := t.store.WithRoot(t.ctx(), t.folder, []index.Hash{index.RootOf(nil)})
		t.must(err)
		t.is("found", records[0].Path, "empty")
	}},
	{"a long list comes back whole", func(t *teller) {
		var texts []string
		for i := range 1000 {
			texts = append(texts, fmt.Sprint("block ", i))
		}
		big := file("big", v(1), texts...)
		t.commit(big)
		t.is("blocks", t.get(paths("big"), true)[0].Blocks, big.Blocks)
		places, err := t.store.Locate(t.ctx(), t.folder, big.Blocks)
		t.must(err)
		at := int64(0)
		for i, p := range places {
			if p.Offset != at || p.Size != big.Blocks[i].Size {
				t.Fatalf("block %d: %+v, want offset %d", i, p, at)
			}
			at += int64(p.Size)
		}
	}},
	{"folders do not share blocks", func(t *teller) {
		t.commit(file("a", v(1), "one"), file("b", v(1), "two", "three"))
		t.folder = index.FolderID{2}
		t.open(t.folder, 3)
		places, err := t.store.Locate(t.ctx(), t.folder, blocksOf("one", "two"))
		t.must(err)
		t.is("places", places, []index.Place{{}, {}})
		_, ok, err := t.store.Blocks(t.ctx(), t.folder, file("b", nil, "two", "three").Root)
		t.must(err)
		t.is("known", ok, false)
	}},
}
