package syncer

import (
	"fmt"
	"testing"
)

// Who makes up one path that cannot be put here makes up many.
func TestProblemsAreBounded(t *testing.T) {
	b := new(scoreboard)
	b.init()
	const many = 20 * maxKept
	for i := range many {
		b.problem(fmt.Sprint(problemPath, i), Problem{Path: fmt.Sprint(i), Reason: "no room"})
	}
	b.problem(problemStore, Problem{Reason: "another one"})
	if n := len(b.problems); n != maxKept+1 {
		t.Fatalf("%d are remembered", n)
	}
	b.flags = flags{looked: true, open: true}
	if phase, _ := b.phase(0, "", many, 0); phase != Failing {
		t.Errorf("it is said to be %s, though nothing of it can be done", phase)
	}
	f := &folder{}
	f.board.init()
	f.board.problems, f.board.more = b.problems, b.more
	f.shape.Store(&shape{})
	f.e = &Engine{}
	s := f.status()
	if n := len(s.Problems); n != maxShown+1 || s.Problems[maxShown].Reason != "at least 901 more like these" {
		t.Errorf("%d are listed, the last one %+v", n, s.Problems[n-1])
	}
	for i := range many {
		b.solved(fmt.Sprint(problemPath, i))
	}
	if len(b.problems) != 1 || len(b.more) != 0 || b.kinds[problemPath] != 0 {
		t.Errorf("left: %v, %v, %v", b.problems, b.more, b.kinds)
	}
}
