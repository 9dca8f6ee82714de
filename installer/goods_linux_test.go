package installer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kith/sim/netlab"
)

// all reports whether there is time for everything.
func all() bool { return os.Getenv("KITH_PACKAGES") == "all" }

// newer is the version to update to; it sorts after every other.
const newer = "99.0.0"

// goods are products made from the last commit: as the version that it is, and
// once more, elsewhere, as a newer one.
type goods struct{ old, new string }

// made makes the packages that most tests need, once for all of them.
var made = sync.OnceValues(func() (g goods, err error) {
	wanted := "*_amd64.deb,*x86_64.rpm"
	if all() {
		wanted += ",*-linux-amd64.tar.gz"
	}
	if g.old, err = build("one", "", wanted); err != nil {
		return g, err
	}
	g.new, err = build("elsewhere/two", newer, wanted)
	return g, err
})

// scratch is where this run's products are.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "kith-installer-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Getuid() == 0 { // who else tests here installs nothing, and needs no network
		netlab.Main(tidy{m})
	}
	os.Exit(tidy{m}.Run())
}

// tidy takes the products away after the tests.
type tidy struct{ tests *testing.M }

func (t tidy) Run() int {
	defer os.RemoveAll(scratch)
	return t.tests.Run()
}

// origin is the repository as it is when the first product is made: a commit that
// comes meanwhile is not to be in the second.
var origin = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(scratch, "origin")
	clone := []string{"git", "clone", "-q", "--bare", "--no-hardlinks", "..", dir}
	if said, err := exec.Command(clone[0], clone[1:]...).CombinedOutput(); err != nil {
		return "", &failure{clone, string(said), err}
	}
	return dir, nil
})

func build(place, version, only string) (out string, err error) {
	from, err := origin()
	if err != nil {
		return "", err
	}
	source, out := filepath.Join(scratch, place, "source"), filepath.Join(scratch, place, "out")
	steps := [][]string{{"git", "clone", "-q", "--no-hardlinks", from, source}}
	if version != "" {
		steps = append(steps, []string{"git", "-C", source, "tag", "v" + version})
	}
	steps = append(steps, []string{"go", "-C", source, "run", "./installer/dist", "-out", out, "-only", only})
	for _, s := range steps {
		if said, err := exec.Command(s[0], s[1:]...).CombinedOutput(); err != nil {
			return "", &failure{s, string(said), err}
		}
	}
	return out, nil
}

type failure struct {
	command []string
	said    string
	err     error
}

func (f *failure) Error() string {
	return strings.Join(f.command, " ") + ": " + f.err.Error() + "\n" + f.said
}

// need skips a test unless the programs it uses are here.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not here", p)
		}
	}
}

// canMake skips a test where no products can be made.
func canMake(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("packages take a while")
	}
	need(t, "git", "go")
	if _, err := os.Stat("../.git"); err != nil {
		t.Skip("this source is not in a repository: there is no commit to make packages from")
	}
}

// pack returns the products of Linux, or skips the test where they can't be made.
func pack(t *testing.T) goods {
	t.Helper()
	canMake(t)
	g, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// one returns the only file of a directory that a pattern matches.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) != 1 {
		t.Fatalf("%s in %s: %q, %v", pattern, dir, names, err)
	}
	return names[0]
}

// run runs a program that has to succeed, and returns what it says.
func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, said)
	}
	return string(said)
}

func command(name string, args ...string) *exec.Cmd { return exec.Command(name, args...) }
