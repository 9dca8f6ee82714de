package control

import (
	"context"
	"strings"
	"time"
)

// loginLife is how long the way to the page is open, unless said shorter.
const loginLife = time.Minute

// maxPlace is how long a place on the page may be, in bytes: room for any path.
const maxPlace = 16 << 10

// open returns the way to the page.
func (d *Desk) open(ctx context.Context, c Command) (Reply, error) {
	place := strings.TrimPrefix(c.Place, "#")
	switch {
	case d.page == nil:
		return Reply{}, failed("this Kith serves no page")
	case place != "" && !strings.HasPrefix(place, "/"), len(place) > maxPlace:
		return Reply{}, usage("%q is no place on the page", c.Place).Hint("leave it out, or say one such as /conflicts")
	}
	life := loginLife
	if c.For > 0 {
		life = min(life, time.Duration(c.For)*time.Second)
	}
	url, err := d.page.Login(ctx, place, c.Direct, life)
	return Reply{URL: url}, err
}
