package syncer

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"kith/index"
)

// say writes effects as words, in their order.
func say(todo []effect) []string {
	var words []string
	for _, fx := range todo {
		switch fx := fx.(type) {
		case doScan:
			if fx.everything {
				words = append(words, "scan all")
				continue
			}
			words = append(words, fmt.Sprint("scan ", fx.paths))
		default:
			words = append(words, map[effect]string{doOpen{}: "open", doClose{}: "close", doGreet{}: "greet", doPull{}: "pull", doCheck{}: "check", doScanLater{}: "scan later"}[fx])
		}
	}
	return words
}

func TestAFolderGoesThroughItsDay(t *testing.T) {
	a, ab, b := index.MustPath("a"), index.MustPath("a/b"), index.MustPath("b")
	var m machine
	for i, s := range []struct {
		why  string
		ev   event
		want []string
	}{
		{"it starts by opening", configured{}, []string{"open"}},
		{"a second word about its settings changes nothing", configured{}, nil},
		{"once open, it looks at everything", opened{}, []string{"scan all"}},
		{"a hint waits for the look under way", hinted{paths: []index.Path{a}}, nil},
		{"what others hold waits for the first look", learnt{}, nil},
		{"then it greets, looks where the hint was, and pulls", scanned{scanResult{everything: true}}, []string{"greet", "scan [a]", "pull"}},
		{"hints gather", hinted{paths: []index.Path{b}}, nil},
		{"the inner one adds nothing to the outer", hinted{paths: []index.Path{ab, a}}, nil},
		{"and are looked at together", scanned{}, []string{"scan [a b]"}},
		{"a pass that leaves something is followed by another", pulled{pullResult{again: true}}, []string{"pull"}},
		{"a look always leads to a pass", scanned{}, nil},
		{"when the one before is over", pulled{}, []string{"pull"}},
		{"quiet", pulled{}, nil},
		{"now and then it makes sure that it is there", ticked{}, []string{"check"}},
		{"and looks at everything", ticked{scanDue: true}, []string{"scan all", "check"}},
		{"a look that failed is done again, later", scanned{scanResult{everything: true, err: errors.New("x")}}, []string{"scan later"}},
		{"what cannot be reached is closed", lost{errors.New("gone")}, []string{"close"}},
		{"late news of old work is dropped", scanned{}, nil},
		{"it is tried again", ticked{}, []string{"open"}},
		{"in vain", opened{err: errors.New("gone")}, []string{"close"}},
		{"until it is back, and is looked at anew", ticked{}, []string{"open"}},
		{"from the start", opened{}, []string{"scan all"}},
		{"a pause ends everything", configured{Folder{Paused: true}}, []string{"close"}},
		{"and stays one", ticked{}, nil},
		{"going on is like starting", configured{}, []string{"open"}},
	} {
		if _, closing := s.ev.(lost); closing {
			m.scanning, m.pulling = false, false
		}
		if got := say(m.step(s.ev)); !slices.Equal(got, s.want) {
			t.Fatalf("%d %s: %v, want %v", i, s.why, got, s.want)
		}
	}
}

func TestWhatIsUnsettledStaysSoUntilItIsLookedAtAgain(t *testing.T) {
	a, b := index.MustPath("a"), index.MustPath("b")
	var m machine
	m.step(configured{})
	m.step(opened{})
	for i, s := range []struct {
		ev   event
		want int
	}{
		{scanned{scanResult{everything: true, unsettled: 1}}, 1},
		{hinted{paths: []index.Path{b}}, 1},
		{scanned{}, 1}, // another look, elsewhere
		{hinted{paths: []index.Path{a}, again: 1}, 1},
		{scanned{scanResult{unsettled: 1}}, 1}, // still so
		{hinted{paths: []index.Path{a}, again: 1}, 1},
		{scanned{}, 0},
	} {
		if m.step(s.ev); m.unsettled != s.want {
			t.Fatalf("%d: %d unsettled, want %d", i, m.unsettled, s.want)
		}
	}
}

// TestLooksThatFailAreDoneAgainTogether: while the index cannot be written every look
// fails, and somebody saves something every second.
func TestLooksThatFailAreDoneAgainTogether(t *testing.T) {
	a, b := index.MustPath("a"), index.MustPath("b")
	full := errors.New("the disk is full")
	var m machine
	m.step(configured{})
	m.step(opened{})
	m.step(scanned{scanResult{everything: true}})
	m.step(pulled{})
	for i, s := range []struct {
		ev        event
		want      []string
		unsettled int
	}{
		{hinted{paths: []index.Path{a}}, []string{"scan [a]"}, 0},
		{scanned{scanResult{paths: []index.Path{a}, err: full}}, []string{"scan later"}, 1},
		{hinted{paths: []index.Path{b}}, []string{"scan [b]"}, 1},
		{scanned{scanResult{paths: []index.Path{b}, err: full}}, nil, 1},
		{retried{}, []string{"scan [a b]"}, 1},
		{scanned{scanResult{paths: []index.Path{a, b}, err: full}}, []string{"scan later"}, 1},
		{hinted{everything: true}, []string{"scan all"}, 1},
		{scanned{scanResult{everything: true, err: full}}, nil, 1},
		{retried{}, []string{"scan all"}, 1},
		{retried{}, nil, 1}, // of what was closed since
		{scanned{scanResult{everything: true}}, []string{"pull"}, 0},
	} {
		if got := say(m.step(s.ev)); !slices.Equal(got, s.want) || m.unsettled != s.unsettled {
			t.Fatalf("%d: %v and %d unsettled, want %v and %d", i, got, m.unsettled, s.want, s.unsettled)
		}
	}
}

func TestOnlyALiveFolderTakesPart(t *testing.T) {
	var m machine
	m.step(configured{})
	m.step(opened{})
	if m.live() {
		t.Fatal("live before the first look")
	}
	m.step(scanned{scanResult{everything: true}})
	if !m.live() {
		t.Fatal("not live after the first look")
	}
	m.step(lost{errors.New("unplugged")})
	if m.live() {
		t.Fatal("live without its disk")
	}
}
