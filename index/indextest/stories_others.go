package indextest

import (
	"fmt"

	"kith/index"
)

var storiesOfOthers = []story{
	{"what a device holds and ours lacks is needed", func(t *teller) {
		t.commit(dir("older", v(1)), dir("equal", v(1)), dir("newer", v(2)), dir("split", v(1)))
		t.learn(anna, dir("older", v(2)), dir("equal", v(1)), dir("newer", v(1)), dir("split", v(0, 1)), dir("unheard", v(1)))
		t.is("needs", t.needs(false), []string{"older", "split", "unheard"})
		t.is("deletions", t.needs(true), []string{})
		t.is("total", t.totals().Need, index.Amount{Files: 3})
	}},
	{"needs are told apart by whether all of them are deletions", func(t *teller) {
		x := file("x", v(1), "text")
		for _, p := range []string{"a", "b", "c"} {
			x.Path = index.MustPath(p)
			t.commit(x)
			t.learn(anna, gone(x, v(2)))
			if p != "a" {
				x.Version = v(1, 1)
				t.learn(ben, x)
			}
			x.Version = v(1)
			if p == "c" {
				t.learn(ben, gone(x, v(1, 1)))
			}
		}
		t.is("deletions", t.needs(true), []string{"a", "c"})
		t.is("others", t.needs(false), []string{"b"})
	}},
	{"a deletion of what was never here is a need all the same", func(t *teller) {
		t.learn(anna, gone(file("x", nil, "t"), v(2)))
		t.is("deletions", t.needs(true), []string{"x"})
		t.commit(gone(file("x", nil, "t"), v(2)))
		t.is("then", t.needs(true), []string{})
	}},
	{"what is only known of is neither here nor needed, and nobody's need", func(t *teller) {
		x := file("x", v(1), "text")
		t.commit(away("x", index.Elsewhere, v(1)), file("y", v(1), "t"))
		t.learn(anna, x, away("y", index.Elsewhere, v(1)), away("z", index.Elsewhere, v(5)))
		t.is("needs", t.needs(false), []string{})
		t.is("here", t.totals().Here, index.Amount{Files: 1, Bytes: 1})
		t.is("lacking", t.totals().Lacks[anna], index.Amount{})
		t.is("holders of y", t.get(paths("y"), false)[0].Kind, index.Regular)
		t.commit(away("x", index.Sought, v(1)))
		t.is("sought", t.needs(false), []string{"x"})
		t.is("need", t.totals().Need, index.Amount{Files: 1, Bytes: 4})
		t.learn(anna, away("x", index.Elsewhere, v(1)))
		t.is("from nobody", t.needs(false), []string{})
		t.learn(ben, x)
		t.commit(x)
		t.is("found", t.totals(), index.Totals{Here: index.Amount{Files: 2, Bytes: 5}, Lacks: map[index.DeviceID]index.Amount{
			anna: {}, ben: {Files: 1, Bytes: 1}}})
	}},
	{"what only a receiver holds is no need", func(t *teller) {
		files := []index.File{dir("a", v(1)), dir("b", v(2))}
		t.commit(dir("b", v(1)))
		learn := func(sends bool) {
			t.must(t.store.Learn(t.ctx(), t.folder, anna, files, index.Cursor{Epoch: 1, Seq: 2}, false, sends))
			files = nil
		}
		learn(false)
		t.is("needs", t.needs(false), []string{})
		t.is("total", t.totals().Need, index.Amount{})
		cases, err := t.store.Cases(t.ctx(), t.folder, paths("a"))
		t.must(err)
		t.is("but it is known", len(cases[0].Others), 1)
		learn(true)
		t.is("needs of a sender", t.needs(false), []string{"a", "b"})
		learn(false)
		t.is("needs of a receiver again", t.needs(false), []string{})
		t.is("total", t.totals().Need, index.Amount{})
	}},
	{"what lives anywhere is found by its name, and in its directory", func(t *teller) {
		t.commit(dir("d", v(1)), file("d/Été.txt", v(1), "t"), dir("d e", v(1)), gone(file("d/gone", nil, "t"), v(1)))
		t.learn(anna, dir("d", v(1)), dir("d/sub", v(1)), file("d/sub/Plan d'été", v(1), "t"), gone(file("d/x été", nil, "t"), v(1)))
		find := func(text, under string, limit int) (out []string) {
			cases, err := t.store.Find(t.ctx(), t.folder, index.NewPattern(text), path(under), index.Path{}, limit)
			t.must(err)
			return namesOf(cases)
		}
		t.is("by name", find("ÉTÉ", "", 9), []string{"d/sub/Plan d'été", "d/Été.txt"})
		t.is("no more than asked for", find("été", "", 1), []string{"d/sub/Plan d'été"})
		t.is("below", find("été", "d/sub", 9), []string{"d/sub/Plan d'été"})
		t.is("by path", find("sub/p", "", 9), []string{"d/sub/Plan d'été"})
		t.is("not what is gone", find("gone", "", 9), []string{})
		children := func(dir, after string, limit int) (out []string) {
			cases, err := t.store.Children(t.ctx(), t.folder, path(dir), path(after), limit)
			t.must(err)
			return namesOf(cases)
		}
		t.is("in the folder", children("", "", 9), []string{"d", "d e"})
		t.is("in a directory", children("d", "", 9), []string{"d/sub", "d/Été.txt"})
		t.is("by pages", children("d", "d/sub", 1), []string{"d/Été.txt"})
		t.is("in what has none", children("d e", "", 9), []string{})
	}},
	{"a need is met by a version that contains it", func(t *teller) {
		t.learn(anna, file("x", v(1), "text"))
		t.learn(ben, file("x", v(0, 1), "longer text"))
		t.is("need", t.totals().Need, index.Amount{Files: 1, Bytes: 11})
		t.commit(file("x", v(1), "text"))
		t.is("need", t.totals().Need, index.Amount{Files: 1, Bytes: 11})
		t.commit(file("x", v(1, 1), "text"))
		t.is("need", t.totals().Need, index.Amount{})
		t.is("needs", t.needs(false), []string{})
	}},
	{"a device lacks what it holds in no version or an older one", func(t *teller) {
		t.commit(dir("d", v(1)), file("a", v(2), "12345"), file("b", v(1), "1"), link("l", v(1), "t"))
		t.learn(anna, file("a", v(1), "x"), file("b", v(2), "22"))
		t.learn(ben)
		totals := t.totals()
		t.is("here", totals.Here, index.Amount{Files: 3, Bytes: 6})
		t.is("directories", totals.Directories, 1)
		t.is("anna lacks", totals.Lacks[anna], index.Amount{Files: 3, Bytes: 5})
		t.is("ben lacks", totals.Lacks[ben], index.Amount{Files: 4, Bytes: 6})
	}},
	{"a device lacks our deletion only of what it has", func(t *teller) {
		x, y, z := file("x", v(1), "1"), file("y", v(1), "1"), file("z", v(1), "1")
		t.commit(x, y, z)
		t.learn(anna, x, gone(y, v(1, 1)))
		t.commit(gone(x, v(2)), gone(y, v(2)), gone(z, v(2)))
		t.is("anna lacks", t.totals().Lacks[anna], index.Amount{Files: 1})
		t.learn(anna, gone(x, v(2)))
		t.is("then", t.totals().Lacks[anna], index.Amount{})
	}},
	{"what a device holds stays when ours changes", func(t *teller) {
		a := file("a", v(1), "one", "two")
		t.learn(anna, bare(a))
		t.commit(a)
		t.learn(ben, a)
		t.commit(file("a", v(2), "three"))
		cases, err := t.store.Cases(t.ctx(), t.folder, paths("a"))
		t.must(err)
		for i, d := range []index.DeviceID{anna, ben} {
			got := cases[0].Others[i]
			t.is("device", got.Device, d)
			t.is("file", bare(got.File), bare(a))
		}
		t.is("both lack", t.totals().Lacks, map[index.DeviceID]index.Amount{anna: {Files: 1, Bytes: 5}, ben: {Files: 1, Bytes: 5}})
	}},
	{"blocks that a device told stay with what is needed", func(t *teller) {
		one, many := file("one", v(1), "text"), file("many", v(1), "a", "b", "c")
		t.learn(anna, one, many)
		cases, err := t.store.Needs(t.ctx(), t.folder, index.Path{}, 10, false)
		t.must(err)
		t.is("many", cases[0].Others[0].File, many)
		t.is("one", cases[1].Others[0].File, one)
	}},
	{"blocks that a device told need not fit its root", func(t *teller) {
		odd := file("odd", v(1), "text")
		odd.Root, odd.Size = index.Sum([]byte("another")), 1<<40
		t.learn(anna, odd)
		cases, err := t.store.Cases(t.ctx(), t.folder, paths("odd"))
		t.must(err)
		t.is("as told", cases[0].Others[0].File, odd)
	}},
	{"cases come in the order asked for, and of what nobody knows too", func(t *teller) {
		t.commit(dir("a", v(1)))
		t.learn(ben, dir("a", v(1)), dir("b", v(1)))
		t.learn(anna, dir("b", v(2)))
		cases, err := t.store.Cases(t.ctx(), t.folder, paths("c", "b", "a", "b"))
		t.must(err)
		got := []string{}
		for _, c := range cases {
			got = append(got, fmt.Sprint(c.Path, c.Have.Kind, len(c.Others)))
		}
		t.is("cases", got, []string{"c absent 0", "b absent 2", "a directory 1", "b absent 2"})
		t.is("others are in order of device", cases[1].Others[0].Device, anna)
	}},
	{"how far a device was heard is kept", func(t *teller) {
		at := func(want index.Cursor) {
			t.Helper()
			got, err := t.store.Heard(t.ctx(), t.folder, anna)
			t.must(err)
			t.is("heard", got, want)
		}
		at(index.Cursor{})
		for _, c := range []index.Cursor{{Epoch: 4, Seq: 5}, {Epoch: 1<<32 - 1, Seq: 1<<64 - 1}, {Epoch: 2, Seq: 1}} {
			t.must(t.store.Learn(t.ctx(), t.folder, anna, nil, c, false, true))
			at(c)
		}
		t.must(t.store.Forget(t.ctx(), t.folder, anna))
		at(index.Cursor{})
	}},
	{"a device that starts afresh is forgotten first", func(t *teller) {
		t.commit(dir("a", v(1)), dir("b", v(1)))
		t.learn(anna, dir("a", v(1)), dir("c", v(1)), dir("d", v(1)))
		t.learn(ben, dir("d", v(1)))
		t.must(t.store.Learn(t.ctx(), t.folder, anna, []index.File{dir("b", v(1))}, index.Cursor{Epoch: 2, Seq: 1}, true, true))
		t.is("needs", t.needs(false), []string{"d"})
		t.is("anna lacks", t.totals().Lacks[anna], index.Amount{Files: 1})
		cases, err := t.store.Cases(t.ctx(), t.folder, paths("a"))
		t.must(err)
		t.is("others of a", len(cases[0].Others), 0)
	}},
	{"a device that is forgotten needs nothing and is needed for nothing", func(t *teller) {
		t.commit(dir("a", v(1)))
		t.learn(anna, dir("a", v(1)), dir("b", v(1)), gone(file("c", nil, "x"), v(1)))
		for range 2 {
			t.must(t.store.Forget(t.ctx(), t.folder, anna))
			t.is("totals", t.totals(), index.Totals{Directories: 1, Lacks: map[index.DeviceID]index.Amount{}})
			t.is("needs", append(t.needs(false), t.needs(true)...), []string{})
		}
		t.learn(anna)
		t.is("heard again, it lacks all", t.totals().Lacks[anna], index.Amount{Files: 1})
	}},
	{"many needs come in pages", func(t *teller) {
		var files []index.File
		for i := range 301 {
			files = append(files, dir(fmt.Sprintf("%03d", i), v(1)))
		}
		t.learn(anna, files...)
		names := t.needs(false)
		t.is("how many", len(names), 301)
		t.is("first and last", names[0]+names[300], "000300")
	}},
}
