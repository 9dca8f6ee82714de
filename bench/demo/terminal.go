package main

import "os"

// terminal is a terminal with a person at one end and a program at the other.
type terminal struct{ person, program *os.File }

func (t *terminal) close() {
	t.person.Close()
	t.program.Close()
}
