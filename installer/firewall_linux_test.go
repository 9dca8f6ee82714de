package installer

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// netsh is a firewall that notes what it is told, one line a call, and knows whether
// there is a rule.
const netsh = `
#include <windows.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	const char *rule = "C:\\rule";
	char *line = GetCommandLineA();
	FILE *notes = fopen("C:\\netsh.txt", "a");
	fprintf(notes, "%s\n", line);
	fclose(notes);
	if (strstr(line, " add "))
		fclose(fopen(rule, "w"));
	if (strstr(line, " delete "))
		remove(rule);
	return GetFileAttributesA(rule) == INVALID_FILE_ATTRIBUTES;
}
`

// The rule of the firewall is asked for by one elevated command that says exactly
// what is allowed, and is taken away again. Where no administrator allows it,
// everything else is installed, and setup tells.
func TestTheRuleOfTheFirewall(t *testing.T) {
	if !all() {
		t.Skip("Wine takes its time: make test-packages")
	}
	w := newWindows(t)
	source := filepath.Join(t.TempDir(), "netsh.c")
	must(t, os.WriteFile(source, []byte(netsh), 0o644))
	program := w.C("windows", "system32", "netsh.exe")
	must(t, os.Remove(program)) // Wine's own, which does nothing
	run(t, command("x86_64-w64-mingw32-gcc", "-O2", "-s", "-o", program, source))
	setup := func(libraries, program string, args ...string) (code int) {
		t.Helper()
		cmd := w.Command(program, args...)
		cmd.Env = append(cmd.Env, "WINEDLLOVERRIDES=winemenubuilder.exe=d;netsh.exe=n"+libraries)
		said, err := cmd.CombinedOutput()
		must(t, w.Wait())
		if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
			t.Fatalf("%s: %v\n%s", cmd, err, said)
		}
		return cmd.ProcessState.ExitCode()
	}
	told := func() (lines []string) {
		text, err := os.ReadFile(w.C("netsh.txt"))
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		must(t, err)
		must(t, os.Remove(w.C("netsh.txt")))
		for line := range strings.Lines(string(text)) {
			_, order, _ := strings.Cut(strings.TrimSpace(line), " advfirewall firewall ")
			lines = append(lines, order)
		}
		return lines
	}
	noted := func() bool {
		return slices.ContainsFunc(w.registry(), func(l string) bool { return strings.HasSuffix(l, `"FirewallRule"=dword:00000001`) })
	}
	uninstall := filepath.Join(w.own, "uninstall.exe")
	own := `C:` + strings.ReplaceAll(strings.TrimPrefix(w.own, w.C()), "/", `\`)
	allow := `add rule name="Kith" dir=in action=allow profile=private,domain remoteip=localsubnet program="` + own

	if code := setup("", w.setup, "/S"); code != 0 || told() != nil || noted() {
		t.Errorf("nobody asked for a rule, and setup (%d) went to the firewall", code)
	}
	if code := setup("", w.setup, "/S", "/FIREWALL"); code != 0 || !noted() {
		t.Errorf("asked for a rule, setup ends with %d", code)
	}
	want := []string{`delete rule name="Kith"`, allow + `\kith.exe"`, allow + `\kithw.exe"`, `show rule name="Kith"`}
	if got := told(); !slices.Equal(got, want) {
		t.Errorf("the firewall was told\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	setup("", uninstall, "/S")
	if got := told(); !slices.Equal(got, []string{want[0], want[3]}) {
		t.Errorf("on leaving, the firewall was told %q", got)
	}

	const refused = ";cmd.exe=d" // what would have been elevated does not start
	setup("", w.setup, "/S", "/FIREWALL")
	told()
	if code := setup(refused, uninstall, "/S", "_?="+own); code != 3 { // in its place: else it does not tell how it ended
		t.Errorf("no administrator allowed the rule to be taken away, and the end is %d", code)
	}
	if got := told(); !slices.Equal(got, want[3:]) || noted() {
		t.Errorf("the rule stays, and the firewall was told %q", got)
	}
	must(t, os.Remove(w.C("rule")))
	if code := setup(refused, w.setup, "/S", "/FIREWALL"); code != 3 || noted() {
		t.Errorf("no administrator allowed the rule, and setup ends with %d", code)
	}
	if _, err := os.Stat(filepath.Join(w.own, "kithw.exe")); err != nil {
		t.Errorf("no rule, and then: %v", err)
	}
	if got := told(); !slices.Equal(got, want[3:]) {
		t.Errorf("refused, the firewall was told %q", got)
	}
	if setup("", uninstall, "/S"); told() != nil {
		t.Error("there is no rule, and an administrator was asked to take it away")
	}
}
