package syncer

import (
	"testing"
	"time"
)

func TestWhatIsDueGoesWhileTheClockGoesEvenly(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		set  map[time.Duration]time.Duration // after how long the clock is put forward or back by how much
		run  time.Duration
		want []time.Duration // after how long something is removed
	}{
		{"a day and more", nil, 25 * time.Hour, []time.Duration{10*time.Minute + checkEvery, 24*time.Hour + 10*time.Minute + checkEvery}},
		{"too short", nil, 10 * time.Minute, nil},
		{"wrong at first", map[time.Duration]time.Duration{8 * time.Minute: 56 * 365 * 24 * time.Hour}, 17 * time.Minute, nil},
		{"wrong for a moment", map[time.Duration]time.Duration{time.Hour: 9000 * time.Hour, time.Hour + 5*time.Minute: -9000 * time.Hour},
			2 * time.Hour, []time.Duration{10*time.Minute + checkEvery}},
		{"set back for good", map[time.Duration]time.Duration{time.Hour: -time.Hour}, 2 * time.Hour,
			[]time.Duration{10*time.Minute + checkEvery, time.Hour + 10*time.Minute}},
		{"asleep for a year", map[time.Duration]time.Duration{time.Hour: 9000 * time.Hour}, 2 * time.Hour,
			[]time.Duration{10*time.Minute + checkEvery, time.Hour + 10*time.Minute}},
	} {
		var th thinning
		var wrong time.Duration
		var got []time.Duration
		for after := checkEvery; after <= c.run; after += checkEvery {
			wrong += c.set[after]
			if th.due(start.Add(after + wrong)) {
				got = append(got, after)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: removed after %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: removed after %v, want %v", c.name, got, c.want)
			}
		}
	}
}
