package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// manualCmd prints the manual page. Packages call it when they are made.
type manualCmd struct{}

func (*manualCmd) Run(s *session) error {
	fmt.Fprint(s.say.out, manual(s.model, s.program.Version))
	return nil
}

// manual writes the manual page of the program for man(7), from the grammar.
func manual(model *kong.Application, version string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH KITH 1 \"\" \"Kith %s\" \"User Commands\"\n", roff(version))
	b.WriteString(manualHead)
	for _, n := range model.Children {
		if n.Hidden {
			continue
		}
		fmt.Fprintf(&b, ".TP\n.B kith %s\n%s\n", roff(strings.TrimSuffix(n.Summary(), " [flags]")), roff(n.Help))
		if len(n.Flags) == 0 {
			continue
		}
		b.WriteString(".RS\n")
		for _, f := range n.Flags {
			flag := f.String() // as in the help: "    --name=NAME"
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace(flag)), roff(f.Help))
		}
		b.WriteString(".RE\n")
	}
	b.WriteString(manualTail)
	return b.String()
}

// roff makes text safe within a line of a manual page: nothing in it is a
// command, and a hyphen is the one that is typed.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}

const manualHead = `.SH NAME
kith \- keep folders the same on the machines around you
.SH SYNOPSIS
.B kith
[\fB\-\-home\fR \fIDIR\fR]
[\fICOMMAND\fR [\fIARGUMENT\fR ...]]
.SH DESCRIPTION
Kith keeps folders the same on the machines of a local network. There is no
server and no account, and nothing leaves the network. Devices see each other by
themselves; people pair them, once, by comparing six digits. What another device
replaces or deletes is kept among the earlier versions of the folder.
.PP
Without a command Kith starts, or shows how the Kith that runs is doing.
The commands speak to the Kith that runs. Each explains itself with
.BR \-\-help .
.SH COMMANDS
`

const manualTail = `.SH EXIT STATUS
0 done, 1 failed, 2 not said right, 3 not in time, 4 Kith is not running.
.SH ENVIRONMENT
.TP
.B KITH_HOME
The directory that holds everything of this Kith, as with
.BR \-\-home .
.TP
.B KITH_LOG
How much the log says: debug, info (the usual), warn or error.
.SH FILES
.TP
.I ~/.config/kith/config.toml
The settings. They can be edited by hand while Kith does not run.
.TP
.I ~/.local/share/kith
The key of this device, the index, the log.
.TP
.I .kith
In each shared folder: its earlier versions, and files on their way.
.TP
.I .kithignore
In any directory of a shared folder: what does not travel, in the syntax of
.BR gitignore (5).
`
