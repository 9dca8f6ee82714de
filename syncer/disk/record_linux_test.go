package disk

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"kith/index"
)

// recorder keeps a record of what is done to a disk, and the model of how it
// lies there now.
type recorder struct {
	sync.Mutex
	root   string
	start  *model // before the first of changes
	now    *model // after the last
	next   int
	sure   int // so many changes are durable whatever comes
	log    []mutation
	prefix []*model // by number of changes: what lies there after them
	deaf   string   // a verb that is not recorded, as if it had been left out
	bad    error
}

func newRecorder(root string) (*recorder, error) {
	m, err := loadModel(root)
	if err != nil {
		return nil, err
	}
	return &recorder{root: root, start: m, now: m.clone(), next: len(m.nodes)}, nil
}

// where finds what an open file or directory is in the model.
func (r *recorder) where(fd int) int {
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	rel, ok := strings.CutPrefix(path+"/", r.root+"/")
	if err != nil || !ok {
		return 0
	}
	return r.now.find(strings.TrimSuffix(rel, "/"))
}

// see is the tap.
func (r *recorder) see(o op) error {
	r.Lock()
	defer r.Unlock()
	c := mutation{verb: o.verb, name: o.name, as: o.as, off: o.off, mode: o.mode & 0o777, time: o.time, data: append([]byte(nil), o.data...)}
	if o.dir != nil {
		c.dir = r.where(o.dir.fd)
		if d := r.now.node(c.dir); d != nil && o.name != "" {
			c.node = d.entries[o.name]
		} else {
			c.node = c.dir
		}
	}
	if o.to != nil {
		c.to = r.where(o.to.fd)
		if d := r.now.node(c.to); d != nil {
			c.replaced = d.entries[o.as]
		}
	}
	if o.file != nil {
		c.node = r.where(int(o.file.Fd()))
	}
	switch o.verb {
	case "sub", "list", "open", "lstat", "close":
		return nil
	case "copy":
		c.verb, c.data = "write", make([]byte, o.size)
		if _, err := o.src.ReadAt(c.data, o.at); err != nil {
			r.bad = err
		}
	case "create", "mkdir", "symlink":
		if c.node != 0 {
			return nil // it will be refused
		}
		c.node, r.next = r.next, r.next+1
		c.made = node{kind: map[string]index.Kind{"create": index.Regular, "mkdir": index.Directory, "symlink": index.Symlink}[o.verb], mode: c.mode, target: o.target}
	case "link", "rename new":
		if c.replaced != 0 {
			return nil
		}
	case "exchange":
		if c.replaced == 0 {
			return nil
		}
	}
	if o.verb != r.deaf && r.now.apply(c) {
		r.log = append(r.log, c)
	}
	return nil
}

// check verifies that the record leads to what lies on the disk.
func (r *recorder) check() error {
	r.Lock()
	defer r.Unlock()
	if r.bad != nil {
		return r.bad
	}
	real, err := loadModel(r.root)
	if err != nil {
		return err
	}
	if diff := r.now.differs(real); diff != "" {
		return fmt.Errorf("the record and the disk differ at %s", diff)
	}
	return nil
}
