package dash

import (
	"regexp"
	"strings"
	"testing"
)

var (
	imports = regexp.MustCompile(`import \{([^}]*)\} from "\./(\w+)\.js"`)
	exports = regexp.MustCompile(`(?m)^export (?:async )?(?:const|function|class) (\w+)`)
	word    = func(name string) *regexp.Regexp { return regexp.MustCompile(`\b` + name + `\b`) }
	// markup are the ways by which text could become more than text, and those by
	// which a style could stand in the markup.
	markup = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function|javascript:|setAttribute\("style"|DOMParser|srcdoc`)
)

// TestScriptsUseWhatTheyImport also holds them to names that are there: a browser
// finds that out only when it runs them.
func TestScriptsUseWhatTheyImport(t *testing.T) {
	all := assets()
	for path, a := range all {
		if !strings.HasSuffix(path, ".js") {
			continue
		}
		source := string(a.data)
		for _, m := range imports.FindAllStringSubmatch(source, -1) {
			from, ok := all["/"+m[2]+".js"]
			if !ok {
				t.Errorf("%s imports from %s, which is not there", path, m[2])
				continue
			}
			offered := exports.FindAllStringSubmatch(string(from.data), -1)
			for name := range strings.SplitSeq(m[1], ",") {
				name = strings.TrimSpace(name)
				if len(word(name).FindAllString(source, 2)) < 2 {
					t.Errorf("%s imports %s and does not use it", path, name)
				}
				found := false
				for _, o := range offered {
					found = found || o[1] == name
				}
				if !found {
					t.Errorf("%s imports %s, which %s does not export", path, name, m[2])
				}
			}
		}
		if found := markup.FindString(source); found != "" {
			t.Errorf("%s uses %s", path, found)
		}
	}
}
