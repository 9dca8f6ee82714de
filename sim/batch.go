package sim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// Batch is how some seeds were run, and what came of them.
type Batch struct {
	First, Step uint64 // seeds First, First+Step, …
	Count       uint64
	Powered     bool // no power cuts

	Ran     uint64
	Twice   uint64 // of these, run a second time to see whether the trace is the same
	Events  int
	Virtual time.Duration
	Broken  map[uint64][]string // by seed
}

// twiceIn is how many seeds there are for each that is run twice.
const twiceIn = 100

// Run runs the seeds of a batch, and stops early when many of them fail.
func (b *Batch) Run(t *testing.T, most int) {
	b.Broken = map[uint64][]string{}
	for n := range b.Count {
		seed := b.First + n*b.Step
		sc := b.scenario(seed)
		r := Run(t, sc, Options{})
		if seed%twiceIn == 0 && len(r.Broken) == 0 {
			b.Twice++
			r.Broken = again(t, sc, r)
		}
		b.Ran++
		b.Events += r.Events
		b.Virtual += r.Virtual
		if len(r.Broken) > 0 {
			b.Broken[seed] = r.Broken
			fmt.Printf("%sseed %d: %s\n", broke, seed, r.Broken[0])
		}
		if len(b.Broken) >= most {
			return
		}
	}
}

func (b *Batch) scenario(seed uint64) Scenario {
	if b.Powered {
		return Generate(seed).Powered()
	}
	return Generate(seed)
}

// again runs a seed once more and compares. A machine that takes the processor away
// in the middle of an instant can change an order once, and a watcher's timer that meets
// an operation in one instant may come before or after it: one of two traces. What
// differs every time is ours.
func again(t *testing.T, sc Scenario, first Report) []string {
	for range 20 {
		if Run(t, sc, Options{}).Trace == first.Trace {
			return nil
		}
		first = Run(t, sc, Options{})
	}
	return []string{"another trace: the same seed does not do the same"}
}

// add takes the figures of another batch into this one.
func (b *Batch) add(o Batch) {
	b.Ran += o.Ran
	b.Twice += o.Twice
	b.Events += o.Events
	b.Virtual += o.Virtual
	for seed, broken := range o.Broken {
		b.Broken[seed] = broken
	}
}

// The variable by which a part of a batch is handed to another process, and what
// stands before the lines in which that one tells what broke, and answers in the end.
const (
	partOf = "KITH_SIM_PART"
	broke  = "it breaks: "
	answer = "part of a batch: "
)

// Part runs the part of a batch that this process was started for. ok is false if
// it was not.
func Part(t *testing.T, most int) (ok bool) {
	text := os.Getenv(partOf)
	if text == "" {
		return false
	}
	var b Batch
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	b.Run(t, most)
	line, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(answer + string(line))
	return true
}

// Spread runs a batch in as many processes as given, each on one processor: this
// program again, with only the named test. What a process says when it fails is
// among the errors.
func Spread(whole Batch, processes int, test string) (Batch, error) {
	whole.Step, whole.Broken = 1, map[uint64][]string{}
	first, count := whole.First, whole.Count
	var mu sync.Mutex // guards whole and failed
	var failed error
	var group sync.WaitGroup
	for i := range uint64(processes) {
		part := Batch{First: first + i, Step: uint64(processes), Count: (count + uint64(processes) - 1 - i) / uint64(processes), Powered: whole.Powered}
		group.Go(func() {
			done, err := part.elsewhere(test)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				return
			}
			whole.add(done)
		})
	}
	group.Wait()
	return whole, failed
}

// elsewhere runs a batch in a process of its own. What breaks there is printed at
// once: a long run is not over for an hour.
func (b Batch) elsewhere(test string) (done Batch, err error) {
	text, err := json.Marshal(b)
	if err != nil {
		return done, err
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.timeout=0")
	cmd.Env = append(os.Environ(), partOf+"="+string(text))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return done, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return done, err
	}
	var said, answered strings.Builder
	for lines := bufio.NewReader(out); err == nil; {
		var line string
		line, err = lines.ReadString('\n')
		switch text, ok := strings.CutPrefix(line, answer); {
		case ok:
			answered.WriteString(text)
		case strings.HasPrefix(line, broke):
			fmt.Print(line)
		default:
			said.WriteString(line)
		}
	}
	err = cmd.Wait()
	if answered.Len() == 0 {
		return done, fmt.Errorf("a process that ran seeds %d+%d·n came to no end: %v\n%s", b.First, b.Step, err, tail(said.String()))
	}
	return done, json.Unmarshal([]byte(answered.String()), &done)
}

// tail is the end of what a process said.
func tail(out string) string {
	const enough = 8000
	return out[max(0, len(out)-enough):]
}

// Keep writes a scenario that failed to a file that is run first from now on.
func Keep(sc Scenario, broken []string, w io.Writer) error {
	for _, line := range broken {
		if _, err := fmt.Fprintf(w, "# %s\n", strings.ReplaceAll(line, "\n", "\n# ")); err != nil {
			return err
		}
	}
	return sc.Write(w)
}
