package netlab

import (
	"errors"
	"fmt"
)

// Failure is what a Lab of Build panics with when it cannot do what it is asked.
type Failure struct{ error }

// Build is New for a program that is not a test. close takes the network down.
// Whatever fails later, on the Lab or its hosts, panics with a Failure.
func Build(names ...string) (lab *Lab, close func(), err error) {
	t := &alone{}
	defer func() {
		if caught := recover(); caught != nil {
			failed, ours := caught.(Failure)
			if !ours {
				panic(caught)
			}
			t.close()
			lab, close, err = nil, nil, fmt.Errorf("build a network: %w", failed.error)
		}
	}()
	return New(t, names...), t.close, nil
}

// alone stands in for a test.
type alone struct{ undo []func() }

func (t *alone) Helper()                           {}
func (t *alone) Fatal(args ...any)                 { panic(Failure{errors.New(fmt.Sprint(args...))}) }
func (t *alone) Fatalf(format string, args ...any) { panic(Failure{fmt.Errorf(format, args...)}) }
func (t *alone) Skip(args ...any)                  { t.Fatal(args...) }
func (t *alone) Skipf(format string, args ...any)  { t.Fatalf(format, args...) }
func (t *alone) Cleanup(f func())                  { t.undo = append(t.undo, f) }

func (t *alone) close() {
	for i := len(t.undo) - 1; i >= 0; i-- {
		t.undo[i]()
	}
	t.undo = nil
}
