package plan

import (
	"slices"

	"kith/index"
)

// act decides about the paths there is news of, save those that skip chooses,
// and carries out what was decided: what goes first, children before parents;
// then what comes, parents before children. It reports whether anything changed.
func (d *device) act(skip func() bool) bool {
	if len(d.news) == 0 {
		return false
	}
	news := slices.Clone(d.news)
	d.news = d.news[:0]
	slices.SortFunc(news, func(n, m int) int { return d.w.paths[n].Compare(d.w.paths[m]) })
	before := len(d.log)
	batch := d.batch[:0]
	for _, n := range news {
		d.newsful[n] = false
		if skip() {
			d.tell(n)
			batch = append(batch, Action{})
			continue
		}
		a := d.w.decide(d.folder, d.about(n))
		if a.Verb == Keep {
			d.say("keep %s", d.w.paths[n])
		}
		batch = append(batch, a)
	}
	for i, n := range slices.Backward(news) {
		switch {
		case batch[i].Want.Kind != index.Deleted:
		case batch[i].Verb == Adopt && d.waits(n):
			d.tell(n)
		default:
			d.carry(n, batch[i])
		}
	}
	for i, n := range news {
		switch want := batch[i].Want; {
		case want.Kind == index.Deleted:
		case want.Live() && want.Kind != index.Directory && d.hides(n):
			d.tell(n)
		default:
			d.carry(n, batch[i])
		}
	}
	d.batch = batch
	return len(d.log) != before
}

// waits reports whether there is news of something below a path that was left for
// another time. Then it is too early to say that the path is gone: who has it would
// keep it for what is in it.
func (d *device) waits(n int) bool {
	return slices.ContainsFunc(d.news, func(m int) bool { return d.w.within(m, n) })
}

// hides reports whether it was left for another time to note that something below a path
// is gone. Then it is too early for anything but a directory to lie there: who has one, and
// hears of that alone, would keep it for what is in it.
func (d *device) hides(n int) bool {
	return slices.ContainsFunc(d.news, func(m int) bool {
		if !d.w.within(m, n) {
			return false
		}
		a := d.w.decide(d.folder, d.about(m))
		return a.Verb == Adopt && a.Want.Kind == index.Deleted
	})
}

// carry carries out one action, or leaves it for another time.
func (d *device) carry(n int, a Action) {
	if a.Verb == Keep {
		return
	}
	if a.Have.Seq != d.have[n].Seq {
		d.tell(n) // decided on what is no more
		return
	}
	if d.tree[n].kind == index.Directory && a.Want.Kind != index.Directory {
		lives, stays := d.below(n)
		if stays {
			d.say("reassert %s %s", d.tree[n].kind, d.w.paths[n])
			if d.w.reasserted != nil {
				d.w.reasserted(d, n)
			}
			d.commit(n, d.w.reassert(d.folder, d.about(n)))
			return
		}
		if lives {
			d.tell(n)
			return
		}
	}
	if d.redirect(n, a) {
		return
	}
	if !d.reaches(n, a.Want) {
		d.tell(n)
		if a = d.w.decide(d.folder, d.amongLinked(d.about(n))); a.Verb == Keep || !d.reaches(n, a.Want) || d.folder.Robs(d.about(n), a) {
			d.say("nobody here has the content of %s", d.w.paths[n])
			return
		}
	}
	if a.Want.Live() && !d.shelter(d.w.parents[n]) {
		d.say("others have to bring back a directory above %s", d.w.paths[n])
		d.tell(n)
		return
	}
	d.put(n, a)
}

// redirect carries out a, if it is about an edit of something that was moved.
func (d *device) redirect(n int, a Action) bool {
	if a.Have.Kind != index.Deleted || a.Want.Kind != index.Regular {
		return false
	}
	m := slices.IndexFunc(d.tree, func(o object) bool { return o.root == a.Have.Root })
	if m < 0 {
		return false
	}
	c := d.about(n)
	c.Others = slices.Clone(c.Others) // the next one is gathered in the same place
	edit, gone, ok := d.folder.Redirect(c, d.about(m))
	if !ok || !d.reaches(n, edit.Want) {
		return false
	}
	if d.w.redirected != nil {
		d.w.redirected(n, m)
	}
	d.put(m, edit)
	d.put(n, gone)
	return true
}

