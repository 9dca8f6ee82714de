package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"

	"kith/index"
)

// ErrUnknown is wrapped when a folder was never opened, or was dropped.
var ErrUnknown = errors.New("folder is not in the index")

// folder is what the database knows about a whole folder. One that others can
// see is never changed: a write works on a copy, which takes its place when
// the write is durable.
type folder struct {
	id          int64
	name        index.FolderID
	epoch       index.Epoch
	seq         index.Seq
	ear         uint64 // the last one given out
	here        index.Amount
	directories int64
	need        index.Amount
	ears        map[uint64]ear
}

// ear is a device that told us its index.
type ear struct {
	device index.DeviceID
	sends  bool
	heard  index.Cursor
	has    index.Amount // our live paths which it has in our version or a newer one
	clings int64        // paths deleted here of which it still holds something else
}

func (f *folder) clone() *folder {
	g := *f
	g.ears = maps.Clone(f.ears)
	return &g
}

// find returns the ear of a device; zero if it was never heard.
func (f *folder) find(d index.DeviceID) (uint64, ear) {
	for n, e := range f.ears {
		if e.device == d {
			return n, e
		}
	}
	return 0, ear{}
}

func (f *folder) sends(ear uint64) bool { return f.ears[ear].sends }

// add adds (sign 1) or takes away (sign -1) what a path adds up to.
func (f *folder) add(s share, sign int64) {
	f.here.Files += sign * s.files
	f.here.Bytes += sign * s.bytes
	f.directories += sign * s.directories
	f.need.Files += sign * s.need.Files
	f.need.Bytes += sign * s.need.Bytes
	for _, es := range s.ears {
		e, ok := f.ears[es.ear]
		if !ok || es == (earShare{ear: es.ear}) {
			continue
		}
		e.has.Files += sign * es.has.Files
		e.has.Bytes += sign * es.has.Bytes
		e.clings += sign * es.clings
		f.ears[es.ear] = e
	}
}

func (f *folder) totals() index.Totals {
	t := index.Totals{Here: f.here, Directories: f.directories, Need: f.need, Lacks: map[index.DeviceID]index.Amount{}}
	for _, e := range f.ears {
		t.Lacks[e.device] = index.Amount{
			Files: f.here.Files + f.directories - e.has.Files + e.clings,
			Bytes: f.here.Bytes - e.has.Bytes,
		}
	}
	return t
}

// numbers are the columns of a folder's row that may change, in their order.
func (f *folder) numbers() []int64 {
	return []int64{int64(f.epoch), int64(f.seq), int64(f.ear),
		f.here.Files, f.here.Bytes, f.directories, f.need.Files, f.need.Bytes}
}

func (e ear) numbers() []int64 {
	sends := int64(0)
	if e.sends {
		sends = 1
	}
	return []int64{sends, int64(e.heard.Epoch), int64(e.heard.Seq), e.has.Files, e.has.Bytes, e.clings}
}

// sum is the crc of a row of numbers that belongs to a name.
func sum(name []byte, numbers []int64) int64 {
	b := make([]byte, 0, 64)
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return int64(crc(name, b))
}

// load reads all folders.
func (x *Index) load(ctx context.Context) error {
	folders := map[index.FolderID]*folder{}
	byID := map[int64]*folder{}
	err := x.w.query(ctx, `SELECT id, name, epoch, seq, ear, files, bytes, directories, need_files, need_bytes, crc FROM folder`,
		nil, func(scan scanner) error {
			f := &folder{ears: map[uint64]ear{}}
			var name []byte
			var check int64
			if err := scan(&f.id, &name, &f.epoch, &f.seq, &f.ear, &f.here.Files, &f.here.Bytes, &f.directories,
				&f.need.Files, &f.need.Bytes, &check); err != nil {
				return err
			}
			if copy(f.name[:], name) != len(name) || check != sum(name, f.numbers()) {
				return fmt.Errorf("%w: the row of folder %x", ErrCorrupt, name)
			}
			folders[f.name], byID[f.id] = f, f
			return nil
		})
	if err == nil {
		err = x.loadDevices(ctx, byID)
	}
	for _, f := range folders {
		if err == nil {
			err = x.checkSeq(ctx, f)
		}
	}
	if err != nil {
		return fmt.Errorf("load folders: %w", err)
	}
	x.publish(folders)
	return nil
}

func (x *Index) loadDevices(ctx context.Context, byID map[int64]*folder) error {
	return x.w.query(ctx, `SELECT folder, name, ear, sends, epoch, seq, has_files, has_bytes, clings, crc FROM device`,
		nil, func(scan scanner) error {
			var id, seq, check int64
			var name []byte
			var number uint64
			var e ear
			if err := scan(&id, &name, &number, &e.sends, &e.heard.Epoch, &seq,
				&e.has.Files, &e.has.Bytes, &e.clings, &check); err != nil {
				return err
			}
			e.heard.Seq = index.Seq(seq) // another device's: may use all 64 bits
			f := byID[id]
			if f == nil || number == 0 || number > f.ear || copy(e.device[:], name) != len(name) || check != sum(name, e.numbers()) {
				return fmt.Errorf("%w: the row of device %x", ErrCorrupt, name)
			}
			f.ears[number] = e
			return nil
		})
}

// checkSeq makes sure that no record is later than the folder says, which would
// give a number out twice.
func (x *Index) checkSeq(ctx context.Context, f *folder) error {
	return x.w.query(ctx, `SELECT coalesce(max(seq), 0) FROM path INDEXED BY path_seq WHERE folder = ? AND seq IS NOT NULL`,
		[]any{f.id}, func(scan scanner) error {
			var last index.Seq
			if err := scan(&last); err != nil {
				return err
			}
			if last > f.seq {
				return fmt.Errorf("%w: folder %s has a record %d beyond its last, %d", ErrCorrupt, f.name.Brief(), last, f.seq)
			}
			return nil
		})
}

// save writes what differs from the folder as it was before.
func (w *write) save(before *folder) error {
	f := w.f
	args := []any{}
	for _, n := range f.numbers() {
		args = append(args, n)
	}
	err := w.exec(`UPDATE folder SET epoch = ?, seq = ?, ear = ?, files = ?, bytes = ?, directories = ?,
		need_files = ?, need_bytes = ?, crc = ? WHERE id = ?`, append(args, sum(f.name[:], f.numbers()), f.id)...)
	for n, e := range before.ears {
		if _, ok := f.ears[n]; err == nil && !ok {
			err = w.exec(`DELETE FROM device WHERE folder = ? AND name = ? AND ear = ?`, f.id, e.device[:], n)
		}
	}
	for n, e := range f.ears {
		if was, ok := before.ears[n]; err == nil && (!ok || was != e) {
			args := []any{f.id, e.device[:], n}
			for _, v := range e.numbers() {
				args = append(args, v)
			}
			err = w.exec(`INSERT OR REPLACE INTO device
				(folder, name, ear, sends, epoch, seq, has_files, has_bytes, clings, crc)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, append(args, sum(e.device[:], e.numbers()))...)
		}
	}
	return err
}
