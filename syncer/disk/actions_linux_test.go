package disk

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// act is one thing that Kith does to a folder, decided on what lies there now:
// carried out once more, it completes what an interruption left of the first time.
type act struct {
	name string
	do   func(w *workplace) error
	// gives up, for good, the content of these paths; or with "versions", what was
	// kept of earlier
	gives []string
}

// workplace is a folder that acts are carried out in.
type workplace struct {
	*Tree
	root  string
	fault error // met while looking: nothing is decided any more
}

// arrangeFolder makes the folder that every workload begins with.
func arrangeFolder(root string) error {
	id := index.FolderID{7}
	if err := Create(root, id); err != nil {
		return err
	}
	for _, d := range []string{"d", "d/empty", "d/junk", "d/full", "d/full/inner"} {
		if err := os.Mkdir(root+"/"+d, 0o755); err != nil {
			return err
		}
	}
	for _, f := range []string{"d/a", "d/b", "d/junk/.DS_Store", "d/full/x", "d/full/inner/y", "top", "d/" + longName} {
		if err := os.WriteFile(root+"/"+f, []byte(textOf("old "+f)), 0o644); err != nil {
			return err
		}
	}
	if err := os.Symlink("d/a", root+"/link"); err != nil {
		return err
	}
	w, err := openWorkplace(root, nil)
	if err != nil {
		return err
	}
	defer w.Close()
	// An earlier version, which lies there as long as anybody remembers.
	if err := w.put(w.step(w.file("d/b", "older d/b"))); err != nil {
		return err
	}
	return w.put(w.step(w.file("d/b", "old d/b")))
}

var longName = strings.Repeat("long", 60)

// openWorkplace opens the folder. Its clock stands still, so that a record is the
// same each time.
func openWorkplace(root string, tap tap) (*workplace, error) {
	tree, err := open(root, index.FolderID{7}, tap)
	if err != nil {
		return nil, err
	}
	tree.clock = func() time.Time { return time.Unix(1_700_000_000, 0) }
	return &workplace{Tree: tree, root: root}, nil
}

// textOf is a content that can be told from all others: two blocks, the first of
// them longer than a sector; of what is big, longer than a page.
func textOf(title string) string {
	text := title + "\n" + strings.Repeat(title[:3], 200)
	if strings.HasPrefix(title, "big") {
		text += strings.Repeat(title, 200)
	}
	return text
}

func inBlocks(text []byte) (blocks []index.Block) {
	size := 600
	if len(text) > 5000 {
		size = 5000
	}
	for len(text) > 0 {
		n := min(len(text), size)
		blocks = append(blocks, index.Block{Hash: index.Sum(text[:n]), Size: uint32(n)})
		text = text[n:]
	}
	return blocks
}

// file is a wanted file with a text of its own.
func (w *workplace) file(path, title string) index.File {
	text := textOf(title)
	f := index.File{Path: index.MustPath(path), Kind: index.Regular, Size: int64(len(text)), Modified: 1_600_000_000_123_456_789, Mode: 0o640}
	f.Blocks = inBlocks([]byte(text))
	f.Root = index.RootOf(f.Blocks)
	mean(f.Root, text)
	return f
}

var (
	texts sync.Map // by root: the content of the files that are wanted
	meant sync.Map // those contents, as a ledger has them
)

// mean notes that a content is wanted.
func mean(root index.Hash, text string) {
	texts.Store(root, text)
	meant.Store("file "+text, true)
}

// isMeant reports whether a content was wanted, or is that of a file just made.
func isMeant(content string) bool {
	_, ok := meant.Load(content)
	return ok || content == "file "
}

// textFor is the content of a file that is wanted; nothing if it was never new.
func textFor(root index.Hash) string {
	text, _ := texts.Load(root)
	s, _ := text.(string)
	return s
}

