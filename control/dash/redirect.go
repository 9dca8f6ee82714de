package dash

import (
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// A browser is started with a URL on its command line, which every user of the
// machine can read. So it is started with a file that only this person can read,
// and the file leads it to the page.

const redirectPrefix = "open-"

var redirectPage = template.Must(template.New("").Parse(`<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={{.}}">
<title>Kith</title>
<p><a href="{{.}}">Open Kith</a>
`))

func redirectName(dir string) string {
	return filepath.Join(dir, redirectPrefix+string(newSecret())+".html")
}

// writeRedirect makes a file that leads to a URL.
func writeRedirect(file, to string) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the way to the page: %w", err)
	}
	err = redirectPage.Execute(f, to)
	if err = errors.Join(err, f.Close()); err != nil {
		removeRedirect(file)
		return fmt.Errorf("write the way to the page: %w", err)
	}
	return nil
}

// removeRedirect removes a file of writeRedirect, if it is still there.
func removeRedirect(file string) {
	if file != "" {
		os.Remove(file)
	}
}

// sweepRedirects removes what a run that was cut off left behind.
func sweepRedirects(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, redirectPrefix+"*.html")) // fails on a bad pattern only
	for _, file := range left {
		removeRedirect(file)
	}
}

func fileURL(file string) string {
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
