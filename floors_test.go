package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// The house has floors, and imports point down only. This is the table; the
// test below holds every file to it, whatever its build tags. Files of tests are
// free to import what they test with.
var floors = []floor{
	{rooms: []string{"index"}, may: []string{}, pure: true},
	{rooms: judgement, may: []string{"index"}, pure: true},
	{rooms: []string{"index/sqlite", "discovery", "peer", "syncer/disk", "installer/autostart"}, may: append(judgement, "index")},
	{rooms: []string{"syncer"}, may: append(judgement, "index")},
	{rooms: []string{"control/plot"}, may: []string{}},
	{rooms: []string{"control/doctor"}, may: []string{}, pure: true},
	{rooms: []string{"control/release"}, may: []string{}},
	{rooms: []string{"control"}, may: []string{"index", "peer", "peer/wire", "syncer", "control/plot", "control/doctor", "control/release"}},
	{rooms: []string{"tray", "control/dash", "control/cli"}, may: []string{"control"}},
	{rooms: []string{".", "sim", "bench", "installer", "index/indextest", "syncer/disk/disktest"}},
}

type floor struct {
	rooms []string
	may   []string // rooms that may be imported; nil: any
	pure  bool     // no files, clock, network or chance
}

var judgement = []string{"syncer/plan", "syncer/chunk", "syncer/ignore", "peer/wire"}

// below are rooms whose sub-directories belong to them.
var below = []string{"sim", "bench", "installer"}

// outsides may be imported only by the rooms named, each the one that touches
// that kind of outside. A trailing slash stands for all packages below.
var outsides = []struct {
	imports []string
	rooms   []string
	oneFile bool
}{
	{imports: []string{"github.com/grandcat/zeroconf"}, rooms: []string{"discovery"}},
	{imports: []string{"github.com/fsnotify/fsnotify"}, rooms: []string{"syncer/disk"}},
	{imports: []string{"modernc.org/sqlite", "modernc.org/sqlite/", "database/sql", "database/sql/"}, rooms: []string{"index/sqlite"}},
	{imports: []string{"github.com/go-analyze/charts", "github.com/go-analyze/charts/"}, rooms: []string{"control/plot"}},
	{imports: []string{"fyne.io/systray"}, rooms: []string{"tray"}, oneFile: true},
	{imports: []string{"github.com/godbus/dbus/", "github.com/ncruces/zenity"}, rooms: []string{"tray"}},
	{imports: []string{"github.com/getlantern/systray"}, rooms: []string{"tray"}, oneFile: true},
}

// The pure floors import these third parties and no other, and nothing of the
// standard library by which the world gets in.
var (
	pureThirdParty = []string{"github.com/zeebo/blake3", "golang.org/x/text/"}
	impure         = []string{"os", "os/", "net", "net/", "syscall", "path/filepath", "database/sql", "math/rand", "math/rand/", "crypto/rand", "log", "log/"}
	clock          = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
)

// The engine sees the world only through the interfaces it asks for. (It may name
// the system's error numbers, which come with syscall.)
var notInEngine = []string{"os", "os/", "net", "net/", "path/filepath", "database/sql"}

func TestImportsPointDown(t *testing.T) {
	for _, v := range violations(t, os.DirFS(".")) {
		t.Error(v)
	}
}

