package control

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kith/index"
)

// How much of a file is shown, in bytes.
const (
	maxShownText  = 512 << 10
	maxShownImage = 8 << 20
)

// Content is what a file, or an earlier version of one, holds, for a person to
// look at. It comes as JSON whatever it is, so that nothing on the way can take
// it for a page or a program.
type Content struct {
	Kind     string    `json:"kind"` // text, image, other
	Size     int64     `json:"size"` // bytes, of all of it
	Modified time.Time `json:"modified"`
	Text     string    `json:"text,omitempty"`
	Type     string    `json:"type,omitempty"`  // of an image
	Image    []byte    `json:"image,omitempty"` // in base64
	Cut      bool      `json:"cut,omitempty"`   // there is more than what is shown
}

// images are the types of pictures that every browser draws without running
// anything.
var images = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}

// judge fills in what can be shown of data, the first bytes of a file.
func (c *Content) judge(data []byte) {
	c.Kind = "other"
	kind := http.DetectContentType(data)
	whole := int64(len(data)) == c.Size
	switch {
	case slices.Contains(images, kind):
		if c.Cut = !whole; whole {
			c.Kind, c.Type, c.Image = "image", kind, data
		}
	case isText(data):
		c.Kind, c.Cut = "text", !whole || len(data) > maxShownText
		data = data[:min(len(data), maxShownText)]
		c.Text = strings.ToValidUTF8(string(data), "\uFFFD")
	}
}

// isText reports whether data, which may end in the middle of a character, is
// meant to be read.
func isText(data []byte) bool {
	data = data[:min(len(data), maxShownText)]
	if bytes.IndexByte(data, 0) >= 0 {
		return false
	}
	for end := len(data); end > max(0, len(data)-utf8.UTFMax); end-- {
		if utf8.Valid(data[:end]) {
			return true
		}
	}
	return len(data) == 0
}

// content returns what a path in a folder holds, or with a version's ID what it
// held.
func (d *Desk) content(ctx context.Context, c Command) (Content, error) {
	f, err := d.folderOf(c)
	if err != nil {
		return Content{}, err
	}
	p, err := findPath(f, c.Path)
	if err != nil {
		return Content{}, err
	}
	if c.Version != "" {
		return d.keptContent(ctx, f, p, c.Version)
	}
	g, err := d.engine.Look(ctx, f.ID, p, maxShownImage)
	if err != nil {
		return Content{}, told("look at "+p.String(), err)
	}
	out := Content{Size: g.Size, Modified: time.Unix(0, g.Modified).UTC()}
	out.judge(g.Data)
	return out, nil
}

func (d *Desk) keptContent(ctx context.Context, f *Shared, p index.Path, id string) (Content, error) {
	kept, err := d.engine.Versions(ctx, f.ID, p)
	if err != nil {
		return Content{}, told("list versions of "+p.String(), err)
	}
	k, err := pick(kept, p, id)
	if err != nil {
		return Content{}, err
	}
	out := Content{Size: k.Size, Modified: time.Unix(0, k.Modified).UTC()}
	first := &firstBytes{most: maxShownImage}
	if err := d.engine.Export(ctx, f.ID, k, first); err != nil && !errors.Is(err, errEnough) {
		return Content{}, told("look at "+p.String(), err)
	}
	out.judge(first.data)
	return out, nil
}

var errEnough = errors.New("enough was read")

// firstBytes is a writer that keeps the first bytes, and then wants no more.
type firstBytes struct {
	data []byte
	most int
}

func (w *firstBytes) Write(p []byte) (int, error) {
	n := min(len(p), w.most-len(w.data))
	w.data = append(w.data, p[:n]...)
	if n < len(p) {
		return n, errEnough
	}
	return n, nil
}

var _ io.Writer = (*firstBytes)(nil)

// showContent answers what a file holds.
func (s *Server) showContent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	c, err := s.desk.content(r.Context(), Command{Folder: q.Get("folder"), Path: q.Get("path"), Version: q.Get("version")})
	answer(w, c, err)
}
