package dash

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
)

// The page's files, as they are written. Scripts are modules; there is no step
// that builds them.
//
//go:embed page
var files embed.FS

type asset struct {
	kind string
	data []byte
}

var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// assets returns the page's files by the path of their URL. They hold nothing
// that is anybody's, so they are served to all who ask.
func assets() map[string]asset {
	all := make(map[string]asset)
	err := fs.WalkDir(files, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		kind, ok := kinds[path.Ext(name)]
		if err == nil && !ok {
			err = fmt.Errorf("%s is of no known kind", name)
		}
		url := name[len("page"):]
		if url == "/index.html" {
			url = "/{$}"
		}
		all[url] = asset{kind, data}
		return err
	})
	if err != nil {
		panic(err) // what is embedded is known when the program is built
	}
	return all
}

func (a asset) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", a.kind)
	w.Write(a.data) // if it fails, nobody is left to be told
}