// have is the record of what lies at a path; nothing if nothing does.
func (w *workplace) have(path string) index.Record {
	p := index.MustPath(path)
	e, err := w.Stat(p)
	if err != nil {
		if !isNotExist(err) {
			w.fault = err
		}
		return index.Record{File: index.File{Path: p}}
	}
	r := index.Record{File: e.File, Identity: e.Identity}
	if r.Kind == index.Regular {
		text, _ := os.ReadFile(w.root + "/" + path)
		r.Blocks = inBlocks(text)
		r.Root = index.RootOf(r.Blocks)
	}
	return r
}

// step is what the plan says where want shall lie.
func (w *workplace) step(want index.File) plan.Step {
	return plan.Step{Have: w.have(want.Path.String()), Want: want}
}

// aside is step for what lies there to be set aside, unless it is done.
func (w *workplace) aside(want index.File, to string) plan.Step {
	s := w.step(want)
	if s.Have.Live() && !s.Have.SameContent(want) {
		s.Aside = w.free(to, s.Have)
	}
	return s
}

// free is the first of some names that is free, or is a second one of an object.
func (w *workplace) free(path string, object index.Record) index.Path {
	for n := 1; ; n++ {
		r := w.have(path + strings.Repeat("+", n-1))
		if !r.Live() || r.Identity.Inode == object.Identity.Inode {
			return r.Path
		}
	}
}

// put fills the drafts of what is not filled, and puts.
func (w *workplace) put(steps ...plan.Step) error {
	if w.fault != nil {
		return w.fault
	}
	for _, s := range steps {
		if actionOf(s) != install || s.Want.Kind != index.Regular {
			continue
		}
		if err := w.fillUp(s.Want, math.MaxInt); err != nil {
			return err
		}
	}
	for _, out := range w.Put(context.Background(), steps) {
		if out.Err != nil {
			return out.Err
		}
	}
	return nil
}

// fillUp fills the first blocks that are missing in the draft of want.
func (w *workplace) fillUp(want index.File, blocks int) error {
	filled, err := w.Filled(context.Background(), want)
	if err != nil {
		return err
	}
	text, off := textFor(want.Root), 0
	for i, b := range want.Blocks {
		if !filled[i] && i < blocks {
			if err := w.Fill(want, int64(off), []byte(text[off:off+int(b.Size)])); err != nil {
				return err
			}
		}
		off += int(b.Size)
	}
	return nil
}

func gone(path string, kind index.Kind) index.File {
	return index.File{Path: index.MustPath(path), Kind: kind}
}

func folderAt(path string) index.File {
	return index.File{Path: index.MustPath(path), Kind: index.Directory, Mode: 0o755}
}

// moveTo is the step that moves what lies at one path to another one.
func (w *workplace) moveTo(from, to, aside string, dress func(*index.File)) []plan.Step {
	f := w.have(from)
	if !f.Live() || w.have("d/full").Kind != index.Directory {
		return nil
	}
	want := f.File
	want.Path = index.MustPath(to)
	if dress != nil {
		dress(&want)
	}
	s := plan.Step{From: f, Have: w.have(to), Want: want}
	if s.Have.Live() && s.Have.SameContent(want) { // it has both names
		return []plan.Step{{Have: f, Want: gone(from, index.Deleted)}}
	}
	if aside != "" && s.Have.Live() {
		s.Aside = w.free(aside, s.Have)
	}
	return []plan.Step{s}
}

var errNoVersion = errors.New("no earlier version holds the text")

// version finds the earlier version of a path that holds a text.
func (w *workplace) version(path, text string) (index.Kept, error) {
	kept, err := w.Versions(index.MustPath(path))
	for _, k := range kept {
		var b bytes.Buffer
		if err = w.Export(k, &b); err != nil {
			return k, err
		}
		if b.String() == text {
			return k, nil
		}
	}
	if err == nil {
		err = errNoVersion
	}
	return index.Kept{}, err
}