func TestPlantedImportsAreCaught(t *testing.T) {
	for _, tt := range []struct{ file, source, want string }{
		{"index/a.go", `import "kith/peer"`, `index may not import kith/peer`},
		{"syncer/a_windows.go", `import _ "kith/syncer/disk"`, `syncer may not import kith/syncer/disk`},
		{"syncer/plan/a.go", `import "os"`, `syncer/plan is pure and may not import os`},
		{"syncer/chunk/a.go", `import "math/rand/v2"`, `syncer/chunk is pure and may not import math/rand/v2`},
		{"peer/wire/a.go", `import "golang.org/x/sys/unix"`, `peer/wire is pure and may not import golang.org/x/sys/unix`},
		{"peer/wire/a.go", "import clock \"time\"\nvar x = clock.Now()", `peer/wire is pure and may not call time.Now`},
		{"syncer/a.go", `import "net/http"`, `syncer may not import net/http`},
		{"control/a.go", `import "kith/index/sqlite"`, `control may not import kith/index/sqlite`},
		{"tray/a.go", `import "kith/syncer"`, `tray may not import kith/syncer`},
		{"peer/a.go", `import "github.com/grandcat/zeroconf"`, `github.com/grandcat/zeroconf belongs to discovery`},
		{"installer/autostart/a.go", `import "kith/control"`, `installer/autostart may not import kith/control`},
		{"sim/deep/a.go", `import "database/sql"`, `database/sql belongs to index/sqlite`},
		{"util/a.go", "", `util is not in the table of floors`},
	} {
		source := "//go:build never\n\npackage x\n" + tt.source + "\n"
		got := violations(t, fstest.MapFS{tt.file: {Data: []byte(source)}})
		if len(got) != 1 || !strings.Contains(got[0], tt.want) {
			t.Errorf("%s with %q\n  got  %q\n  want %q", tt.file, tt.source, got, tt.want)
		}
	}
	twice := fstest.MapFS{}
	for _, name := range []string{"tray/a.go", "tray/b.go"} {
		twice[name] = &fstest.MapFile{Data: []byte("package x\nimport \"fyne.io/systray\"\n")}
	}
	if got := violations(t, twice); len(got) != 1 {
		t.Errorf("two files import systray: %q", got)
	}
}

// violations returns what is against the table, as lines that begin with a file.
func violations(t *testing.T, tree fs.FS) []string {
	t.Helper()
	h := house{users: map[string]string{}}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || name == "dist"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		h.inspect(name, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h.found
}

// house gathers violations while files are looked at one by one.
type house struct {
	found []string
	users map[string]string // import that only one file may have → that file
}

func (h *house) complain(file, format string, args ...any) {
	h.found = append(h.found, file+": "+fmt.Sprintf(format, args...))
}

func (h *house) inspect(name string, file *ast.File) {
	room := roomOf(path.Dir(name))
	i := slices.IndexFunc(floors, func(f floor) bool { return slices.Contains(f.rooms, room) })
	if i < 0 {
		h.complain(name, "%s is not in the table of floors", room)
		return
	}
	floor := floors[i]
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser does not let it through
		}
		own, ours := strings.CutPrefix(imported, "kith/")
		switch {
		case ours && floor.may != nil && !slices.Contains(floor.may, own):
			h.complain(name, "%s may not import %s", room, imported)
		case floor.pure && !ours && !isPure(imported):
			h.complain(name, "%s is pure and may not import %s", room, imported)
		case room == "syncer" && among(notInEngine, imported):
			h.complain(name, "%s may not import %s", room, imported)
		default:
			h.outside(name, room, imported)
		}
		if floor.pure && imported == "time" {
			h.clock(name, room, file, spec)
		}
	}
}

// outside complains if imported belongs to another room or file.
func (h *house) outside(name, room, imported string) {
	for _, o := range outsides {
		if !among(o.imports, imported) {
			continue
		}
		if !slices.Contains(o.rooms, room) {
			h.complain(name, "%s belongs to %s", imported, strings.Join(o.rooms, ", "))
		}
		if first := h.users[imported]; o.oneFile && first != "" {
			h.complain(name, "only one file may know %s, and that is %s", imported, first)
		}
		h.users[imported] = name
	}
}

// clock complains about calls by which the time of day would get in.
func (h *house) clock(name, room string, file *ast.File, spec *ast.ImportSpec) {
	local := "time"
	if spec.Name != nil {
		local = spec.Name.Name
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(clock, s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == local {
				h.complain(name, "%s is pure and may not call time.%s", room, s.Sel.Name)
			}
		}
		return true
	})
}

func roomOf(dir string) string {
	named := func(f floor) bool { return slices.Contains(f.rooms, dir) }
	if slices.ContainsFunc(floors, named) {
		return dir
	}
	for _, room := range below {
		if strings.HasPrefix(dir, room+"/") {
			return room
		}
	}
	return dir
}

func isPure(imported string) bool {
	if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
		return among(pureThirdParty, imported)
	}
	return imported == "net/netip" || !among(impure, imported) // addresses are values
}

// among reports whether list has name, or a directory above it with a slash behind.
func among(list []string, name string) bool {
	return slices.ContainsFunc(list, func(e string) bool {
		return e == name || strings.HasSuffix(e, "/") && strings.HasPrefix(name, e)
	})
}
