package autostart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// launchAgents is a directory of launchd's jobs of one user, ~/Library/LaunchAgents.
// A job there is loaded at the next login (launchd.plist(5), RunAtLoad).
type launchAgents struct{ dir string }

func (l launchAgents) file(e Entry) string { return filepath.Join(l.dir, e.Name+".plist") }

func (l launchAgents) On(e Entry) (bool, error) {
	text, err := os.ReadFile(l.file(e))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at autostart: %w", err)
	}
	_, rest, disabled := strings.Cut(string(text), "<key>Disabled</key>")
	return !disabled || !strings.HasPrefix(strings.TrimSpace(rest), "<true/>"), nil
}

func (l launchAgents) Set(e Entry, on bool) error {
	if !on {
		return remove(l.file(e))
	}
	return write(l.file(e), agentFile(e))
}

// agentFile is the property list of the job: started in a session with a
// screen, and not again when it has ended, for then a person ended it.
func agentFile(e Entry) string {
	var args strings.Builder
	for _, arg := range e.Exec {
		fmt.Fprintf(&args, "\t\t<string>%s</string>\n", escapeXML(arg))
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>%s</string>
	<key>ProgramArguments</key>
	<array>
%s	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<false/>
	<key>LimitLoadToSessionType</key>
	<string>Aqua</string>
	<key>ProcessType</key>
	<string>Interactive</string>
</dict>
</plist>
`, escapeXML(e.Name), args.String())
}

func escapeXML(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
