package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"kith/control"
)

type exportCmd struct {
	File           string `arg:"" help:"The file to be written."`
	PassphraseFile string `help:"Read the passphrase from the first line of a file, instead of asking." placeholder:"FILE"`
}

func (c *exportCmd) Run(s *session) error {
	passphrase, err := s.passphrase(c.PassphraseFile, true)
	if err != nil {
		return err
	}
	if err := control.Export(s.home, s.program.Version, c.File, passphrase); err != nil {
		return err
	}
	s.say.line("Wrote the key and the settings of this device to %s", c.File)
	s.say.line("Whoever has that file and the passphrase is this device: keep them apart. Your files are not in it.")
	return nil
}

type importCmd struct {
	File           string            `arg:"" help:"A file made by kith export."`
	Replace        bool              `help:"Set the identity aside that is here. It is not deleted."`
	Folder         map[string]string `help:"Where a folder lies on this machine, if not where it lay. May be said several times." placeholder:"NAME=DIR" mapsep:"none"`
	PassphraseFile string            `help:"Read the passphrase from the first line of a file, instead of asking." placeholder:"FILE"`
}

func (c *importCmd) Run(s *session) error {
	passphrase, err := s.passphrase(c.PassphraseFile, false)
	if err != nil {
		return err
	}
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	got, err := control.Import(control.ImportConfig{
		Home: s.home, Path: c.File, Passphrase: passphrase, Replace: c.Replace,
		Places: c.Folder, Cwd: cwd, MakeFolder: s.program.MakeFolder,
	})
	for _, dir := range got.Aside {
		s.say.line("What was here before is in %s", dir)
	}
	if err != nil {
		return err
	}
	s.say.line("This is now %s (%s), as exported on %s.", got.Name, got.Device.Brief(), got.Made.Local().Format("2006-01-02 15:04"))
	for _, f := range got.Folders {
		if f.Missing == "" {
			s.say.line("  %s: %s", f.Name, f.Dir)
			continue
		}
		s.say.line("  %s: %s cannot be used now: %s", f.Name, f.Dir, f.Missing)
		s.say.line("    connect the drive before you start Kith, or import again with --replace --folder %q", f.Name+"=DIR")
	}
	s.say.line("Never run Kith on the old machine again: two machines with one key stop each other. To keep both, remove Kith's key and settings there first.")
	s.say.line("At the first start it looks at every file, and unites what is here with what the others have. Start it: kith run")
	return nil
}

// passphrase reads a passphrase from a file, or asks for it on the terminal
// without showing it; twice if it is a new one.
func (s *session) passphrase(file string, fresh bool) (string, error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("read the passphrase: %w", err)
		}
		defer f.Close()
		line, err := bufio.NewReader(io.LimitReader(f, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the passphrase: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	in, ok := s.say.in.(*os.File)
	if !ok || !s.say.asks() {
		return "", &control.Fault{Kind: control.Usage, What: "there is no terminal on which to ask for the passphrase", Next: "name a file that holds it: --passphrase-file FILE"}
	}
	first, err := s.secret(in, "Passphrase: ")
	if err != nil || !fresh {
		return first, err
	}
	again, err := s.secret(in, "The same again: ")
	if err == nil && again != first {
		err = &control.Fault{Kind: control.Failed, What: "the two are not the same", Next: "try again"}
	}
	return first, err
}

// secret asks for a line that is not shown. It gives the terminal back as it was,
// also when a person has enough of it.
func (s *session) secret(in *os.File, prompt string) (string, error) {
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("ask for the passphrase: %w", err)
	}
	fmt.Fprint(s.say.err, prompt)
	type answer struct {
		line []byte
		err  error
	}
	came := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		came <- answer{line, err}
	}()
	defer fmt.Fprintln(s.say.err)
	select {
	case a := <-came:
		return string(a.line), a.err
	case <-s.ctx.Done():
		return "", errors.Join(s.ctx.Err(), term.Restore(fd, before))
	}
}
