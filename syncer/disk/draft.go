package disk

import (
	"bytes"
	"container/list"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"kith/index"
)

// draft is a file on its way: content that is being gathered under Kith's own
// directory. Its name follows from what it is to become, so that a later
// attempt finds it.
type draft struct {
	name string
	turn *list.Element
	used time.Time // the last time

	file  *file // nil while closed
	users int   // Fills under way; the file stays open for them
	fresh bool  // made by us: what was not written is a hole
	known bool  // it was opened or made since the start
	end   int64 // one past the last byte that a Fill wrote
	have  ranges
}

// openDrafts knows the drafts that were touched since the start, and keeps the
// latest ones open.
type openDrafts struct {
	sync.Mutex // guards all of it, and all drafts but their bytes
	byName     map[string]*draft
	recent     *list.List // open ones without users too, the latest in front
}

// idleAfter is how long a draft that nobody writes to stays open.
const idleAfter = time.Minute

// maxOpenDrafts bounds the file handles that drafts hold: some batches of small
// files, each of which then is opened once.
const maxOpenDrafts = 1024

func (o *openDrafts) init() {
	o.byName, o.recent = map[string]*draft{}, list.New()
}

// draftName is the name of the draft of want.
func draftName(want index.File) string {
	key := make([]byte, 0, 64+len(want.Path.String())+len(want.Target))
	key = append(key, byte(want.Kind))
	key = append(key, want.Root[:]...)
	key = append(append(key, want.Path.String()...), 0)
	key = append(key, want.Target...)
	sum := index.Sum(key)
	return hex.EncodeToString(sum[:16])
}

// use hands out the draft of want, open, until release. make says that it shall
// be made if there is none.
func (t *Tree) use(want index.File, make bool) (*draft, error) {
	name := draftName(want)
	t.open.Lock()
	defer t.open.Unlock()
	d := t.open.byName[name]
	if d == nil {
		d = &draft{name: name}
	}
	if d.file == nil {
		if err := t.openDraft(d, want.Mode, make); err != nil {
			return nil, err
		}
		t.open.byName[name] = d
		d.turn = t.open.recent.PushFront(d)
		t.open.shrink()
	} else {
		t.open.recent.MoveToFront(d.turn)
	}
	d.users++
	d.used = time.Now()
	t.open.closeIdle(d.used)
	return d, nil
}

func (t *Tree) openDraft(d *draft, mode uint32, make bool) (err error) {
	if !d.known && make {
		d.file, err = t.drafts.create(d.name, mode)
		d.fresh, d.known = err == nil, true
		if !isExist(err) {
			return err
		}
	}
	if d.file, err = t.drafts.write(d.name); err != nil {
		return err
	}
	d.known = true
	at, err := statFile(d.file.File)
	if err == nil && at.kind != index.Regular {
		err = errSpecial
	}
	if err != nil {
		d.file.Close()
		d.file = nil
	}
	return err
}

// closeIdle closes those that were not used for a while. The lock is held.
func (o *openDrafts) closeIdle(now time.Time) {
	for e := o.recent.Back(); e != nil; {
		d, before := e.Value.(*draft), e.Prev()
		if now.Sub(d.used) < idleAfter {
			return
		}
		if d.users == 0 {
			o.shut(d)
		}
		e = before
	}
}

// shrink closes the drafts used least lately. The lock is held.
func (o *openDrafts) shrink() {
	for e := o.recent.Back(); e != nil && o.recent.Len() > maxOpenDrafts; {
		d, before := e.Value.(*draft), e.Prev()
		if d.users == 0 {
			o.shut(d)
		}
		e = before
	}
}

// shut closes a draft's file and keeps what is known of it. The lock is held.
func (o *openDrafts) shut(d *draft) error {
	if d.file == nil {
		return nil
	}
	o.recent.Remove(d.turn)
	f := d.file
	d.file, d.turn = nil, nil
	return f.Close()
}