// removal takes away what is there of some paths.
func (w *workplace) removal(kind index.Kind, paths ...string) error {
	var steps []plan.Step
	for _, p := range paths {
		if s := w.step(gone(p, kind)); s.Have.Live() {
			steps = append(steps, s)
		}
	}
	return w.put(steps...)
}

const conflict = " (conflict, x, 2020-01-01 10.00)"

// acts has each thing that Kith does to a disk.
var acts = []act{
	{name: "a new file", do: func(w *workplace) error { return w.put(w.step(w.file("d/new", "new d/new"))) }},
	{name: "another file", do: func(w *workplace) error { return w.put(w.step(w.file("d/a", "new d/a"))) }},
	{name: "another file, set aside", do: func(w *workplace) error {
		return w.put(w.aside(w.file("d/a", "theirs d/a"), "d/a"+conflict))
	}},
	{name: "another large file", do: func(w *workplace) error {
		f := w.file("top", "big top")
		return w.put(w.step(f))
	}},
	{name: "another file of a long name", do: func(w *workplace) error { return w.put(w.step(w.file("d/"+longName, "new long"))) }},
	{name: "a file in a new directory of a long name", do: func(w *workplace) error {
		p := strings.Repeat("wide", 58)
		return w.put(w.step(folderAt(p)), w.step(w.file(p+"/f", "new wide")))
	}},
	{name: "an empty file", do: func(w *workplace) error {
		f := index.File{Path: index.MustPath("d/zero"), Kind: index.Regular, Mode: 0o644, Modified: 1_600_000_000_000_000_000}
		f.Root = index.RootOf(nil)
		return w.put(w.step(f))
	}},
	{name: "a move", do: func(w *workplace) error { return w.put(w.moveTo("d/b", "d/full/b", "", nil)...) }},
	{name: "a name in other letters", do: func(w *workplace) error { return w.put(w.moveTo("d/b", "d/B", "", nil)...) }},
	{name: "a move onto a file", do: func(w *workplace) error { return w.put(w.moveTo("d/b", "d/a", "", nil)...) }},
	{name: "a move onto a file, set aside", do: func(w *workplace) error {
		return w.put(w.moveTo("d/b", "d/a", "d/a"+conflict, nil)...)
	}},
	{name: "a move with another time", do: func(w *workplace) error {
		return w.put(w.moveTo("d/b", "d/c", "", func(f *index.File) { f.Modified, f.Mode = 1_500_000_000_000_000_000, 0o600 })...)
	}},
	{name: "a move of a directory", do: func(w *workplace) error { return w.put(w.moveTo("d/full", "moved", "", nil)...) }},
	{name: "another time", do: func(w *workplace) error {
		s := w.step(gone("d/a", index.Deleted))
		if s.Have.Kind != index.Regular {
			return nil
		}
		s.Want = s.Have.File
		s.Want.Modified, s.Want.Mode = 1_550_000_000_000_000_000, 0o600
		return w.put(s)
	}},
	{name: "a deletion", do: func(w *workplace) error { return w.removal(index.Deleted, "d/a") }},
	{name: "a file left to others", gives: []string{"d/a"}, do: func(w *workplace) error {
		if w.have("d/a").Kind == index.Directory {
			return nil
		}
		return w.removal(index.Elsewhere, "d/a")
	}},
	{name: "a file set aside alone", do: func(w *workplace) error {
		s := w.step(gone("d/a", index.Deleted))
		if s.Have.Live() {
			s.Aside = w.free("d/a"+conflict, s.Have)
		}
		return w.put(s)
	}},
	{name: "an empty directory goes", do: func(w *workplace) error { return w.removal(index.Deleted, "d/empty") }},
	{name: "a directory of junk goes", do: func(w *workplace) error { return w.removal(index.Deleted, "d/junk") }},
	{name: "a whole directory goes", do: func(w *workplace) error {
		return w.removal(index.Deleted, "d/full/x", "d/full/b", "d/full/inner/y", "d/full/inner", "d/full")
	}},
	{name: "a directory in the place of a file", do: func(w *workplace) error { return w.put(w.step(folderAt("d/a"))) }},
	{name: "a directory, a file set aside", do: func(w *workplace) error { return w.put(w.aside(folderAt("d/a"), "d/a"+conflict)) }},
	{name: "a file in the place of a directory", do: func(w *workplace) error { return w.put(w.step(w.file("d/empty", "new empty"))) }},
	{name: "a file, a directory set aside", do: func(w *workplace) error {
		return w.put(w.aside(w.file("d/full", "new full"), "d/full"+conflict))
	}},
	{name: "a link in the place of a file", do: func(w *workplace) error {
		return w.put(w.step(index.File{Path: index.MustPath("d/a"), Kind: index.Symlink, Target: "elsewhere", Modified: 1}))
	}},
	{name: "a file in the place of a link", do: func(w *workplace) error { return w.put(w.step(w.file("link", "new link"))) }},
	{name: "a directory with files", do: func(w *workplace) error {
		return w.put(w.step(folderAt("n")), w.step(folderAt("n/m")), w.step(w.file("n/m/f", "new f")), w.step(w.file("n/g", "new g")))
	}},
	{name: "five files at a time", do: func(w *workplace) error {
		var steps []plan.Step
		for _, p := range []string{"d/a", "d/b", "top", "d/five", "link"} {
			steps = append(steps, w.step(w.file(p, "5th "+p)))
		}
		return w.put(steps...)
	}},
	{name: "half a draft", do: func(w *workplace) error { return w.fillUp(w.file("d/a", "new d/a"), 1) }},
	{name: "a draft found again", do: func(w *workplace) error {
		f := w.file("d/a", "new d/a")
		if err := w.fillUp(f, 1); err != nil {
			return err
		}
		w.open.closeAll() // that life is over
		again, err := openWorkplace(w.root, w.Tree.root.tap)
		if err != nil {
			return err
		}
		defer again.Close()
		return again.put(again.step(f))
	}},
	{name: "a draft given up", do: func(w *workplace) error {
		f := w.file("d/a", "vain d/a")
		if err := w.fillUp(f, 1); err != nil {
			return err
		}
		return w.Discard(f)
	}},
	{name: "a block taken from a file", do: func(w *workplace) error {
		from := w.have("d/full/x")
		if !from.Live() {
			return nil
		}
		f := from.File
		f.Path = index.MustPath("d/copy")
		texts.Store(f.Root, textOf("old d/full/x"))
		if s := w.step(f); s.Have.Live() {
			return w.put(s)
		}
		if err := w.Reuse(f, 0, from, 0, f.Blocks[0]); err != nil {
			return err
		}
		return w.put(w.step(f))
	}},
	{name: "an earlier version comes back", do: func(w *workplace) error {
		if w.have("d/b").Kind == index.Directory {
			return nil
		}
		k, err := w.version("d/b", textOf("older d/b"))
		if errors.Is(err, errNoVersion) || string(w.now("d/b")) == textOf("older d/b") {
			return nil // given up before, or there
		}
		if err != nil {
			return err
		}
		return w.Restore(k, index.Path{})
	}},
	{name: "an earlier version elsewhere", do: func(w *workplace) error {
		k, err := w.version("d/b", textOf("older d/b"))
		if errors.Is(err, errNoVersion) || string(w.now("far/away/b")) == textOf("older d/b") {
			return nil
		}
		if err != nil {
			return err
		}
		return w.Restore(k, index.MustPath("far/away/b"))
	}},
	{name: "the old ones are thinned out", gives: []string{"versions"}, do: func(w *workplace) error {
		return w.Thin(context.Background(), time.Unix(1_900_000_000, 0).UnixNano())
	}},
}

func (w *workplace) now(path string) []byte {
	text, _ := os.ReadFile(w.root + "/" + path)
	return text
}

// run carries out the act.
func (a act) run(w *workplace) error {
	w.fault = nil
	return errors.Join(a.do(w), w.fault)
}
