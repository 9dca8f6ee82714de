package sqlite

import (
	"encoding/binary"
	"fmt"

	"kith/index"
)

// appendIdentity writes id by how it differs from f: hardly ever much.
func appendIdentity(b []byte, id index.Identity, f index.File) []byte {
	b = binary.AppendUvarint(b, id.Inode)
	b = binary.AppendVarint(b, id.Size-f.Size)
	b = binary.AppendVarint(b, id.Modified-f.Modified)
	b = binary.AppendVarint(b, id.Changed-id.Modified)
	return binary.AppendUvarint(b, uint64(id.Mode^f.Mode))
}

func (r *reader) identity(f index.File) index.Identity {
	id := index.Identity{Inode: r.uvarint()}
	id.Size = f.Size + r.varint()
	id.Modified = f.Modified + r.varint()
	id.Changed = id.Modified + r.varint()
	mode := r.uvarint()
	id.Mode = f.Mode ^ uint32(mode)
	r.bad = r.bad || mode > 1<<32-1
	return id
}

// encodeRecord writes our record of a path, bound to its key and its Seq.
func encodeRecord(rec index.Record, key []byte) []byte {
	b := appendFile(make([]byte, 0, 112), rec.File, false)
	b = appendIdentity(b, rec.Identity, rec.File)
	return seal(b, key, uint64(rec.Seq))
}

// decodeRecord reads what encodeRecord wrote. Blocks has the block of a single
// file. Its error wraps ErrCorrupt.
func decodeRecord(b, key []byte, p index.Path, seq index.Seq) (index.Record, error) {
	body, err := unseal(b, key, uint64(seq))
	if err != nil {
		return index.Record{}, err
	}
	r := reader{b: body}
	rec := index.Record{File: r.file(p), Seq: seq}
	rec.Identity = r.identity(rec.File)
	if r.bad || len(r.b) > 0 || seq == 0 {
		return index.Record{}, fmt.Errorf("%w: the record of %s makes no sense", ErrCorrupt, p)
	}
	return rec, nil
}

// held is what another device, known by its ear, holds at a path.
type held struct {
	ear  uint64
	file index.File
}

// encodeOthers writes what other devices hold. Of one that holds just what we
// have, only its ear is written.
func encodeOthers(others []held, have index.File, key []byte) []byte {
	if len(others) == 0 {
		return nil
	}
	b := make([]byte, 0, 16)
	for _, o := range others {
		if identical(o.file, have) {
			b = binary.AppendUvarint(b, o.ear<<1)
			continue
		}
		b = binary.AppendUvarint(b, o.ear<<1|1)
		b = appendFile(b, o.file, true)
	}
	return seal(b, key, 0)
}

// decodeOthers reads what encodeOthers wrote, beside the same record. Its error
// wraps ErrCorrupt.
func decodeOthers(b, key []byte, have index.File, p index.Path) ([]held, error) {
	if len(b) == 0 {
		return nil, nil
	}
	body, err := unseal(b, key, 0)
	if err != nil {
		return nil, err
	}
	var out []held
	for r := (reader{b: body}); len(r.b) > 0; {
		ear := r.uvarint()
		o := held{ear: ear >> 1, file: have}
		o.file.Blocks = nil
		if ear&1 != 0 {
			o.file = r.file(p)
		}
		if r.bad || o.file.Kind == index.Absent {
			return nil, fmt.Errorf("%w: what others hold at %s makes no sense", ErrCorrupt, p)
		}
		out = append(out, o)
	}
	return out, nil
}

// identical reports whether f and g are equal in everything but their Blocks.
func identical(f, g index.File) bool {
	return f.Kind == g.Kind && f.Size == g.Size && f.Modified == g.Modified && f.Mode == g.Mode &&
		f.Target == g.Target && f.Root == g.Root && f.By == g.By && f.Version.Compare(g.Version) == index.Equal
}
