package museum

import (
	"fmt"
	"strings"

	"kith/sim"
)

// Story is a bug that another system had, as it would happen here.
type Story struct {
	Name  string // by the system that had it
	Bug   string // what happened there
	Flaw  string // of kith/sim/flaws that is that bug; or ""
	Plant string // the file in sim/planted/testdata that is that bug; or ""
	about string // devices and steps
}

// Scenario is the story with a seed for all that it leaves open.
func (s Story) Scenario(seed int) (sim.Scenario, error) {
	return sim.Read(strings.NewReader(fmt.Sprintf("seed %d\nslow 1\nwires mesh\n%s", seed, s.about)))
}

// Stories are told of whole devices in virtual time. At the end of each the ledger
// judges: no content that was settled is lost, nothing deleted comes back, nobody
// sees half a file, there is no conflict that is none, and all say truly how they
// stand and hold the same.
var Stories = []Story{
	{"Syncthing 3563, resurrected", "a device that was away while files were deleted brought them all back",
		"a deletion does not know what it deletes", "", `
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
	{"Syncthing 4475, child of a deleted directory", "what was saved into a directory that another deleted went with it",
		"a directory goes with all that is in it", "", `
		device anna
		device ben
		1 +0s anna save d/a
		2 +1s - settle
		3 +1s anna cut ben
		4 +1s anna delete d
		5 +1s ben save d/b
		6 +1s anna heal ben`},
	{"Syncthing 1787, renamed in case", "on a disk blind to case a file that was renamed from a to A was deleted",
		"what goes goes by any spelling of its name", "", `
		device anna
		device ben caseblind
		1 +0s anna save a
		2 +1s anna move a A
		3 +1s ben move A a
		4 +1s - settle
		5 +1s anna move a A`},
	{"Syncthing 10870, recreated directory", "a directory deleted and made again at once lost what was saved into it",
		"a directory that is made again is not watched", "", `
		device anna
		device ben
		1 +0s anna save d/a
		2 +1s anna delete d
		3 +0s anna save d/b
		4 +10ms ben save c
		5 +5s anna save d/e
		6 +5s ben save a`},
	{"Syncthing 10216, restored home", "a database brought back from a backup made old versions win over new ones",
		"nobody tells a device how far it was heard", "", `
		seed 17
		device anna
		device ben
		5 +1ms anna backup
		10 +0s anna office c.txt
		12 +1s anna crash 14
		21 +0s anna save c.txt
		22 +0s ben roll-index
		24 +0s ben save b
		33 +0s anna roll-index
		34 +5s ben save c.txt`},
	{"Mutagen 275, container reset", "a directory that was empty after its container began anew had everything deleted on the other side",
		"an unplugged disk is an empty one", "", `
		device anna
		device ben
		1 +0s anna save a
		2 +0s anna save d/b
		3 +1s - settle
		4 +1s anna unplug
		5 +1s anna scan
		6 +1s anna crash
		7 +1s anna start
		8 +5s ben save a
		9 +60s anna replug`},
	{"Dropbox, the drive that was not there", "a folder on a drive that was unplugged was taken for emptied, everywhere",
		"an unplugged disk is an empty one", "", `
		device anna
		device ben
		1 +0s anna save a
		2 +0s anna save d/b
		3 +1s - settle
		4 +1s anna unplug
		5 +1s anna scan
		6 +5s ben save c
		7 +60s anna replug`},
	{"Nextcloud 10547, zeros after a power cut", "files were full of zeros after a power cut, and that was uploaded",
		"flushing does nothing", "", `
		device anna
		device ben
		1 +34s ben save d
		2 +0s - settle
		3 +12s ben save g/h
		4 +11s ben power 0
		5 +0s - settle
		6 +1s anna save g/h`},
	{"Nextcloud 10087, decomposed names", "names with accents came back from a Mac as other files, again and again",
		"a disk blind to case is written to like any other", "", `
		device anna respells
		device ben
		1 +0s ben save é
		2 +1s - settle
		3 +1s anna save é
		4 +1s - settle
		5 +1s ben delete é`},
	{"CmisSync 421, saved by Word", "the moves by which an office program saves were taken for a deletion and a new file",
		"", "gone-at-the-first-look", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna office a 90
		4 +5s ben save b
		5 +1s anna office a 90`},
	{"Seafile, saved by an editor", "while an editor wrote a file anew, the moment without it was uploaded as its deletion",
		"", "gone-at-the-first-look", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna vim a 20
		4 +5s ben save b
		5 +1s ben vim a 20
		6 +3s anna vim a 20`},
	{"LiveSync 78, git autostash", "a checkout back and forth left the files of the wrong branch",
		"an identity is written for whatever is there", "", `
		device anna
		device ben
		1 +0s anna git a
		2 +0s anna git d/b
		3 +1s - settle
		4 +1s anna git a
		5 +10ms anna git a
		6 +10ms anna delete d/b
		7 +10ms anna git d/b`},
	{"Unison, exchanged names", "two files that exchanged their names became one",
		"a change of ours does not count", "", `
		device anna
		device ben
		1 +0s anna save a
		2 +0s anna save b
		3 +1s - settle
		4 +1s anna swap a b
		5 +1s - settle
		6 +1s ben swap b a`},
	{"Resilio, the clock that was ahead", "a device whose clock was a year ahead won over every later change",
		"the later time wins", "", `
		device anna
		device ben
		1 +0s anna skew 31536000
		2 +1s anna save a
		3 +1s - settle
		4 +1s ben save a
		5 +1s - settle
		6 +1s ben delete a`},
	{"rsync, the same size in the same second", "a change that kept size and time was never seen",
		"the time of the last change of an inode is not looked at", "", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +100ms anna samesize a
		4 +100ms anna samesize a`},
	{"ownCloud, conflicts of what is the same", "files that two people already had in common became conflicts by the thousand",
		"versions are joined by the larger counts", "", `
		device anna
		device ben
		1 +0s anna cut ben
		2 +0s anna common a
		3 +0s ben common a
		4 +0s anna common d/b
		5 +0s ben common d/b
		6 +1s anna heal ben`},
	{"OneDrive, the disk that was full", "a file that did not fit was cut short, and the short one was uploaded",
		"what does not fit is cut short, and put in place", "", `
		device anna
		device ben
		1 +0s ben save a
		2 +1s - settle
		3 +1s ben full
		4 +1s anna big a
		5 +20s ben fine`},
	{"lsyncd, events that were lost", "what changed while the watch overflowed stayed unseen for ever",
		"a look at everything goes by sizes", "", `
		device anna
		device ben
		1 +0s anna save a
		2 +0s anna save b
		3 +1s - settle
		4 +1s anna deaf
		5 +1s anna save a
		6 +0s anna delete b
		7 +0s anna save d/c
		8 +1s anna fine
		9 +1s anna scan`},
	{"Google Drive, a file being written", "a file was uploaded while a program was in the middle of writing it",
		"", "settle-time-skipped", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna half a 6
		4 +5s anna half a 6
		5 +5s ben half a 6`},
	{"Syncthing, a directory became a file", "where a directory with new files became a file elsewhere, the files were gone",
		"a loser is not set aside", "", `
		device anna
		device ben
		1 +0s anna save d/a
		2 +1s - settle
		3 +1s anna cut ben
		4 +1s anna tofile d
		5 +1s ben save d/b
		6 +1s anna heal ben`},
	{"Resilio, two who edited apart", "of two edits made apart the older one was gone",
		"a loser is not set aside", "", `
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
	{"Dropbox 2014, killed while selecting", "a client that ended in the middle took what it had not fetched for deleted",
		"a replacement cut short is not undone", "", `
		device anna
		device ben noexchange
		1 +0s anna save a
		2 +1s anna save a
		3 +0s ben crash 3 gap
		4 +900ms anna save b
		5 +3s ben start
		6 +1s anna save d/c
		7 +100ms ben crash 10
		8 +3s ben start`},
	{"iCloud, two conversations at once", "a second connection of the same device said old things after the new ones",
		"", "two-conversations-out-of-turn", `
		seed 1795666148691
		device anna
		device ben noexchange
		device carl
		device dora
		1 +1.735ms anna save d/a
		2 +1.008ms - settle
		3 +4.45ms dora save c.txt
		4 +4.117ms ben save c.txt
		5 +122.755ms carl twin anna
		6 +1.912ms carl crash 1`},
	{"Resilio, a mirror that only receives", "what was changed in a copy that should only receive was given on, or overwritten without a trace",
		"", "a-role-is-not-looked-at", `
		device anna
		device ben receive
		1 +0s anna save a
		2 +1s - settle
		3 +1s ben save a
		4 +1s ben save b
		5 +1s anna save a`},
}
