package control

import "fmt"

// Kind says which sort of fault it is; a face makes an exit code of it.
type Kind string

// The kinds.
const (
	Failed   Kind = "failed"    // it was tried
	Usage    Kind = "usage"     // it was not said right
	TimedOut Kind = "timed-out" // it did not happen in time
	Absent   Kind = "absent"    // the app is not running
)

// Fault is an error told to a person: what, and why, and the next step.
type Fault struct {
	Kind Kind   `json:"kind"`
	What string `json:"what"` // "verb noun: cause"
	Next string `json:"next"` // a step to take, or empty
}

func (f *Fault) Error() string { return f.What }

// failed, usage and timedOut make faults; Hint adds the next step.
func failed(format string, args ...any) *Fault {
	return &Fault{Kind: Failed, What: fmt.Errorf(format, args...).Error()}
}

func usage(format string, args ...any) *Fault {
	return &Fault{Kind: Usage, What: fmt.Sprintf(format, args...)}
}

// Hint adds the next step to a fault.
func (f *Fault) Hint(format string, args ...any) *Fault {
	f.Next = fmt.Sprintf(format, args...)
	return f
}
