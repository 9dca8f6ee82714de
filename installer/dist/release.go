package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// release says what is made: it is all that may differ from one release to
// another, but for the source itself.
type release struct {
	version string    // as packages write it: 1.2.3, or 1.2.3+4.gabcdef0 between releases
	commit  string    // of the source, all forty digits
	when    time.Time // of the commit; the only time that gets into a product
}

// describe reads the release from the repository that the source lies in. A tag
// v1.2.3 on the commit makes it that version; SOURCE_DATE_EPOCH overrides the time.
func describe(root string) (release, error) {
	var r release
	var err error
	if r.commit, err = output(root, "git", "rev-parse", "HEAD"); err != nil {
		return r, err
	}
	tag, err := output(root, "git", "describe", "--tags", "--long", "--abbrev=7", "--match", "v[0-9]*")
	if err != nil { // no version yet
		count, err := output(root, "git", "rev-list", "--count", "HEAD")
		if err != nil {
			return r, err
		}
		tag = "v0.0.0-" + count + "-g" + r.commit[:7]
	}
	if r.version, err = versionOf(tag); err != nil {
		return r, err
	}
	changed, err := output(root, "git", "status", "--porcelain", "--untracked-files=no")
	if err != nil {
		return r, err
	}
	if changed != "" {
		r.version += map[bool]string{true: ".changed", false: "+changed"}[strings.Contains(r.version, "+")]
	}
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		if seconds, err = output(root, "git", "log", "-1", "--format=%ct"); err != nil {
			return r, err
		}
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return r, fmt.Errorf("read SOURCE_DATE_EPOCH: %w", err)
	}
	r.when = time.Unix(n, 0).UTC()
	return r, nil
}

var described = regexp.MustCompile(`^v([0-9]+\.[0-9]+\.[0-9]+)(-[0-9A-Za-z.]+)?-([0-9]+)-g([0-9a-f]+)$`)

// versionOf makes a version from what git describe --long says. Versions between
// two releases sort after the first one and before the second, for dpkg and rpm
// too; a version before a release, v1.2.3-rc1, is written 1.2.3~rc1 as they want it.
func versionOf(tag string) (string, error) {
	m := described.FindStringSubmatch(tag)
	if m == nil {
		return "", fmt.Errorf("the tag of %s is no version like v1.2.3", tag)
	}
	version := m[1]
	if m[2] != "" {
		version += "~" + m[2][1:]
	}
	if m[3] != "0" {
		version += "+" + m[3] + ".g" + m[4]
	}
	return version, nil
}

// fourNumbers is the version for Windows, which knows only numbers: 1.2.3.0, or
// with the commits since in the fourth place.
func (r release) fourNumbers() string {
	base, rest, _ := strings.Cut(r.version, "+")
	base, _, _ = strings.Cut(base, "~")
	commits, _, _ := strings.Cut(rest, ".")
	if _, err := strconv.ParseUint(commits, 10, 16); err != nil {
		commits = "0"
	}
	return base + "." + commits
}
