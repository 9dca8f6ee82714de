package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kith/sim/drive"
)

// meet starts both devices and lets them see each other.
func (s *story) meet() error {
	if s.stage.lab != nil {
		s.act("Two devices start and look around", "Each is on a machine of its own, in a small network inside this one. Nobody typed an address.")
	} else {
		s.act("Two devices start", fmt.Sprintf("Both on this machine, by address, as a network of their own is not allowed here (%v).", s.stage.why))
	}
	for i, p := range []*person{s.anna, s.ben} {
		if err := p.Start(s.ctx); err != nil {
			return err
		}
		s.tell("%s at %s", p.Name, s.stage.addresses[i])
	}
	if s.stage.lab == nil {
		return nil
	}
	start := time.Now()
	if err := drive.Meet(s.ctx, s.anna.Device, s.ben.Device); err != nil {
		return err
	}
	s.tell("they see each other, by multicast DNS, after %s", seconds(time.Since(start)))
	return nil
}

// pair lets both sides show the six digits, compares them as two people would,
// and says yes on both.
func (s *story) pair() error {
	s.act("They pair", "Both screens show six digits. Two people look whether these are the same: then nobody sits in between.")
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	whom := s.ben.Name
	if s.stage.lab == nil {
		whom = s.stage.addresses[1]
	}
	ben, err := ask(ctx, s.ben, "pair") // waits to be asked
	if err != nil {
		return err
	}
	anna, err := ask(ctx, s.anna, "pair", whom)
	if err != nil {
		return err
	}
	codes := [2]string{}
	for i, q := range []*question{anna, ben} {
		if codes[i], err = q.code(); err != nil {
			return err
		}
		s.tell("%s shows %s", q.person.Name, codes[i])
	}
	if codes[0] != codes[1] {
		return errors.New("the two codes differ")
	}
	var g errgroup.Group
	g.Go(anna.yes)
	g.Go(ben.yes)
	if err := g.Wait(); err != nil {
		return err
	}
	if err := drive.Connected(s.ctx, s.anna.Device, s.ben.Device); err != nil {
		return err
	}
	s.tell("the same on both: yes and yes. From now on they know each other, and talk encrypted")
	return nil
}

// question is a `kith pair` that shows its code and waits for an answer, which a
// person types on a terminal.
type question struct {
	person   *person
	cmd      *exec.Cmd
	terminal *terminal // nil where none can be had: then yes is said beforehand
	said     *bufio.Reader
	heard    strings.Builder // what it has said so far
}

func ask(ctx context.Context, p *person, args ...string) (*question, error) {
	q := &question{person: p}
	var err error
	if q.terminal, err = openTerminal(); err != nil {
		args = append(args, "--yes")
	}
	q.cmd = p.Command(args...)
	said, err := q.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	q.said = bufio.NewReader(io.TeeReader(said, &q.heard))
	if q.terminal != nil {
		q.cmd.Stdin = q.terminal.program
	}
	if err := q.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: pair: %w", p.Name, err)
	}
	context.AfterFunc(ctx, func() { q.cmd.Process.Kill() })
	return q, nil
}

// code reads up to the six digits.
func (q *question) code() (string, error) {
	digits := regexp.MustCompile(`\b\d{3} \d{3}\b`)
	for {
		line, err := q.said.ReadString('\n')
		if code := digits.FindString(line); code != "" {
			return code, nil
		}
		if err != nil {
			return "", errors.Join(fmt.Errorf("%s: no code was shown", q.person.Name), q.end())
		}
	}
}

// yes answers that the other side shows the same.
func (q *question) yes() error {
	if q.terminal != nil {
		if _, err := io.WriteString(q.terminal.person, "yes\n"); err != nil {
			return errors.Join(err, q.end())
		}
	}
	if _, err := io.Copy(io.Discard, q.said); err != nil {
		return err
	}
	return q.end()
}

// end waits for the command's end.
func (q *question) end() error {
	err := q.cmd.Wait()
	if q.terminal != nil {
		q.terminal.close()
	}
	if err != nil {
		return fmt.Errorf("%s: pair: %w: %s", q.person.Name, err, q.heard.String())
	}
	return nil
}
