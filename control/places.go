package control

import (
	"cmp"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Places are the directories in one directory, for choosing one.
type Places struct {
	Dir     string  `json:"dir"`
	Parent  string  `json:"parent,omitempty"` // empty at the home directory
	Entries []Place `json:"entries"`
	More    bool    `json:"more,omitempty"` // not all of them are listed
}

// Place is a directory that could be shared.
type Place struct {
	Name   string `json:"name"`
	Dir    string `json:"dir"`
	Shared string `json:"shared,omitempty"` // name of the folder that it is
}

const maxPlaces = 1000

// places lists the directories in dir, which lies in this person's home
// directory: what lies elsewhere has to be typed. Hidden ones are left out.
func (d *Desk) places(dir string) (Places, error) {
	user, err := os.UserHomeDir()
	if err == nil {
		user, err = filepath.EvalSymlinks(user)
	}
	if err != nil {
		return Places{}, failed("find your home directory: %w", err)
	}
	real, err := resolveDir(user, cmp.Or(dir, user))
	if err != nil {
		return Places{}, err
	}
	if !within(real, user) {
		return Places{}, failed("%s lies outside of your home directory", real).Hint("type the place instead")
	}
	found, err := os.ReadDir(real)
	if err != nil {
		return Places{}, failed("look into %s: %w", real, err)
	}
	out := Places{Dir: real, Entries: []Place{}}
	if real != user {
		out.Parent = filepath.Dir(real)
	}
	for _, e := range found {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if out.More = len(out.Entries) >= maxPlaces; out.More {
			break
		}
		p := Place{Name: e.Name(), Dir: filepath.Join(real, e.Name())}
		for _, f := range d.Settings().Folders {
			if f.Dir == p.Dir {
				p.Shared = f.Name
			}
		}
		out.Entries = append(out.Entries, p)
	}
	slices.SortFunc(out.Entries, func(a, b Place) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Name, b.Name))
	})
	return out, nil
}

func (s *Server) showPlaces(w http.ResponseWriter, r *http.Request) {
	p, err := s.desk.places(r.URL.Query().Get("dir"))
	answer(w, p, err)
}
