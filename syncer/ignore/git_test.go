package ignore

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kith/index"
)

// world is a tree with ignore files, as both git and we see it.
type world struct {
	ignores map[string]string // directory ("" is the root) → content of its ignore file
	paths   []string          // with a slash behind where it is a directory
}

// verdict is what is said about one path: "" if it is not ignored, else the
// place and the pattern, as in ".kithignore:3:*.log".
type verdict string

// ours asks the package.
func (w world) ours() []verdict {
	r := New()
	for dir, content := range w.ignores {
		r, _ = r.With(parsePath(dir), []byte(content))
	}
	var list []verdict
	for _, p := range w.paths {
		name, dir := strings.CutSuffix(p, "/")
		pattern, file, line, ok := r.Why(index.MustPath(name), dir)
		if skips := r.Skips(index.MustPath(name), dir); skips != ok {
			list = append(list, verdict(fmt.Sprintf("Skips says %v, Why says %v", skips, ok)))
			continue
		}
		v := verdict("")
		if ok {
			v = verdict(fmt.Sprintf("%s:%d:%s", file, line, pattern))
		}
		list = append(list, v)
	}
	return list
}

// git asks git check-ignore, in a repository in dir that is made for it.
func (w world) git(t testing.TB, dir string) []verdict {
	t.Helper()
	for name := range w.ignores {
		write(t, filepath.Join(dir, name, ".gitignore"), w.ignores[name])
	}
	var ask bytes.Buffer
	for _, p := range w.paths {
		name, isDir := strings.CutSuffix(p, "/")
		if isDir {
			check(t, os.MkdirAll(filepath.Join(dir, name), 0o777))
		} else {
			write(t, filepath.Join(dir, name), "")
		}
		ask.WriteString(name + "\x00")
	}
	runGit(t, dir, nil, "init", "-q", "--template=")
	out := runGit(t, dir, &ask, "check-ignore", "--no-index", "--stdin", "-z", "-v", "-n")
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	if len(fields) != 4*len(w.paths) {
		t.Fatalf("git gave %d fields for %d paths: %q", len(fields), len(w.paths), out)
	}
	var list []verdict
	for f := range slices.Chunk(fields, 4) {
		v := verdict("")
		if f[0] != "" && !strings.HasPrefix(f[2], "!") {
			v = verdict(strings.Replace(f[0], ".gitignore", FileName, 1) + ":" + f[1] + ":" + f[2])
		}
		list = append(list, v)
	}
	return list
}

func runGit(t testing.TB, dir string, in *bytes.Buffer, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_DIR="+filepath.Join(dir, ".git"), "GIT_WORK_TREE="+dir)
	if in != nil {
		cmd.Stdin = in
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) { // 1: nothing is ignored
		t.Fatalf("git %s: %v: %s", args[0], err, &errs)
	}
	return string(out)
}

func needGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: nothing to compare with")
	}
}

func TestLikeGit(t *testing.T) {
	needGit(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			compare(t, c.world, t.TempDir())
		})
	}
}

func compare(t *testing.T, w world, dir string) {
	t.Helper()
	ours, git := w.ours(), w.git(t, dir)
	for i, p := range w.paths {
		if ours[i] != git[i] {
			t.Errorf("%q\n  ours %q\n  git  %q", p, ours[i], git[i])
		}
	}
	if t.Failed() {
		for _, dir := range slices.Sorted(maps.Keys(w.ignores)) {
			t.Logf("%q: %q", dir, w.ignores[dir])
		}
	}
}

// Random rules over random trees are judged as git judges them. To run another
// seed: KITH_SEED=n.
func TestLikeGitAtRandom(t *testing.T) {
	needGit(t)
	seed := uint64(20261122)
	if s := os.Getenv("KITH_SEED"); s != "" {
		var err error
		seed, err = strconv.ParseUint(s, 10, 64)
		check(t, err)
	}
	for i := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed+i), func(t *testing.T) {
			t.Parallel()
			compare(t, randomWorld(rand.New(rand.NewPCG(seed+i, 0))), t.TempDir())
		})
	}
}

func randomWorld(r *rand.Rand) world {
	w := world{ignores: map[string]string{}}
	dirs := []string{""}
	for range 12 {
		d := dirs[r.IntN(len(dirs))]
		if strings.Count(d, "/") < 4 {
			dirs = append(dirs, d+randomName(r)+"/")
		}
	}
	files := map[string]bool{}
	for range 80 {
		files[dirs[r.IntN(len(dirs))]+randomName(r)] = true
	}
	for _, d := range dirs[1:] {
		delete(files, strings.TrimSuffix(d, "/"))
		w.paths = append(w.paths, d)
	}
	w.paths = append(w.paths, slices.Sorted(maps.Keys(files))...)
	slices.Sort(w.paths)
	w.paths = slices.Compact(w.paths)
	for i := range r.IntN(4) {
		d := ""
		if i > 0 {
			d = strings.TrimSuffix(dirs[r.IntN(len(dirs))], "/")
		}
		var lines strings.Builder
		for range 1 + r.IntN(6) {
			lines.WriteString(randomPattern(r) + pick(r, "\n", "\n", "\n", "\r\n"))
		}
		w.ignores[d] = lines.String()
	}
	return w
}

func randomName(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(3) {
		b.WriteString(pick(r, "a", "b", "c", "a", "b", "A", "1", "-", "!", "#x", " y", "]", "é"))
	}
	return b.String()
}

func randomPattern(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(pick(r, "", "", "", "!", "/", "!/", "**/", "#", `\#`, `\!`))
	for i := range 1 + r.IntN(4) {
		if i > 0 {
			b.WriteByte('/')
		}
		if r.IntN(4) == 0 {
			b.WriteString(pick(r, "**", "*", "***"))
			continue
		}
		for range 1 + r.IntN(3) {
			b.WriteString(pick(r, "a", "b", "c", "a", "b", "A", "1", "-", "?", "*", "[ab]", "[!a]", "[^b-c]", "[[:upper:]]", "[]-]",
				"[a-", "[[:no:]]", `[\]]`, `\a`, `\*`, "é", " y", "]", `[a\-c]`, "[a-a1]", "[[:alpha:][:digit:]]", "[[:a]", "[a/]"))
		}
	}
	b.WriteString(pick(r, "", "", "", "", "/", "/**", "/*", " ", `\ `, `\`))
	return b.String()
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func parsePath(s string) index.Path {
	if s == "" {
		return index.Path{}
	}
	return index.MustPath(s)
}

func write(t testing.TB, name, content string) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(name), 0o777))
	check(t, os.WriteFile(name, []byte(content), 0o666))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
