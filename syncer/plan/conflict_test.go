package plan

import (
	"strings"
	"testing"
	"time"

	"kith/index"
)

// office is a folder with people in it.
var office = Folder{
	Self: index.Actor{Device: index.DeviceID{1}.Short(), Epoch: 1},
	Members: []index.Member{
		{Device: index.DeviceID{1}, Name: "Anna's laptop", Role: index.Both},
		{Device: index.DeviceID{2}, Name: "Ben-PC", Role: index.Both},
		{Device: index.DeviceID{3}, Name: `C:\carl/(home), "x"`, Role: index.Both},
		{Device: index.DeviceID{4}, Name: strings.Repeat("ö", 100), Role: index.Both},
		{Device: index.DeviceID{5}, Name: " .. ", Role: index.Both},
		{Device: index.DeviceID{6}, Name: "evil\u202egnp", Role: index.Both},
	},
}

func lost(path string, by byte) index.File {
	at := time.Date(2026, 11, 22, 10, 30, 59, 999, time.UTC)
	return index.File{
		Path: index.MustPath(path), Kind: index.Regular, Size: 3, Mode: 0o644,
		Modified: at.UnixNano(), Root: index.Sum([]byte("one")), By: index.DeviceID{by}.Short(),
	}
}

func TestConflictPath(t *testing.T) {
	long := strings.Repeat("ä", 120)
	for _, c := range []struct {
		name, path string
		by         byte
		exact      bool
		want       string
	}{
		{"beside the file, before its extension", "d/report.txt", 2, false, "d/report (conflict, Ben-PC, 2026-11-22 10.30).txt"},
		{"exact: with the beginning of the content's hash", "report.txt", 2, true, "report (conflict, Ben-PC, 2026-11-22 10.30 4ef07d).txt"},
		{"a file without extension", "Makefile", 2, false, "Makefile (conflict, Ben-PC, 2026-11-22 10.30)"},
		{"only the last extension counts", "x.tar.gz", 2, false, "x.tar (conflict, Ben-PC, 2026-11-22 10.30).gz"},
		{"a name that begins with its only dot has no extension", ".profile", 2, false, ".profile (conflict, Ben-PC, 2026-11-22 10.30)"},
		{"a hidden file with one", ".config.toml", 2, false, ".config (conflict, Ben-PC, 2026-11-22 10.30).toml"},
		{"a long tail after a dot is no extension", "Mr. Smith goes to Washington", 2, false, "Mr. Smith goes to Washington (conflict, Ben-PC, 2026-11-22 10.30)"},
		{"an apostrophe is harmless", "a", 1, false, "a (conflict, Anna's laptop, 2026-11-22 10.30)"},
		{"of a device's name is kept what every disk can hold", "a", 3, false, "a (conflict, Ccarlhome x, 2026-11-22 10.30)"},
		{"a long device's name is cut between characters", "a", 4, false, "a (conflict, " + strings.Repeat("ö", 32) + ", 2026-11-22 10.30)"},
		{"a device without a usable name is called by its ID", "a", 5, false, "a (conflict, 05000000, 2026-11-22 10.30)"},
		{"marks that turn the direction of writing are dropped", "a", 6, false, "a (conflict, evilgnp, 2026-11-22 10.30)"},
		{"a device that is no member is called by its ID", "a", 9, false, "a (conflict, 09000000, 2026-11-22 10.30)"},
		{"a long name gives way, between characters", long + ".txt", 2, false, strings.Repeat("ä", 107) + " (conflict, Ben-PC, 2026-11-22 10.30).txt"},
		{"a conflict about a conflict copy does not nest", "a (conflict, Anna's laptop, 2026-01-02 03.04).txt", 2, false, "a (conflict, Ben-PC, 2026-11-22 10.30).txt"},
		{"nor does it without extension", "a (conflict, Anna's laptop, 2026-01-02 03.04)", 2, false, "a (conflict, Ben-PC, 2026-11-22 10.30)"},
		{"a copy that loses its own plain name gets the exact one", "a (conflict, Ben-PC, 2026-11-22 10.30).txt", 2, false, "a (conflict, Ben-PC, 2026-11-22 10.30 4ef07d).txt"},
		{"a copy that loses its own exact name gets a longer one", "a (conflict, Ben-PC, 2026-11-22 10.30 4ef07d).txt", 2, true, "a (conflict, Ben-PC, 2026-11-22 10.30 4ef07da7f60afb19).txt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := office.ConflictPath(lost(c.path, c.by), c.exact).String()
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// Members in different time zones keep a loser under the same name.
func TestConflictNamesKnowNoTimeZone(t *testing.T) {
	here := time.Local
	defer func() { time.Local = here }()
	var names []index.Path
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("Chatham", 45900)} {
		time.Local = zone
		names = append(names, office.ConflictPath(lost("a.txt", 2), false))
	}
	if names[0] != names[1] {
		t.Errorf("%q here, %q there", names[0], names[1])
	}
}

func TestConflictPathOfADeepFile(t *testing.T) {
	const plain = " (conflict, Ben-PC, 2026-11-22 10.30).txt"
	deep := strings.Repeat(strings.Repeat("d", 250)+"/", 16) // 4016 bytes
	for _, c := range []struct{ name, dir, wantDir, want string }{
		{"the name fits", deep, deep, "a-name-of-some-length" + plain},
		{"the name gives way", deep + "twenty-nine-letters-here-also/", deep + "twenty-nine-letters-here-also/", "a-name-of" + plain},
		{"the directory gives way", deep + strings.Repeat("e", 50) + "/", deep, plain},
	} {
		got := office.ConflictPath(lost(c.dir+"a-name-of-some-length.txt", 2), false)
		if got.Name() != c.want || got.Parent().String()+"/" != c.wantDir || len(got.String()) > index.MaxPath {
			t.Errorf("%s: got %d bytes, %s in a directory of %d bytes", c.name, len(got.String()), got.Name(), len(got.Parent().String()))
		}
	}
}

func TestParseConflict(t *testing.T) {
	for _, c := range []struct{ path, of, device string }{
		{"d/report (conflict, Ben-PC, 2026-11-22 10.30).txt", "d/report.txt", "Ben-PC"},
		{"report (conflict, Ben-PC, 2026-11-22 10.30 4ef07d).txt", "report.txt", "Ben-PC"},
		{"Makefile (conflict, Ben-PC, 2026-11-22 10.30)", "Makefile", "Ben-PC"},
		{".profile (conflict, Ben-PC, 2026-11-22 10.30)", ".profile", "Ben-PC"},
		{"a (conflict, b) (conflict, Ben-PC, 2026-11-22 10.30).txt", "a (conflict, b).txt", "Ben-PC"},
		{"report.txt", "", ""},
		{"report (conflict).txt", "", ""},
		{"report (conflict, Ben-PC).txt", "", ""},
		{"report (conflict, Ben-PC, yesterday).txt", "", ""},
		{"report (conflict, Ben-PC, 2026-13-22 10.30).txt", "", ""},
		{"report (conflict, Ben-PC, 2026-11-22 10.30.txt", "", ""},
		{"report (conflict, Ben-PC, 2026-11-22 10.30) copy.txt", "", ""},
		{" (conflict, Ben-PC, 2026-11-22 10.30)", "", ""},
	} {
		of, device, ok := ParseConflict(index.MustPath(c.path))
		if of.String() != c.of || ok != (c.of != "") || ok && device != c.device {
			t.Errorf("%s: got %q %q %v", c.path, of, device, ok)
		}
	}
}
