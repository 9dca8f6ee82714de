//go:build linux

package attack

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/sim/results"
)

// attack is something that mallory does in a session. The paths which it
// returns may be there afterwards.
type attack struct {
	name string
	do   func(s *siege) (added []string)
}

// TestHostileMember is a member of the folder with a valid key that keeps to no
// rule.
func TestHostileMember(t *testing.T) {
	start, ran := time.Now(), 0
	s := newSiege(t, "both")
	var all []attack
	all = append(all, escapes()...)
	all = append(all, frames()...)
	all = append(all, lyingIndexes()...)
	all = append(all, versions()...)
	all = append(all, questions()...)
	for _, a := range all {
		ok := t.Run(a.name, func(t *testing.T) {
			s := *s
			s.T = t
			was := s.look()
			added := a.do(&s)
			s.judge(was, added...)
			ran++
		})
		if !ok {
			return // what follows would be judged by a world that is not whole
		}
	}
	if err := results.Report("attacks", map[string]any{"member": ran, "seconds": int(time.Since(start).Seconds())}); err != nil {
		t.Error(err)
	}
}

// escapes are paths which lead out of the folder, or into our own directory, in
// every spelling.
func escapes() (all []attack) {
	long := strings.Repeat("n", 256)
	for _, path := range []string{
		"../escaped", "..", ".", "/escaped", "//escaped", "a/../../escaped", "dir-0/../../escaped", "dir-0/./x", "dir-0//x", "dir-0/",
		"a\x00b", "\xff\xfe", "dir-0/\xc3", "\xed\xa0\x80", long, strings.Repeat("d/", 130) + "x",
		".kith", ".kith/folder", ".KITH/folder", ".Kith/x", "dir-0/.kith/x", ".kith./x", ".kith /x", ".kith::$DATA", "kith~1/x",
		".k\u200cith/x", ".\uff4bith/x", ".kıth/../x",
	} {
		all = append(all, attack{fmt.Sprintf("path %.20q", path), func(s *siege) []string {
			x := s.session(lies{piece: func(w wire.Want) []byte { return []byte("escaped") }})
			honest := strings.Repeat(strings.Repeat("qz", 49)+"/", 20)[:len(path)]
			x.raw(renamed(x.update(s.folder, x.file(honest, "escaped")), honest, path))
			if !x.ended() {
				s.Error("the session goes on")
			}
			return nil
		}})
	}
	// On this disk these are names like others, and have to stay within the folder.
	for _, path := range []string{`..\escaped`, `C:\escaped`, "C:escaped", `\\server\share\x`, "CON", "NUL.txt", "a:b", "x.", "dir-0/ x "} {
		all = append(all, attack{fmt.Sprintf("name %q", path), func(s *siege) []string {
			x := s.session(lies{piece: func(w wire.Want) []byte { return []byte("a name") }})
			x.announce(s.folder, x.file(path, "a name"))
			s.arrives(path, "a name")
			return []string{path}
		}})
	}
	all = append(all, attack{"a directory that is swapped with a link while files are put into it", func(s *siege) []string {
		x := s.session(lies{piece: func(w wire.Want) []byte { return []byte("escaped") }})
		x.announce(s.folder, x.dir("swap"), x.file("swap/first", "escaped"))
		s.arrives("swap/first", "escaped")
		swap, aside, outside := s.path("swap"), s.path("swap aside"), filepath.Join(s.root, "anna")
		for i := range 60 {
			var files []index.File
			for j := range 10 {
				files = append(files, x.file(fmt.Sprintf("swap/%d-%d", i, j), "escaped"))
			}
			x.announce(s.folder, files...)
			for range 100 { // as somebody does who has an account here and may write into the folder
				if os.Rename(swap, aside) == nil {
					s.must(os.Symlink(outside, swap))
					runtime.Gosched()
					os.Remove(swap)        //nolint:errcheck // it may have been taken away meanwhile
					os.Rename(aside, swap) //nolint:errcheck // or its place have been taken
				}
			}
		}
		return []string{"swap"}
	}})
	return append(all, attack{"a child of a link that leads out", func(s *siege) []string {
		x := s.session(lies{piece: func(w wire.Want) []byte { return []byte("escaped") }})
		x.announce(s.folder, x.link("out", s.root+"/anna"), x.file("out/escaped", "escaped"), x.link("out2", "../.."), x.dir("out2/made"))
		x.asked("out/escaped")
		s.serves()
		return []string{"out"}
	}})
}

