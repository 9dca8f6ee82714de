package museum

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"kith/sim"
)

func TestMain(m *testing.M) {
	sim.Alone()
	os.Exit(m.Run())
}

// stories are told of whole devices in virtual time. At the end of each the ledger
// judges: no content that was settled is lost, nothing deleted comes back, nobody
// sees half a file, there is no conflict that is none, and all say truly how they
// stand and hold the same.
var stories = []struct {
	name  string // of the bug, by the system that had it
	bug   string // what happened there
	about string // devices and steps
}{
	{"Syncthing 3563, resurrected", "a device that was away while files were deleted brought them all back", `
		device anna
		device ben
		1 +0s anna save d/a
		2 +0s anna save b
		3 +1s - settle
		4 +1s ben cut anna
		5 +1s anna delete d/a
		6 +1s anna delete b
		7 +1s - leap 200
		8 +1s ben heal anna`},
	{"Syncthing 4475, child of a deleted directory", "what was saved into a directory that another deleted went with it", `
		device anna
		device ben
		1 +0s anna save d/a
		2 +1s - settle
		3 +1s anna cut ben
		4 +1s anna delete d
		5 +1s ben save d/b
		6 +1s anna heal ben`},
	{"Syncthing 1787, renamed in case", "on a disk blind to case a file that was renamed from a to A was deleted", `
		device anna caseblind
		device ben
		1 +0s ben save a
		2 +1s - settle
		3 +1s ben move a A
		4 +1s - settle
		5 +1s anna move A a`},
	{"Syncthing 10870, recreated directory", "a directory deleted and made again at once lost what was saved into it", `
		device anna
		device ben
		1 +0s anna save d/a
		2 +1s - settle
		3 +1s anna delete d
		4 +0s anna save d/b
		5 +10ms ben save d/c`},
	{"Syncthing 10216, restored home", "a database brought back from a backup made old versions win over new ones", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna backup
		4 +1s anna save a
		5 +1s ben save b
		6 +1s - settle
		7 +1s anna roll-index
		8 +1s anna save c
		9 +1s ben save a`},
	{"Mutagen 275, container reset", "a directory that was set back to its first state deleted everything on the other side", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s anna backup
		3 +1s ben save b
		4 +0s ben save d/c
		5 +1s - settle
		6 +1s anna roll-both`},
	{"Dropbox, the drive that was not there", "a folder on a drive that was unplugged was taken for emptied, everywhere", `
		device anna
		device ben
		1 +0s anna save a
		2 +0s anna save d/b
		3 +1s - settle
		4 +1s anna unplug
		5 +5s ben save c
		6 +60s anna replug`},
	{"Nextcloud 10547, zeros after a power cut", "files that had just arrived were full of zeros after a power cut, and that was uploaded", `
		device anna
		device ben
		1 +0s anna big a
		2 +0s anna save b
		3 +300ms ben power 40
		4 +5s ben start
		5 +1s anna samesize a
		6 +200ms ben power 0
		7 +5s ben start`},
	{"Nextcloud 10087, decomposed names", "names with accents came back from a Mac as other files, again and again", `
		device anna respells
		device ben
		1 +0s ben save é
		2 +1s - settle
		3 +1s anna save é
		4 +1s - settle
		5 +1s ben delete é`},
	{"CmisSync 421, saved by Word", "the moves by which an office program saves were taken for a deletion and a new file", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna office a
		4 +100ms ben save b
		5 +1s anna office a`},
	{"Seafile, saved by an editor", "while an editor wrote a file anew, the moment without it was uploaded as its deletion", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna vim a
		4 +1s ben vim a`},
	{"LiveSync 78, git autostash", "a checkout back and forth left the files of the wrong branch", `
		device anna
		device ben
		1 +0s anna git a
		2 +0s anna git d/b
		3 +1s - settle
		4 +1s anna git a
		5 +10ms anna git a
		6 +10ms anna delete d/b
		7 +10ms anna git d/b`},
	{"Unison, exchanged names", "two files that exchanged their names became one", `
		device anna
		device ben
		1 +0s anna save a
		2 +0s anna save b
		3 +1s - settle
		4 +1s anna swap a b
		5 +1s - settle
		6 +1s ben swap b a`},
	{"Resilio, the clock that was ahead", "a device whose clock was a year ahead won over every later change", `
		device anna
		device ben
		1 +0s anna skew 31536000
		2 +1s anna save a
		3 +1s - settle
		4 +1s ben save a
		5 +1s - settle
		6 +1s ben delete a`},
	{"rsync, the same size in the same second", "a change that kept size and time was never seen", `
		device anna coarse
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +100ms anna samesize a
		4 +100ms anna samesize a`},
	{"ownCloud, conflicts of what is the same", "files that two people already had in common became conflicts by the thousand", `
		device anna
		device ben
		1 +0s anna cut ben
		2 +0s anna common a
		3 +0s ben common a
		4 +0s anna common d/b
		5 +0s ben common d/b
		6 +1s anna heal ben`},
	{"OneDrive, the disk that was full", "a file that did not fit was cut short, and the short one was uploaded", `
		device anna
		device ben
		1 +0s ben save a
		2 +1s - settle
		3 +1s ben full
		4 +1s anna big a
		5 +20s ben fine`},
	{"lsyncd, events that were lost", "what changed while the watch overflowed stayed unseen for ever", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna deaf
		4 +1s anna save a
		5 +0s anna delete b
		6 +0s anna save d/c
		7 +1s anna fine
		8 +1s anna scan`},
	{"Google Drive, a file being written", "a file was uploaded while a program was in the middle of writing it", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna half a
		4 +20ms ben save b`},
	{"Syncthing, a directory became a file", "where a directory with new files became a file elsewhere, the files were gone", `
		device anna
		device ben
		1 +0s anna save d/a
		2 +1s - settle
		3 +1s anna cut ben
		4 +1s anna tofile d
		5 +1s ben save d/b
		6 +1s anna heal ben`},
	{"Resilio, two who edited apart", "of two edits made apart the older one was gone", `
		device anna
		device ben
		device carl
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna cut ben
		4 +0s anna cut carl
		5 +0s ben cut carl
		6 +1s anna save a
		7 +1s ben save a
		8 +1s carl save a
		9 +1s anna heal ben
		10 +5s anna heal carl
		11 +0s ben heal carl`},
	{"Dropbox 2014, killed while selecting", "a client that ended in the middle took what it had not fetched for deleted", `
		device anna
		device ben
		1 +0s anna save a
		2 +0s anna big b
		3 +0s anna save d/c
		4 +150ms ben crash 15
		5 +3s ben start
		6 +100ms ben crash 10
		7 +3s ben start`},
	{"iCloud, two conversations at once", "a second connection of the same device said old things after the new ones", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s anna twin ben
		3 +50ms anna save a
		4 +50ms ben twin anna
		5 +50ms anna delete a
		6 +50ms anna save b`},
	{"Resilio, a mirror that only receives", "what was changed in a copy that should only receive was given on, or overwritten without a trace", `
		device anna
		device ben receive
		1 +0s anna save a
		2 +1s - settle
		3 +1s ben save a
		4 +1s ben save b
		5 +1s anna save a`},
}

func TestStories(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			for _, seed := range []int{1, 2, 3} {
				sc, err := sim.Read(strings.NewReader(fmt.Sprintf("seed %d\nslow 1\nwires mesh\n%s", seed, s.about)))
				if err != nil {
					t.Fatal(err)
				}
				var trace []string
				r := sim.Run(t, sc, sim.Options{Trace: func(line string) { trace = append(trace, line) }})
				if len(r.Broken) > 0 {
					t.Fatalf("%s. Here, with seed %d:\n%s", s.bug, seed, strings.Join(r.Broken, "\n"))
				}
				if told := strings.Count(strings.Join(trace, "\n"), "person "); told < 2 {
					t.Fatalf("only %d things were done by people", told)
				}
			}
		})
	}
}
