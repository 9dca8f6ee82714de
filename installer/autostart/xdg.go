package autostart

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// xdg is a directory of the Desktop Application Autostart Specification,
// $XDG_CONFIG_HOME/autostart.
type xdg struct{ dir string }

func (x xdg) file(e Entry) string { return filepath.Join(x.dir, e.Name+".desktop") }

// On reports whether there is an entry that nobody switched off: desktops do so
// with a line in the file, Hidden=true or X-GNOME-Autostart-enabled=false.
func (x xdg) On(e Entry) (bool, error) {
	text, err := os.ReadFile(x.file(e))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at autostart: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, "=")
		switch key, value = strings.TrimSpace(key), strings.TrimSpace(value); {
		case key == "Hidden" && value == "true", key == "X-GNOME-Autostart-enabled" && value == "false":
			return false, nil
		}
	}
	return true, nil
}

func (x xdg) Set(e Entry, on bool) error {
	if !on {
		return remove(x.file(e))
	}
	return write(x.file(e), desktopFile(e))
}

// desktopFile is the text of the entry.
func desktopFile(e Entry) string {
	var command []string
	for _, arg := range e.Exec {
		command = append(command, quoteExec(arg))
	}
	return fmt.Sprintf(`[Desktop Entry]
Type=Application
Name=%s
Comment=%s
Exec=%s
Icon=%s
Terminal=false
X-GNOME-Autostart-enabled=true
`, clean(e.Title), clean(e.Comment), escapeValue(strings.Join(command, " ")), clean(e.Name))
}

// quoteExec quotes an argument of an Exec line, as the Desktop Entry
// Specification has it: within double quotes, a backslash before the four
// characters that keep their meaning there, and the percent sign doubled.
func quoteExec(arg string) string {
	arg = strings.ReplaceAll(arg, "%", "%%")
	if arg != "" && !strings.ContainsAny(arg, " \t\n\"'\\><~|&;$*?#()`") {
		return arg
	}
	return `"` + strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`).Replace(arg) + `"`
}

// escapeValue escapes a value of the type string: the layer above quoteExec.
func escapeValue(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s)
}

// write makes text the content of path, whole or not at all.
func write(path, text string) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("switch on autostart: %w", err)
	}
	draft := path + ".new"
	err := os.WriteFile(draft, []byte(text), 0o644)
	if err == nil {
		err = os.Rename(draft, path)
	}
	if err != nil {
		os.Remove(draft) // a leftover would do no harm
		return fmt.Errorf("switch on autostart: %w", err)
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("switch off autostart: %w", err)
	}
	return nil
}
