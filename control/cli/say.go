package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/mattn/go-isatty"

	"kith/control"
)

// How the command line talks:
//
//   - What was asked for goes to standard output, all else to standard error.
//   - An error is one line that says what and why, and a line "next:" with the
//     step to take, when there is one. No stack traces, no usage texts.
//   - Nothing blinks or moves unless a person is watching: a progress line is
//     drawn only on a terminal.
//   - Text that came from another device or from a disk is escaped, so that it
//     cannot move the cursor, change colours or turn the direction of writing.
//   - A question is only asked on a terminal, and Enter means no.
type say struct {
	in       io.Reader
	out, err io.Writer
	drawn    int // characters of the progress line that stands on the terminal
}

func newSay(p Program) *say { return &say{in: p.Stdin, out: p.Stdout, err: p.Stderr} }

// line prints a line of the answer.
func (s *say) line(format string, args ...any) {
	fmt.Fprintln(s.out, control.Escape(fmt.Sprintf(format, args...)))
}

// aside prints a line that is not the answer.
func (s *say) aside(format string, args ...any) {
	s.clear()
	fmt.Fprintln(s.err, control.Escape(fmt.Sprintf(format, args...)))
}

// fault prints an error, and returns the exit code for it.
func (s *say) fault(err error) int {
	s.clear()
	if err == nil || errors.Is(err, context.Canceled) {
		return exitCode(err)
	}
	fmt.Fprintln(s.err, "kith: "+control.Escape(err.Error()))
	var f *control.Fault
	if errors.As(err, &f) && f.Next != "" {
		fmt.Fprintln(s.err, "next: "+control.Escape(f.Next))
	}
	return exitCode(err)
}

// json prints a value as JSON.
func (s *say) json(value any) error {
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// table prints rows in columns, the first as headings.
func (s *say) table(rows [][]string) error {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = control.Escape(cell)
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(out.String()) {
		fmt.Fprintln(s.out, strings.TrimRight(line, " \n"))
	}
	return nil
}

// confirm asks a question to which Enter means no.
func (s *say) confirm(question string) (bool, error) {
	fmt.Fprint(s.err, control.Escape(question)+" [y/N] ")
	answer, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}

// asks reports whether there is a person who can be asked.
func (s *say) asks() bool { return isTerminal(s.in) }

// progress draws a line over the one drawn before, if a person is watching.
func (s *say) progress(format string, args ...any) {
	if !isTerminal(s.err) {
		return
	}
	text := control.Escape(fmt.Sprintf(format, args...))
	n := len([]rune(text))
	fmt.Fprintf(s.err, "\r%s%s", text, strings.Repeat(" ", max(0, s.drawn-n)))
	s.drawn = n
}

// clear removes the progress line.
func (s *say) clear() {
	if s.drawn > 0 {
		fmt.Fprintf(s.err, "\r%s\r", strings.Repeat(" ", s.drawn))
		s.drawn = 0
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
