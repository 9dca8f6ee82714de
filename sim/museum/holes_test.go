package museum

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer/disk"
	"kith/syncer/ignore"
)

// refused verifies that bytes from outside are no message.
func refused(t *testing.T, frame []byte) {
	t.Helper()
	if m, err := wire.NewReader(bytes.NewReader(frame)).Next(); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("%x is taken for %+v, %v", frame[:min(len(frame), 40)], m, err)
	}
}

// claim is the frame of an update with one file.
func claim(t *testing.T, f index.File) []byte {
	t.Helper()
	b, err := wire.AppendFrame(nil, &wire.Update{Folder: index.FolderID{1}, Epoch: 1, To: 1, Latest: 1, Files: []index.File{f}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func someFile(path string) index.File {
	b := []index.Block{{Hash: index.Sum([]byte("x")), Size: 1}}
	return index.File{Path: index.MustPath(path), Kind: index.Regular, Size: 1, Mode: 0o644, Root: index.RootOf(b), Blocks: b,
		Version: index.Version{{Actor: index.Actor{Device: 1, Epoch: 1}, Count: 1}}, By: 1}
}

// Syncthing's relay and protocol crashed on a message that told a negative length.
func TestSyncthing_CVE_2021_21404_NegativeLength(t *testing.T) {
	for _, n := range []uint32{0, 1 << 31, math.MaxUint32, 1<<31 - 1} {
		refused(t, append(binary.BigEndian.AppendUint32(nil, n), byte(wire.TypeUpdate), 1, 2, 3))
	}
}

// An rsync server could write files at paths of its own choice.
func TestRsync_CVE_2022_29154_PathsOfTheServersChoice(t *testing.T) {
	for _, path := range []string{"../qqqq", "/qqqqqq", "q/../qq", "q//qqqq", "./qqqqq", "q/.kith", ".KITH/q"} {
		honest := "abcdefg"[:len(path)]
		refused(t, bytes.Replace(claim(t, someFile(honest)), []byte(honest), []byte(path), 1))
	}
}

// An archive could hold names that lead out of the directory it was unpacked to.
func TestZipSlip_CVE_2018_1002200(t *testing.T) {
	for _, path := range []string{"../../etc/passwd", "a/../../b", "/etc/passwd", "..", "a/..", "a\x00/../b", ""} {
		if p, err := index.ParsePath(path); err == nil {
			t.Errorf("%q is taken for %q", path, p)
		}
	}
	if _, err := index.MustPath("a").Join("../../b"); err == nil {
		t.Error("a name leads out by being joined")
	}
}

// Git took .GIT, .g\u200cit and git~1 for names like others, which are .git on
// some disks: a repository could bring its own configuration.
func TestGit_CVE_2014_9390_OurOwnDirectoryByAnotherName(t *testing.T) {
	for _, name := range []string{".kith", ".KITH", ".Kith", ".k\u200cith", ".kith.", ".kith ", ".kith::$INDEX_ALLOCATION", "kith~1", "KITH~2", ".\uff4bith"} {
		for _, path := range []string{name, name + "/marker", "d/" + name} {
			if _, err := index.ParsePath(path); !errors.Is(err, index.ErrOwn) {
				t.Errorf("%q: %v", path, err)
			}
		}
	}
}

// Syncthing followed a symbolic link that another device had made, and wrote
// outside of the folder.
func TestSyncthing_CVE_2017_1000420_ThroughALink(t *testing.T) {
	root := t.TempDir()
	folder, outside := filepath.Join(root, "folder"), filepath.Join(root, "outside")
	for _, dir := range []string{folder, outside} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(folder, "out")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	id := index.FolderID{1}
	if err := disk.Create(folder, id); err != nil {
		t.Fatal(err)
	}
	tree, err := disk.Open(folder, id)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	if c, err := tree.Open(index.MustPath("out/secret"), index.Identity{}); err == nil {
		c.Close()
		t.Error("a file is read through a link")
	}
	if e, err := tree.Stat(index.MustPath("out/secret")); err == nil {
		t.Errorf("a file is seen through a link: %+v", e)
	}
	if e, err := tree.Stat(index.MustPath("out")); err != nil || e.Kind != index.Symlink {
		t.Errorf("the link itself: %+v, %v", e, err)
	}
	err = tree.Walk(t.Context(), index.Path{}, func(index.Path, bool) bool { return false }, func(e index.Entry) error {
		if e.Path.String() != "out" {
			t.Errorf("the walk meets %q", e.Path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Programs that take over permissions of others made files that run as root.
func TestTar_SetuidThatTravels(t *testing.T) {
	f := someFile("a")
	f.Mode = 0o4755
	if _, err := wire.AppendFrame(nil, &wire.Update{Folder: index.FolderID{1}, Epoch: 1, To: 1, Files: []index.File{f}}); err == nil {
		t.Error("a setuid file is told of")
	}
	f.Mode = 0o755
	sound := claim(t, f)
	bent := bytes.ReplaceAll(sound, binary.AppendUvarint(nil, 0o755), binary.AppendUvarint(nil, 0o4755))
	if bytes.Equal(sound, bent) {
		t.Fatal("the mode is not to be found")
	}
	refused(t, bent)
}

// A pattern with many stars kept minimatch, and all that use it, busy for ever.
func TestMinimatch_CVE_2022_3517_StarsWithoutEnd(t *testing.T) {
	content := strings.Repeat("*a", 100) + "b\n" + strings.Repeat("**/", 60) + "x\n" + strings.Repeat("a*", 400) + "b\n"
	rules, _ := ignore.New().With(index.Path{}, []byte(content))
	for _, path := range []string{strings.Repeat("a", 250), strings.Repeat("a/", 100) + "a"} {
		if rules.Skips(index.MustPath(path), false) {
			t.Errorf("%q is ignored", path)
		}
	}
}

// A device that was made an introducer could add others, and itself.
func TestSyncthing_IntroducersWhoOverreach(t *testing.T) {
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	owner, ownersKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	list := wire.Membership{Folder: index.FolderID{1}, Name: "files", Owner: wire.DeviceOf(owner), OwnerKey: owner, Serial: 1,
		Members: []index.Member{{Device: wire.DeviceOf(owner), Name: "anna", Role: index.Both}}}
	list.Signature = ed25519.Sign(ownersKey, list.Signed())
	if err := list.Verify(); err != nil {
		t.Fatal(err)
	}
	for name, bend := range map[string]func(m *wire.Membership){
		"a member more": func(m *wire.Membership) {
			m.Members = append(m.Members, index.Member{Device: wire.DeviceOf(public), Name: "mallory", Role: index.Both})
		},
		"a later number":            func(m *wire.Membership) { m.Serial++ },
		"another folder":            func(m *wire.Membership) { m.Folder = index.FolderID{2} },
		"signed by somebody else":   func(m *wire.Membership) { m.Signature = ed25519.Sign(key, m.Signed()) },
		"the key of somebody else":  func(m *wire.Membership) { m.OwnerKey = public; m.Signature = ed25519.Sign(key, m.Signed()) },
		"no signature":              func(m *wire.Membership) { m.Signature = nil },
		"fields of a later version": func(m *wire.Membership) { m.Unknown = wire.Unknown{99, 1, 1} },
	} {
		m := list
		bend(&m)
		if m.Verify() == nil {
			t.Errorf("%s: it is believed", name)
		}
	}
}

// An index with 2^40 entries in a few bytes made a program ask for all memory.
func TestProtobuf_CountsThatAreNotThere(t *testing.T) {
	body := append([]byte{byte(wire.TypeUpdate), 1, 16}, make([]byte, 16)...)
	body[3] = 1
	body = append(body, 6, 6)
	body = binary.AppendUvarint(body, 1<<40)
	refused(t, append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
}

// Files from before 1970 and from far ahead lost their times, or stopped a sync.
func TestResilio_TimesBefore1970(t *testing.T) {
	for _, at := range []int64{-1, math.MinInt64, math.MaxInt64, 0} {
		f := someFile("a")
		f.Modified = at
		m, err := wire.NewReader(bytes.NewReader(claim(t, f))).Next()
		if err != nil || m.(*wire.Update).Files[0].Modified != at {
			t.Errorf("%d becomes %+v, %v", at, m, err)
		}
	}
}

// A version vector with a counter at its end, or with more devices than anybody
// can have, stopped every later change of a file.
func TestSyncthing_CountersAtTheirEnd(t *testing.T) {
	full := index.Version{{Actor: index.Actor{Device: 1, Epoch: 1}, Count: index.MaxCount}}
	if full.Roomy() || full.Bump(full[0].Actor).Valid() == nil {
		t.Error("a counter at its end is taken for one that can be")
	}
	var many index.Version
	for i := range index.MaxActors / 2 {
		many = append(many, index.Counter{Actor: index.Actor{Device: 1, Epoch: index.Epoch(i + 1)}, Count: 1})
	}
	if many.Roomy() {
		t.Error("a crowd is taken for one that can be")
	}
	less := many[:len(many)-1]
	other := index.Version{}
	for _, c := range less {
		other = append(other, index.Counter{Actor: index.Actor{Device: 2, Epoch: c.Actor.Epoch}, Count: index.MaxCount / 2})
	}
	if !less.Roomy() || !other.Roomy() || less.Join(other).Bump(index.Actor{Device: 3, Epoch: 1}).Valid() != nil {
		t.Error("two that can be cannot be joined")
	}
}