// frames are bytes that are no message, or none for this place.
func frames() []attack {
	say := func(name string, data bool, b func(s *siege, x *session) []byte) attack {
		return attack{name, func(s *siege) []string {
			x := s.session(lies{})
			if data {
				x.rawData(b(s, x))
			} else {
				x.raw(b(s, x))
			}
			if !x.ended() {
				s.Error("the session goes on")
			}
			return nil
		}}
	}
	fixed := func(b []byte) func(*siege, *session) []byte { return func(*siege, *session) []byte { return b } }
	return []attack{
		say("length 0", false, fixed(header(0))),
		say("length 2^31-1", false, fixed(header(1<<31-1, 5))),
		say("length 2^32-1", true, fixed(header(1<<32-1, 9))),
		say("a megabyte more than an update may have", false, fixed(header(2<<20, byte(wire.TypeUpdate)))),
		say("a type nobody knows", false, fixed(header(1, 99))),
		say("HTTP", false, fixed([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))),
		say("Hello again", false, fixed(frame(&wire.Hello{Version: 1, Name: "again"}))),
		say("content as control", false, fixed(frame(&wire.Piece{ID: 1, Data: []byte("x")}))),
		say("content nobody asked for", true, fixed(frame(&wire.Piece{ID: 1, Data: []byte("x")}))),
		say("an answer nobody asked for", false, fixed(frame(&wire.GiveBlocks{ID: 7}))),
		say("an index as content", true, func(s *siege, x *session) []byte { return x.update(s.folder, x.file("a", "b")) }),
		say("a field twice", false, fixed([]byte{0, 0, 0, 7, byte(wire.TypePing), 1, 1, 5, 1, 1, 6})),
		say("a number of eleven bytes", false, fixed(append([]byte{0, 0, 0, 14, byte(wire.TypePing), 1, 11}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1))),
		say("2^40 entries in ten bytes", false, func(s *siege, _ *session) []byte {
			body := append([]byte{byte(wire.TypeUpdate), 1, 16}, s.folder[:]...)
			body = append(body, 6, 6)
			body = binary.AppendUvarint(body, 1<<40)
			return append(header(uint32(len(body))), body...)
		}),
		{"frames of types that may be skipped", func(s *siege) []string {
			x := s.session(lies{})
			for range 200 {
				x.raw(append(header(64<<10, 200), make([]byte, 64<<10-1)...))
			}
			return nil
		}},
		{"a flood of pings", func(s *siege) []string {
			x := s.session(lies{})
			b := []byte{}
			for i := range 1000 {
				b = append(b, frame(&wire.Ping{ID: uint64(i + 1)})...)
			}
			for range 100 {
				x.raw(b)
			}
			return nil
		}},
	}
}

