package indextest

import (
	"fmt"
	"slices"
	"strings"

	"kith/index"
)

// compare asks both stores all there is to ask.
func (d *differing) compare() {
	d.both("totals", func(s Store) (string, error) {
		t, err := s.Totals(d.ctx, d.folder)
		return fmt.Sprintf("%+v", t), err
	})
	d.both("heard", func(s Store) (string, error) {
		a, err := s.Heard(d.ctx, d.folder, anna)
		if err != nil {
			return "", err
		}
		b, err := s.Heard(d.ctx, d.folder, ben)
		return fmt.Sprint(a, b), err
	})
	d.both("list", func(s Store) (string, error) {
		var out strings.Builder
		err := s.List(d.ctx, d.folder, index.Path{}, func(r index.Record) error {
			fmt.Fprintf(&out, "%+v\n", r)
			return nil
		})
		return out.String(), err
	})
	d.both("since 2", func(s Store) (string, error) {
		records, err := s.Since(d.ctx, d.folder, 2, 3, 0)
		return fmt.Sprintf("%+v", records), err
	})
	d.both("cases", func(s Store) (string, error) {
		cases, err := s.Cases(d.ctx, d.folder, allPaths)
		return written(cases), err
	})
	for _, gone := range []bool{false, true} {
		d.both(fmt.Sprint("needs, gone ", gone), func(s Store) (string, error) { return d.needs(s, gone) })
	}
	d.compareLooks()
	d.compareRoots()
	d.compareBlocks()
	d.comparePlaces()
}

// needs asks for all needs, two at a time.
func (d *differing) needs(s Store, gone bool) (string, error) {
	var out strings.Builder
	for after := (index.Path{}); ; {
		cases, err := s.Needs(d.ctx, d.folder, after, 2, gone)
		if err != nil || len(cases) == 0 {
			return out.String(), err
		}
		out.WriteString(written(cases))
		after = cases[len(cases)-1].Path
	}
}

// compareLooks looks for names, and into directories, two at a time.
func (d *differing) compareLooks() {
	look := func(what string, page func(s Store, after index.Path) ([]index.Case, error)) {
		d.both(what, func(s Store) (string, error) {
			var out strings.Builder
			for after := (index.Path{}); ; {
				cases, err := page(s, after)
				if err != nil || len(cases) == 0 {
					return out.String(), err
				}
				out.WriteString(written(cases))
				after = cases[len(cases)-1].Path
			}
		})
	}
	for _, text := range []string{"", "A", "b", "d/E"} {
		look("find "+text, func(s Store, after index.Path) ([]index.Case, error) {
			return s.Find(d.ctx, d.folder, index.NewPattern(text), index.Path{}, after, 2)
		})
	}
	for _, dir := range append(paths("a", "d"), index.Path{}) {
		look("find in "+dir.String(), func(s Store, after index.Path) ([]index.Case, error) {
			return s.Find(d.ctx, d.folder, index.Pattern{}, dir, after, 2)
		})
		look("children of "+dir.String(), func(s Store, after index.Path) ([]index.Case, error) {
			return s.Children(d.ctx, d.folder, dir, after, 2)
		})
	}
}

// written writes cases without the Blocks of others, which a store may leave out.
func written(cases []index.Case) string {
	for i := range cases {
		for j := range cases[i].Others {
			cases[i].Others[j].Blocks = nil
		}
	}
	return fmt.Sprintf("%+v", cases)
}

func roots() (out []index.Hash) {
	for _, texts := range allTexts {
		out = append(out, file("x", nil, texts...).Root)
	}
	return out
}

// compareRoots allows any record that has the root.
func (d *differing) compareRoots() {
	d.both("with root", func(s Store) (string, error) {
		records, err := s.WithRoot(d.ctx, d.folder, roots())
		if err != nil {
			return "", err
		}
		out := ""
		for i, r := range records {
			out += fmt.Sprint(r.Kind, r.Kind == index.Absent || r.Root == roots()[i], d.isOurs(r), " ")
		}
		return out, nil
	})
}

// isOurs reports whether r is what Memory has at its path.
func (d *differing) isOurs(r index.Record) bool {
	if r.Kind == index.Absent {
		return true
	}
	ours, err := d.b.Get(d.ctx, d.folder, []index.Path{r.Path}, false)
	return err == nil && fmt.Sprintf("%+v", ours[0]) == fmt.Sprintf("%+v", r)
}

// compareBlocks demands the lists that Memory knows. A store may know more, if
// they are right.
func (d *differing) compareBlocks() {
	for _, root := range roots() {
		got, ok, err := d.a.Blocks(d.ctx, d.folder, root)
		want, must, err2 := d.b.Blocks(d.ctx, d.folder, root)
		switch {
		case err != nil || err2 != nil:
			d.Fatal(err, err2)
		case must && !ok:
			d.Fatalf("blocks of %s are not known: want %v", root, want)
		case ok && index.RootOf(got) != root:
			d.Fatalf("blocks of %s: %v", root, got)
		}
	}
	got, err := d.a.Get(d.ctx, d.folder, allPaths, true)
	want, err2 := d.b.Get(d.ctx, d.folder, allPaths, true)
	if err != nil || err2 != nil {
		d.Fatal(err, err2)
	}
	for i, w := range want {
		g := got[i]
		if g.Kind != w.Kind || !slices.Equal(g.Blocks, w.Blocks) && (w.Blocks != nil || index.RootOf(g.Blocks) != w.Root) {
			d.Fatalf("%s: blocks %v, want %v", w.Path, g.Blocks, w.Blocks)
		}
	}
}

// comparePlaces allows any place where the block lies.
func (d *differing) comparePlaces() {
	blocks := blocksOf("x", "yy", "zzz", "nothing")
	got, err := d.a.Locate(d.ctx, d.folder, blocks)
	want, err2 := d.b.Locate(d.ctx, d.folder, blocks)
	if err != nil || err2 != nil {
		d.Fatal(err, err2)
	}
	for i, p := range got {
		if want[i].Size > 0 && p.Size == 0 {
			d.Fatalf("block %d is not found: it is at %+v", i, want[i])
		}
		if p.Size > 0 && !d.liesThere(blocks[i], p) {
			d.Fatalf("block %d does not lie at %+v", i, p)
		}
	}
}

func (d *differing) liesThere(block index.Block, p index.Place) bool {
	if p.Record.Root == index.RootOf([]index.Block{block}) { // its root tells, though its list may be unknown
		return p.Offset == 0 && p.Size == block.Size && d.isOurs(p.Record)
	}
	blocks, ok, err := d.a.Blocks(d.ctx, d.folder, p.Record.Root)
	if err != nil || !ok || !d.isOurs(p.Record) {
		return false
	}
	at := int64(0)
	for _, b := range blocks {
		if at == p.Offset && b == block {
			return true
		}
		at += int64(b.Size)
	}
	return false
}