func (o *openDrafts) release(d *draft) {
	o.Lock()
	d.users--
	o.Unlock()
}

// wrote notes that a stretch of the draft now holds the right bytes.
func (o *openDrafts) wrote(d *draft, from, to int64) {
	o.Lock()
	d.have.add(from, to)
	o.Unlock()
}

func (o *openDrafts) closeAll() {
	o.Lock()
	defer o.Unlock()
	for _, d := range o.byName {
		o.shut(d)
	}
	clear(o.byName)
}

// Fill writes verified bytes into the draft of want, which is made if need be.
func (t *Tree) Fill(want index.File, off int64, data []byte) error {
	if err := t.fill(want, off, data); err != nil {
		return fmt.Errorf("fill draft of %s: %w", want.Path, err)
	}
	return nil
}

func (t *Tree) fill(want index.File, off int64, data []byte) error {
	if off < 0 || off+int64(len(data)) > want.Size {
		return fmt.Errorf("bytes %d to %d of %d", off, off+int64(len(data)), want.Size)
	}
	d, err := t.use(want, true)
	if err != nil {
		return err
	}
	defer t.open.release(d)
	end, err := d.write(off, data)
	if err != nil {
		return err
	}
	t.open.wrote(d, off, off+int64(len(data)))
	t.open.reached(d, end)
	return nil
}

func (o *openDrafts) reached(d *draft, end int64) {
	o.Lock()
	d.end = max(d.end, end)
	o.Unlock()
}

// hole is the least stretch of zeros that is left out: what disks give a hole.
const hole = 64 << 10

var zeros [hole]byte

// write writes data at off, and leaves holes where whole aligned stretches of it
// are zero and nothing else was written before. It returns the end of what it
// wrote.
func (d *draft) write(off int64, data []byte) (end int64, err error) {
	if !d.fresh || len(data) < hole {
		_, err := d.file.WriteAt(data, off)
		return off + int64(len(data)), err
	}
	for len(data) > 0 {
		n, empty := run(off, data)
		if !empty {
			if _, err := d.file.WriteAt(data[:n], off); err != nil {
				return 0, err
			}
			end = off + int64(n)
		}
		off, data = off+int64(n), data[n:]
	}
	return end, nil
}

// run returns how far data, which lies at off, goes on as it begins: as whole
// aligned stretches of zeros, or as anything else.
func run(off int64, data []byte) (n int, empty bool) {
	for n < len(data) {
		piece := min(int(hole-(off+int64(n))%hole), len(data)-n)
		zero := piece == hole && bytes.Equal(data[n:n+piece], zeros[:])
		if n > 0 && zero != empty {
			break
		}
		n, empty = n+piece, zero
	}
	return n, empty
}

// Discard removes the draft of want.
func (t *Tree) Discard(want index.File) error {
	if err := t.discard(draftName(want)); err != nil {
		return fmt.Errorf("discard draft of %s: %w", want.Path, err)
	}
	return nil
}

func (t *Tree) discard(name string) error {
	t.open.forget(name)
	if err := t.drafts.unlink(name); err != nil && !isNotExist(err) {
		return err
	}
	return nil
}

// forget closes a draft and drops what is known of it.
func (o *openDrafts) forget(name string) {
	o.Lock()
	defer o.Unlock()
	if d := o.byName[name]; d != nil {
		o.drop(d)
	}
}

// drop closes a draft and drops what is known of it. The lock is held.
func (o *openDrafts) drop(d *draft) {
	o.shut(d)
	delete(o.byName, d.name)
}

// unused drops what is known of a draft, unless somebody writes to it.
func (o *openDrafts) unused(name string) bool {
	o.Lock()
	defer o.Unlock()
	d := o.byName[name]
	if d != nil && d.users > 0 {
		return false
	}
	if d != nil {
		o.drop(d)
	}
	return true
}

var errBlock = errors.New("the bytes do not have the block's hash")