// lyingIndexes claim what is not so.
func lyingIndexes() []attack {
	return []attack{
		{"other bytes than announced", func(s *siege) []string {
			x := s.session(lies{piece: func(w wire.Want) []byte { return []byte(strings.Repeat("!", int(w.Size))) }})
			x.announce(s.folder, x.file("lie", "the truth"))
			x.asked("lie")
			s.told("lie", "mallory sends other content than it announced")
			return nil
		}},
		{"other bytes for a file that is here", func(s *siege) []string {
			x := s.session(lies{piece: func(w wire.Want) []byte { return []byte(strings.Repeat("!", int(w.Size))) }})
			f := x.file("dir-0/file-0", "the truth")
			x.announce(s.folder, f)
			x.asked("dir-0/file-0")
			return nil
		}},
		{"a piece of another length", func(s *siege) []string {
			x := s.session(lies{piece: func(w wire.Want) []byte { return make([]byte, w.Size+1) }})
			x.announce(s.folder, x.file("lie", "the truth"))
			x.ended()
			return nil
		}},
		{"a list that does not have that root", func(s *siege) []string {
			other := index.Block{Hash: index.Sum([]byte("x")), Size: 1 << 20}
			x := s.session(lies{blocks: func(w wire.WantBlocks) []wire.Message {
				return []wire.Message{&wire.GiveBlocks{ID: w.ID, Blocks: []index.Block{other}}}
			}})
			f := x.file("lie", "the truth")
			f.Blocks, f.Size, f.Root = nil, 1<<30, index.Sum([]byte("no root of anything"))
			x.announce(s.folder, f)
			x.asked("lie")
			return nil
		}},
		{"a list without end", func(s *siege) []string {
			endless := make([]index.Block, wire.MaxBlocks)
			for i := range endless {
				endless[i] = index.Block{Hash: index.Hash{byte(i), byte(i >> 8), 1}, Size: 1}
			}
			x := s.session(lies{blocks: func(w wire.WantBlocks) (all []wire.Message) {
				for range 300 { // 4.9 million
					all = append(all, &wire.GiveBlocks{ID: w.ID, Blocks: endless, More: true})
				}
				return all
			}})
			var files []index.File
			for i := range 8 {
				f := x.file(fmt.Sprint("lie-", i), "the truth")
				f.Blocks, f.Size, f.Root = nil, 1<<50, index.Sum(fmt.Append(nil, i))
				files = append(files, f)
			}
			x.announce(s.folder, files...)
			if !x.ended() {
				s.Error("the session goes on")
			}
			return nil
		}},
		{"a hundred thousand equal blocks", func(s *siege) []string {
			const n, each = 6 * wire.MaxBlocks, "="
			equal := make([]index.Block, n)
			for i := range equal {
				equal[i] = index.Block{Hash: index.Sum([]byte(each)), Size: uint32(len(each))}
			}
			x := s.session(lies{
				blocks: func(w wire.WantBlocks) (all []wire.Message) {
					for at := 0; at < n; at += wire.MaxBlocks {
						all = append(all, &wire.GiveBlocks{ID: w.ID, Blocks: equal[at : at+wire.MaxBlocks], More: at+wire.MaxBlocks < n})
					}
					return all
				},
				piece: func(w wire.Want) []byte { return []byte(strings.Repeat(each, int(w.Size))) },
			})
			f := x.file("equal", "")
			f.Blocks, f.Size, f.Root = nil, int64(n*len(each)), index.RootOf(equal)
			x.announce(s.folder, f)
			s.arrives("equal", strings.Repeat(each, n))
			return []string{"equal"}
		}},
		{"a new version again and again, which knows of no other", func(s *siege) []string {
			const rounds = 20
			s.write("bomb", "anna's words")
			texts := map[index.Hash]string{}
			text := func(n int) string { return fmt.Sprintf("bomb %d", n) }
			for n := range rounds {
				texts[index.RootOf([]index.Block{{Hash: index.Sum([]byte(text(n))), Size: uint32(len(text(n)))}})] = text(n)
			}
			x := s.session(lies{piece: func(w wire.Want) []byte { return []byte(texts[w.Root]) }})
			for n := range rounds {
				f := x.file("bomb", text(n))
				f.Version[0].Count = uint64(n + 1)
				x.announce(s.folder, f)
				s.arrives("bomb", text(n))
			}
			s.serves()
			copies, err := filepath.Glob(s.path("bomb (conflict, anna*"))
			s.must(err)
			if len(copies) != 1 {
				s.Fatalf("%d copies of anna's words", len(copies))
			}
			s.must(holds(copies[0], "anna's words"))
			if all, _ := filepath.Glob(s.path("bomb*")); len(all) > rounds+1 {
				s.Errorf("%d files of %d versions", len(all), rounds+1)
			}
			return []string{"bomb"}
		}},
		{"a file of 2^62 bytes", func(s *siege) []string {
			x := s.session(lies{})
			f := x.file("lie", "the truth")
			f.Blocks, f.Size, f.Root = nil, 1<<62, index.Sum([]byte("large"))
			x.announce(s.folder, f)
			x.asked("lie")
			return nil
		}},
		{"all that is announced is gone", func(s *siege) []string {
			x := s.session(lies{piece: func(wire.Want) []byte { return nil }})
			var files []index.File
			for i := range 500 {
				files = append(files, x.file(fmt.Sprintf("gone-%03d", i), fmt.Sprint("never ", i)))
			}
			x.announce(s.folder, files...)
			x.asked("gone-000")
			return nil
		}},
		{"a sender that never answers", func(s *siege) []string {
			x := s.session(lies{silent: true})
			x.announce(s.folder, x.file("slow", "the truth"))
			x.asked("slow")
			return nil
		}},
		{"a sender that sends each piece as late as it may", func(s *siege) []string {
			const text = "sent late"
			x := s.session(lies{pace: 1500 * time.Millisecond, piece: func(w wire.Want) []byte { return []byte(text) }})
			var files []index.File
			for i := range 400 { // all of it would take ten minutes
				files = append(files, x.file(fmt.Sprintf("late-%03d", i), text))
			}
			large := x.file("late-large", text)
			large.Blocks, large.Size = nil, 1<<40 // and takes a place among the large files
			x.announce(s.folder, append(files, large)...)
			x.asked("late-000")
			for range 3 { // what ben has does not wait for that
				s.serves()
			}
			return []string{"late-"}
		}},
		{"an index bomb", func(s *siege) []string {
			x := s.session(lies{})
			for i := range 100 { // a hundred thousand empty directories deep in each other's names
				var files []index.File
				for j := range 1000 {
					f := x.file(fmt.Sprintf("bomb-%02d-%03d", i, j), "never to come")
					f.Blocks, f.Size = nil, 1<<40
					files = append(files, f)
				}
				x.announce(s.folder, files...)
			}
			return nil
		}},
		{"a version for no path, told twice and backwards", func(s *siege) []string {
			x := s.session(lies{})
			b := x.update(s.folder, x.dir("replayed"))
			for range 50 {
				x.raw(b)
			}
			x.say(&wire.Update{Folder: s.folder, Epoch: x.epoch, From: 1 << 60, To: 1, Latest: 0})
			x.say(&wire.Update{Folder: s.folder, Epoch: x.epoch + 1, From: 5, To: 9, Latest: 9})
			return []string{"replayed"}
		}},
		{"an index of a folder that is not shared", func(s *siege) []string {
			x := s.session(lies{})
			other := index.FolderID{1, 2, 3}
			x.subscribe(other)
			x.announce(other, x.file("nowhere", "x"))
			return nil
		}},
		{"everything is deleted", func(s *siege) []string {
			x := s.session(lies{})
			var files []index.File
			for i := range 10 {
				files = append(files, index.File{Path: index.MustPath(fmt.Sprintf("dir-%d/file-%d", i%3, i)), Kind: index.Deleted,
					Version: x.version(), By: s.mallory.id.Short()})
			}
			x.announce(s.folder, files...) // they follow upon nothing that is here
			s.serves()
			return nil
		}},
		{"a file and what lies in it, children of nothing, and names that are one", func(s *siege) []string {
			x := s.session(lies{piece: func(w wire.Want) []byte { return []byte("odd") }})
			x.announce(s.folder, x.file("odd", "odd"), x.file("odd/child", "odd"), x.file("odd none/deep/child", "odd"),
				x.file("odd twice", "odd"), x.dir("odd twice"), x.file("odd twice", "odd"), x.file("odd NAME", "odd"), x.file("odd name", "odd"))
			s.arrives("odd none/deep/child", "odd")
			return []string{"odd"}
		}},
		{"lists of members that others signed, or nobody", func(s *siege) []string {
			x := s.session(lies{})
			m := wire.Membership{Folder: s.folder, Name: "../../etc", Owner: s.mallory.id, OwnerKey: s.mallory.key.Public().(ed25519.PublicKey), Serial: 1 << 40,
				Members: []index.Member{{Device: s.mallory.id, Name: "mallory", Role: index.Both}}}
			m.Signature = ed25519.Sign(s.mallory.key, m.Signed())
			forged := m
			forged.Signature = make([]byte, 64)
			forged.Signature[0] = 1
			x.say(&wire.Folders{Lists: []wire.Membership{m}}, &wire.Folders{Lists: []wire.Membership{forged}}, &wire.Folders{})
			return nil
		}},
	}
}

