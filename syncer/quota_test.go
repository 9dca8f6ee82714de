package syncer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// notes is a store that keeps notes.
type notes struct {
	Store
	of map[string]string
}

func (n notes) Value(_ context.Context, _ index.FolderID, name string) (string, error) {
	return n.of[name], nil
}

func (n notes) SetValue(_ context.Context, _ index.FolderID, name, value string) error {
	n.of[name] = value
	return nil
}

// telling tells n entries in updates of ten, from a sequence number on; the last
// one comes to the end if whole is set. It returns the first verdict that isn't take.
func telling(t *testing.T, f *folder, d index.DeviceID, from index.Seq, n int, whole bool) verdict {
	t.Helper()
	for done := 0; done < n; done += 10 {
		u := wire.Update{From: from + index.Seq(done), To: from + index.Seq(done) + 10}
		if u.Latest = from + index.Seq(n); !whole {
			u.Latest++
		}
		for i := range 10 {
			u.Files = append(u.Files, index.File{Path: index.MustPath(fmt.Sprintf("f-%d", done+i)), Kind: index.Deleted})
		}
		v, err := f.admit(t.Context(), d, u)
		if err != nil {
			t.Fatal(err)
		}
		if v != take {
			return v
		}
	}
	return take
}

func TestWhoTellsWithoutEndIsRefused(t *testing.T) {
	fetching(t, func(_ context.Context, f *folder, _ *drafts) {
		kept := notes{of: map[string]string{}}
		f.store = kept
		anna, mallory := index.DeviceID{1}, index.DeviceID{2}
		f.shape.Store(&shape{Folder: Folder{Entries: 100, Members: []index.Member{{Device: anna, Name: "anna"}, {Device: mallory, Name: "mallory"}}}})
		if v := telling(t, f, mallory, 0, 100, false); v != take {
			t.Fatalf("at the limit: %v", v)
		}
		if v := telling(t, f, mallory, 100, 10, false); v != refuse || !f.refused(mallory) {
			t.Fatalf("beyond the limit: %v", v)
		}
		p := f.board.problems[problemQuota+mallory.String()]
		if !strings.HasPrefix(p.Reason, "mallory tells of more than 100 files") || !strings.Contains(p.Next, "take mallory off the folder") {
			t.Errorf("people are told %+v", p)
		}
		if v := telling(t, f, anna, 0, 100, true); v != take || f.refused(anna) {
			t.Errorf("another member: %v", v)
		}
		// What changes again and again is told again and again: that is no reason.
		if v := telling(t, f, anna, 100, 10, true); v != recount {
			t.Errorf("the same paths once more: %v", v)
		}
		if v := telling(t, f, anna, 0, 100, true); v != take {
			t.Errorf("heard anew: %v", v)
		}
		time.Sleep(recountEvery) // who was over may have mended its ways
		if v := telling(t, f, mallory, 100, 10, true); v != recount {
			t.Errorf("after a while: %v", v)
		}
		if v := telling(t, f, mallory, 0, 50, true); v != take || len(f.board.problems) != 0 {
			t.Errorf("with less than before: %v, %v", v, f.board.problems)
		}
		// A restart does not begin at zero.
		telling(t, f, mallory, 0, 110, false)
		f.quotas = quotas{}
		if v := telling(t, f, mallory, 100, 10, true); v == take {
			t.Error("after a restart there is room again")
		}
	})
}

func TestAnIndexWithoutRoomIsNotWritten(t *testing.T) {
	fetching(t, func(ctx context.Context, f *folder, _ *drafts) {
		f.store = notes{of: map[string]string{}}
		f.shape.Store(&shape{})
		room := int64(leastRoom - 1)
		f.e.cfg.Room = func() int64 { return room }
		u := wire.Update{To: 1, Latest: 1, Files: []index.File{{Path: index.MustPath("f")}}}
		if _, err := f.admit(ctx, index.DeviceID{1}, u); !errors.Is(err, errNoRoom) {
			t.Errorf("%v", err)
		}
		for _, room = range []int64{leastRoom, -1} {
			if v, err := f.admit(ctx, index.DeviceID{1}, u); v != take || err != nil {
				t.Errorf("with %d: %v, %v", room, v, err)
			}
		}
	})
}
