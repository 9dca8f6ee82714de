package index

import (
	"testing"

	"pgregory.net/rapid"
)

// The root is part of what devices say to each other: it must not change.
func TestRootOfIsFixed(t *testing.T) {
	blocks := []Block{{Hash: Sum([]byte("a")), Size: 1}, {Hash: Sum([]byte("bc")), Size: 2}}
	for _, c := range []struct {
		name   string
		blocks []Block
		want   string
	}{
		{"no block", nil, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"}, // BLAKE3 of nothing
		{"two blocks", blocks, "1da3293307008adb1c8262877a81108f1e30ebfaa1721018f837ded4b110c557"},
	} {
		if got := RootOf(c.blocks).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if RootOf(blocks) == RootOf([]Block{blocks[1], blocks[0]}) {
		t.Error("the order of blocks makes no difference")
	}
	resized := []Block{blocks[0], {Hash: blocks[1].Hash, Size: 3}}
	if RootOf(blocks) == RootOf(resized) {
		t.Error("the size of a block makes no difference")
	}
}

func anyFile() *rapid.Generator[File] {
	return rapid.Custom(func(t *rapid.T) File {
		few := rapid.IntRange(0, 1)
		return File{
			Kind: Kind(rapid.IntRange(int(Absent), int(Directory)).Draw(t, "kind")), Size: int64(few.Draw(t, "size")),
			Modified: int64(few.Draw(t, "modified")), Mode: uint32(few.Draw(t, "mode")),
			Target: []string{"", "t"}[few.Draw(t, "target")], Root: Hash{byte(few.Draw(t, "root"))},
		}
	})
}

func TestFileOrderIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, g, h := anyFile().Draw(t, "f"), anyFile().Draw(t, "g"), anyFile().Draw(t, "h")
		switch {
		case sign(f.Compare(g)) != -sign(g.Compare(f)):
			t.Fatal("not antisymmetric")
		case f.Compare(g) == 0 && !f.Same(g):
			t.Fatal("neither is greater, but they are not the same")
		case f.Compare(g) <= 0 && g.Compare(h) <= 0 && f.Compare(h) > 0:
			t.Fatal("not transitive")
		case f.Kind > g.Kind && f.Compare(g) <= 0:
			t.Fatal("the higher kind does not win")
		}
	})
}

func TestSame(t *testing.T) {
	base := File{Kind: Regular, Size: 3, Modified: 5, Mode: 0o644, Root: Hash{1}}
	for _, c := range []struct {
		name          string
		change        func(*File)
		content, same bool
	}{
		{"nothing", func(*File) {}, true, true},
		{"the version", func(f *File) { f.Version = version(1, 0, 0) }, true, true},
		{"the time", func(f *File) { f.Modified++ }, true, false},
		{"the permissions", func(f *File) { f.Mode = 0o600 }, true, false},
		{"the root", func(f *File) { f.Root = Hash{2} }, false, false},
		{"the size", func(f *File) { f.Size++ }, false, false},
		{"the kind", func(f *File) { f.Kind = Deleted }, false, false},
	} {
		g := base
		c.change(&g)
		if base.SameContent(g) != c.content || base.Same(g) != c.same {
			t.Errorf("%s changed: content %v, same %v", c.name, base.SameContent(g), base.Same(g))
		}
	}
}

func TestCloneSharesNothing(t *testing.T) {
	f := File{Blocks: []Block{{Size: 1}}, Version: version(1, 0, 0)}
	g := f.Clone()
	g.Blocks[0].Size, g.Version[0].Count = 9, 9
	if f.Blocks[0].Size != 1 || f.Version[0].Count != 1 {
		t.Errorf("the clone changed it: %+v", f)
	}
}