// versions are forged histories.
func versions() []attack {
	// poison makes a file whose version leaves no room for one more change, and
	// then changes it here: others must hear of that, and of all else.
	poison := func(name string, forge func(s *siege, x *session) index.Version) attack {
		return attack{name, func(s *siege) []string {
			path := "poison " + strings.ReplaceAll(name, "'", "")
			x := s.session(lies{piece: func(w wire.Want) []byte { return []byte("poison") }})
			f := x.file(path, "poison")
			f.Version = forge(s, x)
			x.announce(s.folder, f, x.file(path+" sound", "poison"))
			s.arrives(path+" sound", "poison")
			s.write(path, "changed here")
			s.serves()
			s.must(holds(s.path(path), "changed here"))
			x.close()
			s.restart()
			s.serves()
			s.must(holds(s.path(path), "changed here"))
			return []string{path}
		}}
	}
	return []attack{
		poison("anna's own counter at its end", func(s *siege, x *session) index.Version {
			return index.Version{{Actor: x.theirs(s), Count: index.MaxCount}}
		}),
		poison("as many actors as may be", func(s *siege, x *session) (v index.Version) {
			for i := range index.MaxActors {
				v = append(v, index.Counter{Actor: index.Actor{Device: 1, Epoch: index.Epoch(i + 1)}, Count: 1})
			}
			return v
		}),
		{"anna's own counter raised", func(s *siege) []string {
			x := s.session(lies{piece: func(w wire.Want) []byte { return []byte("poison") }})
			f := x.file("raised", "poison")
			f.Version, f.By = index.Version{{Actor: x.theirs(s), Count: 1000}}, x.theirs(s).Device
			x.announce(s.folder, f)
			s.arrives("raised", "poison")
			s.write("raised", "changed here")
			s.eventually("the change with ben", func() error { return holds(s.dir(s.ben)+"/raised", "changed here") })
			return []string{"raised"}
		}},
	}
}

