package ignore

import (
	"strings"
	"sync"
	"testing"

	"kith/index"
)

var top = index.Path{}

func rules(t testing.TB, content string) *Rules {
	t.Helper()
	r, problems := New().With(top, []byte(content))
	if len(problems) > 0 {
		t.Fatalf("%q: %v", content, problems)
	}
	return r
}

func skips(r *Rules, path string) bool {
	name, dir := strings.CutSuffix(path, "/")
	return r.Skips(index.MustPath(name), dir)
}

func TestJunkNeverTravels(t *testing.T) {
	for _, path := range []string{
		".DS_Store", "a/b/.DS_Store", "._photo.jpg", ".Spotlight-V100/", ".Trashes/", ".Trashes/501/x", ".fseventsd/x", ".TemporaryItems/",
		"Thumbs.db", "a/thumbs.db", "desktop.ini", "Desktop.ini", "ehthumbs.db", "$RECYCLE.BIN/", "$RECYCLE.BIN/S-1-5/x",
		"System Volume Information/", ".Trash-1000/files/x", "lost+found/", ".nfs00000000000012ab00000001", ".fuse_hidden0000001",
		".notes.txt.swp", ".notes.txt.swx", ".swp", ".#notes.org", "#notes.org#", "~$report.docx", ".~lock.report.odt#", "~WRL0003.tmp",
		"movie.mkv.crdownload", ".syncthing.a.txt.tmp", ".dropbox.cache/x", "a.!sync",
	} {
		if !skips(New(), path) {
			t.Errorf("%s travels", path)
		}
	}
}

func TestWhatAPersonMadeTravels(t *testing.T) {
	for _, path := range []string{
		"notes.txt~", "notes.bak", "4913", "film.part", "disk.swp", ".swift", ".swim/", "a.tmp", ".gitignore", ".git/config", ".env",
		"DS_Store", "_.x", "#1 hit.mp3", "C#", "Trashes/", "a/lost+found/", "System Volume Information", "~/", ".nfsrc", ".kithignore",
	} {
		if skips(New(), path) {
			t.Errorf("%s stays at home", path)
		}
	}
}

func TestJunkCanBeTakenBackIn(t *testing.T) {
	r := rules(t, "!desktop.ini\n!.Trashes\n")
	for _, path := range []string{"desktop.ini", "a/desktop.ini", ".Trashes/", ".Trashes/x"} {
		if skips(r, path) {
			t.Errorf("%s is still ignored", path)
		}
	}
	for _, path := range []string{"Desktop.ini", ".Trashes/.DS_Store"} {
		if !skips(r, path) {
			t.Errorf("%s is not ignored any more", path)
		}
	}
}

func TestTheRulesThemselvesAlwaysTravel(t *testing.T) {
	r := rules(t, "*\n.kithignore\n/a/.kithignore\n")
	if skips(r, ".kithignore") {
		t.Error("the root's .kithignore is ignored")
	}
	if !skips(r, "a/.kithignore") {
		t.Error("a .kithignore below an ignored directory is not ignored")
	}
	if !skips(r, ".kithignore/") {
		t.Error("a directory of that name is taken for rules")
	}
}

func TestTheRootIsNeverIgnored(t *testing.T) {
	if rules(t, "*\n").Skips(top, true) {
		t.Error("the folder itself is ignored")
	}
}

func TestRulesAreReplacedAndRemoved(t *testing.T) {
	a := index.MustPath("a")
	first := rules(t, "*.log\n")
	second, _ := first.With(a, []byte("!x.log\n"))
	third, _ := second.With(a, []byte("*.txt\n"))
	fourth := third.Without(top)
	for i, tt := range []struct {
		rules    *Rules
		log, txt bool // are a/x.log and a/x.txt ignored?
	}{{New(), false, false}, {first, true, false}, {second, false, false}, {third, true, true}, {fourth, false, true}} {
		if log, txt := skips(tt.rules, "a/x.log"), skips(tt.rules, "a/x.txt"); log != tt.log || txt != tt.txt {
			t.Errorf("step %d: a/x.log %v, a/x.txt %v", i, log, txt)
		}
	}
}

func TestWhyTellsTheLine(t *testing.T) {
	r, _ := rules(t, "# mine\n\n*.log\n").With(index.MustPath("a/b"), []byte("/tmp/\n"))
	for _, tt := range []struct {
		path, pattern, file string
		line                int
	}{
		{"x/y.log", "*.log", ".kithignore", 3},
		{"a/b/tmp/deep/file", "/tmp/", "a/b/.kithignore", 1},
		{"a/.DS_Store", ".DS_Store", "", 0},
		{"a/x.txt", "", "", 0},
	} {
		pattern, file, line, ok := r.Why(index.MustPath(tt.path), false)
		if pattern != tt.pattern || file.String() != tt.file || line != tt.line || ok != (tt.pattern != "") {
			t.Errorf("%s: %q in %q, line %d, %v", tt.path, pattern, file, line, ok)
		}
	}
}

func TestRulesServeSeveralGoroutines(t *testing.T) {
	r := rules(t, "a/**/x\n")
	var group sync.WaitGroup
	for _, dir := range []string{"a", "a/b", "c", "a/b/c"} {
		group.Go(func() {
			for range 1000 {
				if skips(r, dir+"/x") != strings.HasPrefix(dir, "a") || skips(r, dir+"/y") {
					t.Errorf("%s is judged wrongly", dir)
					return
				}
			}
		})
	}
	group.Wait()
}

// A walk asks about one file after another in the same directory.
func BenchmarkSkips(b *testing.B) {
	r, _ := New().With(top, []byte("*.log\n*.o\nbuild/\n/dist/**/*.map\nnode_modules/\n"))
	var paths []index.Path
	for _, name := range []string{"IMG_0001.jpg", "notes.txt", "main.go", "x.tar.gz"} {
		paths = append(paths, index.MustPath("Photos/2026/11/22/"+name))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if r.Skips(paths[i%len(paths)], false) {
			b.Fatal("ignored")
		}
	}
}
