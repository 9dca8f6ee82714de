//go:build linux

package attack

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kith/index"
)

// TestQuota is a member that tells of files without end.
func TestQuota(t *testing.T) {
	const limit = 5000
	s := newSiege(t, "both")
	s.must(s.anna.Quit())
	s.setting("[[folder]]\n", fmt.Sprintf("[[folder]]\nentries = %d\n", limit))
	s.must(s.anna.Start(s.ctx))
	was := s.look()
	x := s.session(lies{})
	x.theirs(s)   // the folder is open
	for range 2 { // it is heard once more before it is believed to be so
		x.seq = 0
		for i := range 60 {
			var files []index.File
			for j := range 1000 {
				f := x.file(fmt.Sprintf("flood-%03d-%03d", i, j), "never to come")
				f.Blocks, f.Size = nil, 1<<40
				files = append(files, f)
			}
			x.announce(s.folder, files...)
		}
	}
	s.told("", "mallory tells of more than 5,000 files")
	s.judge(was)
	p, err := s.anna.Status(s.ctx)
	s.must(err)
	if f, _ := p.Folder("files"); f.NeedFiles > limit+10 {
		t.Errorf("%d files are remembered", f.NeedFiles)
	}
	var size int64
	for _, name := range []string{"index.db", "index.db-wal"} {
		if info, err := os.Stat(filepath.Join(s.anna.Home, name)); err == nil {
			size += info.Size()
		}
	}
	if size > 8<<20 {
		t.Errorf("the index has %d MB", size>>20)
	}
}

// setting changes a text in anna's settings while she does not run.
func (s *siege) setting(old, now string) {
	s.Helper()
	name := filepath.Join(s.anna.Home, "config.toml")
	b, err := os.ReadFile(name)
	s.must(err)
	if strings.Count(string(b), old) != 1 {
		s.Fatalf("%q is not once in the settings", old)
	}
	s.must(os.WriteFile(name, []byte(strings.Replace(string(b), old, now, 1)), 0o600))
}
