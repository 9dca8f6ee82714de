package peer

import (
	"errors"
	"fmt"
	"time"
)

// How many pairings may fail. Someone in the middle who could try again and
// again would hit the right code in the end; each try must cost a person's notice.
const (
	failuresBeforePause = 3
	failurePause        = time.Minute
	failuresADay        = 10
)

var errInterference = errors.New("many pairings failed today, someone may be interfering: " +
	"nobody can ask to pair until you start a pairing here yourself")

// pairLimit counts pairings that failed after they had begun.
type pairLimit struct {
	failures []time.Time // of the last day
	pause    time.Time   // until when nothing may begin
	row      int         // failures since the last pause
}

// allows tells whether a pairing may begin, by a person here or by one there.
func (l *pairLimit) allows(now time.Time, incoming bool) error {
	l.forget(now)
	if wait := l.pause.Sub(now); wait > 0 {
		return fmt.Errorf("several pairings failed: wait %d s before the next", int(wait.Seconds())+1)
	}
	if incoming && len(l.failures) >= failuresADay {
		return errInterference
	}
	return nil
}

// begun notes that a person here began one: the count of the day begins anew.
func (l *pairLimit) begun() { l.failures = nil }

// failed counts one.
func (l *pairLimit) failed(now time.Time) {
	l.failures = append(l.failures, now)
	if l.row++; l.row >= failuresBeforePause {
		l.row, l.pause = 0, now.Add(failurePause)
	}
}

// succeeded forgets what failed before.
func (l *pairLimit) succeeded() { *l = pairLimit{} }

func (l *pairLimit) forget(now time.Time) {
	for len(l.failures) > 0 && now.Sub(l.failures[0]) > 24*time.Hour {
		l.failures = l.failures[1:]
	}
}
