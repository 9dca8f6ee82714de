// Package cli is the command line: the same commands as every other face sends,
// typed, and the same picture, in plain words.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/alecthomas/kong"

	"kith/control"
)

// Program is what the command line works with.
type Program struct {
	Version string
	Build   string // what it was built from: commit, Go, platform
	// Start runs the app on a home until ctx ends or a person says quit. It
	// returns control.ErrRunning if another process has the home.
	Start func(ctx context.Context, home control.Home, o Options) error
	// Autostart returns what starts the app of a home at login, for when the app
	// itself is not running.
	Autostart  func(control.Home) control.AutostartSwitch
	MakeFolder control.FolderMaker

	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Options are what a person may say about one run of the app.
type Options struct {
	Headless bool
	Opened   bool   // a person opened the app, and wants to see it
	AtLogin  bool   // nobody waits to see anything
	Name     string // what this device calls itself from now on
	Listen   string // address to listen on, this time
	Ready    io.Writer
}

// grammar is the whole command line.
type grammar struct {
	Home string `help:"Directory that holds everything of this Kith: settings, key, index and logs." placeholder:"DIR" env:"KITH_HOME"`

	Run    runCmd    `cmd:"" default:"withargs" help:"Run Kith in the foreground."`
	Status statusCmd `cmd:"" help:"Show whether all is well."`

	Devices devicesCmd `cmd:"" help:"Show who is nearby and who is paired."`
	Pair    pairCmd    `cmd:"" help:"Pair with a device: both sides see the same six digits and say yes."`
	Unpair  unpairCmd  `cmd:"" help:"End the trust in a device. No files are touched."`

	Share   shareCmd   `cmd:"" help:"Share a directory, or add devices to a shared one."`
	Offers  offersCmd  `cmd:"" help:"Show the folders that other devices offer."`
	Accept  acceptCmd  `cmd:"" help:"Take an offered folder."`
	Decline declineCmd `cmd:"" help:"Say no to an offered folder."`
	Leave   leaveCmd   `cmd:"" help:"Stop taking part in a folder. Its files stay."`
	Pause   pauseCmd   `cmd:"" help:"Pause a folder, or all."`
	Resume  resumeCmd  `cmd:"" help:"Resume a folder, or all."`
	Wait    waitCmd    `cmd:"" help:"Wait until a folder, or all, is in step with every connected member."`
	Scan    scanCmd    `cmd:"" help:"Look for changes now."`
	Log     logCmd     `cmd:"" help:"Show what happened."`
	Plot    plotCmd    `cmd:"" help:"Draw how much came in and went out, as SVG."`
	Doctor  doctorCmd  `cmd:"" help:"Find out why devices do not see each other, or what else is wrong."`

	Conflicts conflictsCmd `cmd:"" help:"Show the conflict copies that wait for a decision."`
	Resolve   resolveCmd   `cmd:"" help:"Decide about a conflict."`
	Search    searchCmd    `cmd:"" help:"Find files by their names, on all devices, also those that are asleep."`
	List      listCmd      `cmd:"" name:"ls" help:"Show what lies in a folder, on all devices."`
	Get       getCmd       `cmd:"" help:"Bring a file or directory of a browsed folder here, and keep it."`
	Drop      dropCmd      `cmd:"" help:"Take a file or directory of a browsed folder off this disk, and leave it to others."`

	Versions versionsCmd `cmd:"" help:"Show the earlier versions of a path."`
	Restore  restoreCmd  `cmd:"" help:"Bring an earlier version back."`
	Approve  approveCmd  `cmd:"" help:"Let the deletions and replacements go on that were held back."`
	Undo     undoCmd     `cmd:"" help:"Undo the deletions and replacements that were held back."`

	Autostart  autostartCmd  `cmd:"" help:"Start Kith at login, or not, or show which it is."`
	Update     updateCmd     `cmd:"" help:"Look whether there is a newer version. Nothing is asked or installed unless you do it."`
	Export     exportCmd     `cmd:"" help:"Write this device's key and settings into a file, closed by a passphrase."`
	Import     importCmd     `cmd:"" help:"Make this Kith the device that was exported into a file."`
	Open       openCmd       `cmd:"" help:"Show Kith's page in the browser."`
	Quit       quitCmd       `cmd:"" help:"Stop the Kith that runs."`
	Version    versionCmd    `cmd:"" help:"Show the version."`
	Completion completionCmd `cmd:"" help:"Print the completions for a shell."`
	Manual     manualCmd     `cmd:"" name:"__manual" hidden:"" help:"Print the manual page."`
	Names      namesCmd      `cmd:"" name:"__names" hidden:"" help:"Print names, for completions."`
}

// session is one invocation of the command line.
type session struct {
	ctx     context.Context
	program Program
	home    control.Home
	bare    bool // no command was given
	model   *kong.Application
	say     *say
}

// exit is what kong is made to panic with instead of ending the process.
type exit int

// Main carries out the command line, and returns the exit code: 0 done, 1 failed,
// 2 not said right, 3 not in time, 4 the app is not running.
func Main(ctx context.Context, p Program, args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exit)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	talk := newSay(p)
	var g grammar
	parser, err := kong.New(&g,
		kong.Name("kith"),
		kong.Description("Kith keeps folders the same on the machines around you."),
		kong.Writers(p.Stdout, p.Stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.UsageOnError(),
	)
	if err != nil {
		panic(err) // the grammar above is wrong
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return talk.fault(&control.Fault{Kind: control.Usage, What: err.Error(), Next: "kith --help"})
	}
	home, err := control.FindHome(g.Home)
	if err != nil {
		return talk.fault(err)
	}
	s := &session{
		ctx: ctx, program: p, home: home, say: talk, model: parser.Model,
		bare: !slices.Contains(args, "run"),
	}
	return talk.fault(parsed.Run(s))
}

// door returns the door of the app that runs.
func (s *session) door() (*control.Door, error) { return control.Knock(s.ctx, s.home) }

// do has a command carried out and says what came of it.
func (s *session) do(c control.Command) error {
	reply, err := s.ask(c)
	if err == nil && reply.Text != "" {
		s.say.line("%s", reply.Text)
	}
	return err
}

// ask has a command carried out.
func (s *session) ask(c control.Command) (control.Reply, error) {
	door, err := s.door()
	if err != nil {
		return control.Reply{}, err
	}
	if c.Cwd, err = os.Getwd(); err != nil {
		return control.Reply{}, err
	}
	return door.Do(s.ctx, c)
}

// exitCode returns the exit code for an error.
func exitCode(err error) int {
	var f *control.Fault
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &f):
		return 1
	}
	switch f.Kind {
	case control.Usage:
		return 2
	case control.TimedOut:
		return 3
	case control.Absent:
		return 4
	}
	return 1
}