// questions ask for what is not mallory's.
func questions() []attack {
	ask := func(name string, refused bool, m func(s *siege) wire.Message) attack {
		return attack{name, func(s *siege) []string {
			x := s.session(lies{})
			switch m := m(s).(type) {
			case *wire.Fetch:
				x.sayData(m)
				if !x.await(20*time.Second, func() bool { return len(x.pieces) == len(m.Wants) }) {
					s.Error("no answer")
				}
				for _, p := range x.pieces {
					if refused && p.Gone == "" {
						s.Errorf("it was given %q", p.Data)
					}
				}
			case *wire.WantBlocks:
				x.say(m)
				var answer *wire.GiveBlocks
				x.await(20*time.Second, func() bool {
					for _, h := range x.heard {
						if g, ok := h.(*wire.GiveBlocks); ok {
							answer = g
						}
					}
					return answer != nil
				})
				if answer == nil || refused && answer.Gone == "" {
					s.Errorf("answered with %+v", answer)
				}
			}
			return nil
		}}
	}
	want := func(s *siege, path, content string, off int64, size uint32) wire.Want {
		b := []index.Block{{Hash: index.Sum([]byte(content)), Size: uint32(len(content))}}
		return wire.Want{Path: index.MustPath(path), Root: index.RootOf(b), Offset: off, Size: size}
	}
	return []attack{
		ask("a file by another root", true, func(s *siege) wire.Message {
			return &wire.Fetch{ID: 1, Folder: s.folder, Wants: []wire.Want{want(s, "dir-0/file-0", "guess", 0, 5)}}
		}),
		ask("a file of a folder that is not shared", true, func(s *siege) wire.Message {
			return &wire.Fetch{ID: 1, Folder: index.FolderID{9}, Wants: []wire.Want{want(s, "dir-0/file-0", "content 0", 0, 9)}}
		}),
		ask("behind the end of a file", true, func(s *siege) wire.Message {
			return &wire.Fetch{ID: 1, Folder: s.folder, Wants: []wire.Want{
				want(s, "dir-0/file-0", "content 0", 5, 9), want(s, "dir-0/file-0", "content 0", 1<<40, 9)}}
		}),
		ask("blocks of a file that is not there", true, func(s *siege) wire.Message {
			return &wire.WantBlocks{ID: 1, Folder: s.folder, Path: index.MustPath("none"), Root: index.Hash{1}}
		}),
		ask("blocks of a folder that is not shared", true, func(s *siege) wire.Message {
			return &wire.WantBlocks{ID: 1, Folder: index.FolderID{9}, Path: index.MustPath("none"), Root: index.Hash{1}}
		}),
		ask("a byte four thousand times", false, func(s *siege) wire.Message {
			m := &wire.Fetch{ID: 1, Folder: s.folder}
			for range wire.MaxWants {
				m.Wants = append(m.Wants, want(s, "dir-0/file-0", "content 0", 0, 1))
			}
			return m
		}),
		{"what is ignored, and what is Kith's own", func(s *siege) []string {
			s.write("dir-0/Thumbs.db", "junk")
			x := s.session(lies{})
			s.serves()
			m := &wire.Fetch{ID: 1, Folder: s.folder, Wants: []wire.Want{want(s, "dir-0/Thumbs.db", "junk", 0, 4)}}
			x.sayData(m)
			if !x.await(20*time.Second, func() bool { return len(x.pieces) == 1 }) || x.pieces[0].Gone == "" {
				s.Errorf("answered with %+v", x.pieces)
			}
			x.rawData(renamed(frame(&wire.Fetch{ID: 2, Folder: s.folder, Wants: []wire.Want{want(s, "qzqzq/folder", "", 0, 4)}}), "qzqzq/folder", ".kith/folder"))
			if !x.ended() {
				s.Error("the session goes on")
			}
			return []string{"dir-0/Thumbs.db"}
		}},
		{"a flood of questions whose answers nobody reads", func(s *siege) []string {
			x := s.session(lies{})
			for i := range 60 {
				m := &wire.Fetch{ID: uint64(i + 1), Folder: s.folder}
				for range wire.MaxWants {
					m.Wants = append(m.Wants, wire.Want{Path: index.MustPath("none"), Root: index.Hash{1}, Size: 16 << 20})
				}
				x.sayData(m)
			}
			return nil
		}},
	}
}

// TestMemberWhoDeletesAll knows of all that is here, and says that it is gone: that
// waits for a person, who does not want it.
func TestMemberWhoDeletesAll(t *testing.T) {
	const files = 80
	s := newSiege(t, "both")
	for i := range files {
		s.write(fmt.Sprintf("kept-%02d", i), "nobody's to take away")
	}
	s.serves() // so it was told of them
	was := s.look()
	x := s.session(lies{})
	theirs := x.theirs(s)
	var gone []index.File
	for i := range files {
		gone = append(gone, index.File{Path: index.MustPath(fmt.Sprintf("kept-%02d", i)), Kind: index.Deleted, By: s.mallory.id.Short(),
			Version: index.Version{{Actor: theirs, Count: 1000}}})
	}
	x.announce(s.folder, gone...)
	s.eventually("the brake", func() error {
		p, err := s.anna.Status(s.ctx)
		if f, _ := p.Folder("files"); err == nil && f.Held != files {
			err = fmt.Errorf("%s, %d files held", f.State, f.Held)
		}
		return err
	})
	s.judge(was)
	_, err := s.anna.Kith(s.ctx, "undo", "files")
	s.must(err)
	s.judge(was)
}