// put makes the tree look like a.Want, and then the index.
func (d *device) put(n int, a Action) {
	d.say("%s %s", a, d.w.paths[n])
	if a.Loser {
		d.setAside(n)
	}
	d.tree[n] = objectOf(a.Want)
	d.commit(n, a.Want)
}

// below reports whether anything lives below a directory, and whether any of
// that is not about to go.
func (d *device) below(dir int) (lives, stays bool) {
	for n := dir + 1; n < len(d.tree); n++ {
		if d.tree[n].kind == index.Absent || !d.w.within(n, dir) {
			continue
		}
		lives = true
		a := d.w.decide(d.folder, d.about(n))
		if (a.Verb == Keep || a.Want.Live()) && !d.folder.Awaits(d.about(n)) {
			return true, true
		}
	}
	return lives, false
}

// reaches reports whether the content of want can be had now: here, or from a
// device that said it holds it and still does.
func (d *device) reaches(n int, want index.File) bool {
	if want.Kind != index.Regular || d.tree[n].root == want.Root {
		return true
	}
	for i, e := range d.w.devices {
		if d.linked[i] && d.heard[i][n].Root == want.Root && e.tree[n].root == want.Root {
			return true
		}
	}
	return slices.ContainsFunc(d.tree, func(o object) bool { return o.root == want.Root })
}

// amongLinked leaves out of a case what devices said that are not connected.
func (d *device) amongLinked(c index.Case) index.Case {
	c.Others = slices.DeleteFunc(c.Others, func(o index.Holding) bool {
		return !d.linked[o.Device[0]-1]
	})
	return c
}

// shelter sees to it that a directory lies at path n, unless others have to.
func (d *device) shelter(n int) bool {
	if n < 0 || d.tree[n].kind == index.Directory {
		return true
	}
	if !d.shelter(d.w.parents[n]) {
		return false
	}
	a, ok := d.folder.Shelter(d.about(n))
	if ok {
		d.put(n, a)
	}
	return ok
}

// setAside makes a conflict copy of what lies at path n, unless there is one with
// that content, or will be.
func (d *device) setAside(n int) {
	loser := d.have[n].File
	if p, ok := d.keptAside(loser); ok {
		d.say("%s lies aside already as %s", loser.Path, p)
		return
	}
	for p, exact := range d.folder.ConflictPaths(loser) {
		to := d.w.number(p)
		if d.have[to].SameContent(loser) {
			d.say("%s lies aside already as %s", loser.Path, p)
			return
		}
		if d.tree[to].kind != index.Absent || !exact && d.folder.Taken(d.about(to), loser) {
			continue
		}
		aside, ok := d.folder.Aside(d.about(to), loser)
		if !ok {
			d.say("%s lay aside as %s, and somebody took it away", loser.Path, p)
			return
		}
		d.say("set %s aside as %s", loser.Path, p)
		d.tree[to] = objectOf(loser)
		d.commit(to, aside)
		return
	}
	d.w.breaks("%s: no name left to set %s aside", d.name, loser.Path)
}

// keptAside finds the conflict copy of a file that has a loser's content, here or
// among what others told.
func (d *device) keptAside(loser index.File) (index.Path, bool) {
	for m, p := range d.w.paths {
		if p == loser.Path || p.Parent() != loser.Path.Parent() || stripMark(p.Name()) != stripMark(loser.Path.Name()) {
			continue
		}
		if _, _, ok := ParseConflict(p); !ok {
			continue
		}
		if latest, _ := d.folder.Latest(d.about(m)); latest.SameContent(loser) {
			return p, true
		}
	}
	return index.Path{}, false
}
