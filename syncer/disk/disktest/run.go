package disktest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"kith/index"
	"kith/syncer"
	"kith/syncer/plan"
)

// Run holds a Tree against what syncer.Tree promises. open returns an empty
// folder, and the person who works in it.
func Run(t *testing.T, open func(t *testing.T) (syncer.Tree, Person)) {
	for _, c := range []struct {
		name string
		fn   func(*bench)
	}{
		{"a walk meets parents first, siblings by their bytes", walkOrder},
		{"a walk leaves out what is skipped, and all below it", walkSkip},
		{"a walk can begin anywhere", walkUnder},
		{"a look tells kind, size, time, permissions", look},
		{"the disk tells what time it gives", telling},
		{"a file opens only as what it was seen as", opening},
		{"a draft is put when it is whole", drafts},
		{"a draft is found again", draftFound},
		{"blocks are copied from files of ours, if they are right", reuse},
		{"what is replaced becomes an earlier version", replacing},
		{"what changed meanwhile stays", changedMeanwhile},
		{"what is deleted becomes an earlier version", deleting},
		{"directories are made and removed, full ones stay", directories},
		{"a parent must be there", parentMissing},
		{"kinds replace each other", kinds},
		{"an object is moved", moving},
		{"what is displaced is set aside", aside},
		{"times and permissions change alone", retouching},
		{"links are kept as links", links},
		{"what is left to others is not kept", lettingGo},
		{"an earlier version is restored and exported", restoring},
		{"a changed path is hinted at", watching},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree, person := open(t)
			c.fn(&bench{t, tree, person})
		})
	}
}

// bench is what a case of the script works on.
type bench struct {
	*testing.T
	syncer.Tree
	p Person
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) save(path, text string) { b.Helper(); b.must(b.p.Write(path, []byte(text))) }
func (b *bench) mkdir(path string)      { b.Helper(); b.must(b.p.Mkdir(path)) }

func (b *bench) shows(path, text string) {
	b.Helper()
	if got, err := b.p.Read(path); err != nil || string(got) != text {
		b.Errorf("%s holds %q (%v), want %q", path, got, err, text)
	}
}

func (b *bench) absent(path string) {
	b.Helper()
	if _, err := b.Stat(index.MustPath(path)); !errors.Is(err, fs.ErrNotExist) {
		b.Errorf("%s is there (%v)", path, err)
	}
}

// have is the record of what lies at a path.
func (b *bench) have(path string) index.Record {
	b.Helper()
	e, err := b.Stat(index.MustPath(path))
	b.must(err)
	r := index.Record{File: e.File, Identity: e.Identity}
	if r.Kind == index.Regular {
		data, err := b.p.Read(path)
		b.must(err)
		r.Blocks, r.Root = oneBlock(data)
	}
	return r
}

func oneBlock(data []byte) ([]index.Block, index.Hash) {
	var blocks []index.Block
	if len(data) > 0 {
		blocks = []index.Block{{Hash: index.Sum(data), Size: uint32(len(data))}}
	}
	return blocks, index.RootOf(blocks)
}

// modified is a time that every disk can keep.
const modified = 1_600_000_000_000_000_000

func file(path, text string) index.File {
	f := index.File{Path: index.MustPath(path), Kind: index.Regular, Size: int64(len(text)), Modified: modified, Mode: 0o640}
	f.Blocks, f.Root = oneBlock([]byte(text))
	return f
}

func directory(path string) index.File {
	return index.File{Path: index.MustPath(path), Kind: index.Directory, Mode: 0o755}
}

func deleted(path string) index.File {
	return index.File{Path: index.MustPath(path), Kind: index.Deleted}
}

// filled is a file whose draft holds the text.
func (b *bench) filled(path, text string) index.File {
	b.Helper()
	f := file(path, text)
	b.must(b.Fill(f, 0, []byte(text)))
	return f
}

func (b *bench) put(s plan.Step) plan.Outcome {
	b.Helper()
	return b.Put(context.Background(), []plan.Step{s})[0]
}

// done puts and verifies that the outcome tells what lies there.
func (b *bench) done(s plan.Step) plan.Outcome {
	b.Helper()
	out := b.put(s)
	b.must(out.Err)
	if s.Want.Live() {
		if e, err := b.Stat(s.Want.Path); err != nil || e.Identity != out.Now || e.Kind != s.Want.Kind {
			b.Fatalf("%s is %+v (%v), the outcome says %+v", s.Want.Path, e, err, out.Now)
		}
	}
	if out.Rescued != (index.Path{}) {
		b.Fatalf("rescued %s", out.Rescued)
	}
	return out
}

func (b *bench) refused(s plan.Step, want error) {
	b.Helper()
	if out := b.put(s); !errors.Is(out.Err, want) {
		b.Fatalf("put %s: %v, want %v", s.Want.Path, out.Err, want)
	}
}

// walk lists the paths that a walk meets.
func (b *bench) walk(under string, skip ...string) string {
	b.Helper()
	var start index.Path
	if under != "" {
		start = index.MustPath(under)
	}
	var met []string
	err := b.Walk(context.Background(), start, func(p index.Path, _ bool) bool {
		for _, s := range skip {
			if p.Name() == s {
				return true
			}
		}
		return false
	}, func(e index.Entry) error {
		met = append(met, e.Path.String())
		return e.Err
	})
	b.must(err)
	return strings.Join(met, " ")
}

func (b *bench) equal(got, want string) {
	b.Helper()
	if got != want {
		b.Errorf("got  %s\nwant %s", got, want)
	}
}

func (b *bench) versions(path string) []index.Kept {
	b.Helper()
	var p index.Path
	if path != "" {
		p = index.MustPath(path)
	}
	kept, err := b.Versions(p)
	b.must(err)
	return kept
}

// keeps verifies that an earlier version of a path holds a text.
func (b *bench) keeps(path, text string) {
	b.Helper()
	for _, k := range b.versions(path) {
		var out bytes.Buffer
		b.must(b.Export(k, &out))
		if out.String() == text {
			return
		}
	}
	b.Errorf("no earlier version of %s holds %q", path, text)
}
