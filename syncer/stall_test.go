package syncer

import (
	"context"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// cheat is a link to a device that sends what it likes, or nothing.
type cheat struct {
	Link
	device index.DeviceID
	data   []byte
	err    error
}

func (c *cheat) Device() index.DeviceID { return c.device }

func (c *cheat) Fetch(_ context.Context, _ index.FolderID, wants []wire.Want, got func(int, []byte, func(), error)) error {
	for i := range wants {
		got(i, c.data, func() {}, c.err)
	}
	return nil
}

func TestWhatDoesNotComeHasAReason(t *testing.T) {
	ben := index.DeviceID{2}
	for want, c := range map[string]*cheat{
		"ben sends other content than it announced": {device: ben, data: make([]byte, 1000)},
		"ben announced it, and has it no longer":    {device: ben, err: errGone},
	} {
		fetching(t, func(ctx context.Context, f *folder, _ *drafts) {
			f.shape.Store(&shape{Folder: Folder{Members: []index.Member{{Device: ben, Name: "ben"}}}})
			j := fetchJob("a", 1, &sender{device: ben})
			key := problemMiss + "a"
			for n := range missedOften + 1 {
				if _, told := f.board.problems[key]; told {
					t.Errorf("%s: told after %d attempts", want, n)
				}
				f.fetchGroup(ctx, map[index.DeviceID]Link{ben: c}, []*job{j})
			}
			if p := f.board.problems[key]; p.Path != "a" || p.Reason != want || p.Next == "" {
				t.Errorf("people are told %+v, want %q", p, want)
			}
		})
	}
}

func TestASyncThatStandsStillSaysWhy(t *testing.T) {
	anna, ben := index.DeviceID{1}, index.DeviceID{2}
	for want, stand := range map[string]func(f *folder){
		"no device that has it is here": func(*folder) {},
		"some of it is only with anna, not": func(f *folder) {
			f.board.peers[ben] = peerView{open: true, conv: new(conversation)}
			f.board.away = []index.DeviceID{anna}
		},
		"ben does not answer what it is asked": func(f *folder) {
			f.board.peers[ben] = peerView{open: true, conv: new(conversation)}
			f.board.doze(ben, time.Now())
		},
		"ben sends very slowly": func(f *folder) {
			f.board.peers[ben] = peerView{open: true, conv: new(conversation)}
			f.paces.of[ben] = &pace{slow: true, open: 1}
		},
	} {
		f := &folder{e: &Engine{}}
		f.board.init()
		f.paces.init()
		f.shape.Store(&shape{Folder: Folder{Members: []index.Member{{Device: anna, Name: "anna"}, {Device: ben, Name: "ben"}}}})
		stand(f)
		f.board.flags = flags{open: true, looked: true}
		f.board.totals.Need.Files = 3
		if s := f.status(); s.Phase != Syncing || !strings.HasPrefix(s.Reason, want) {
			t.Errorf("%s: %q, want %q", s.Phase, s.Reason, want)
		}
	}
	f := &folder{e: &Engine{}}
	f.board.init()
	f.paces.init()
	f.shape.Store(&shape{})
	f.board.flags = flags{open: true, looked: true, pulling: true}
	f.board.totals.Need.Files = 3
	if s := f.status(); s.Reason != "" {
		t.Errorf("while it goes on: %q", s.Reason)
	}
}
