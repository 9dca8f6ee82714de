package disk

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"kith/index"
	"kith/syncer/plan"
)

// smallFiles are n new files of 4 KiB, a hundred in a directory, with the steps
// that put them.
func smallFiles(n int) (steps []plan.Step, data []byte) {
	data = bytes.Repeat([]byte("kith"), 1024)
	blocks := []index.Block{{Hash: index.Sum(data), Size: uint32(len(data))}}
	for i := range n {
		if i%100 == 0 {
			p := index.MustPath(fmt.Sprintf("d%04d", i/100))
			steps = append(steps, plan.Step{Want: index.File{Path: p, Kind: index.Directory, Mode: 0o755}})
		}
		steps = append(steps, plan.Step{Want: index.File{
			Path: index.MustPath(fmt.Sprintf("d%04d/f%05d", i/100, i)), Kind: index.Regular, Size: int64(len(data)),
			Modified: 1_700_000_000_123_456_789, Mode: 0o644, Blocks: blocks, Root: index.RootOf(blocks),
		}})
	}
	return steps, data
}

func benchSmall(b *testing.B, dir string) {
	const batch = 1000
	p := newPlaceIn(b, dir)
	steps, data := smallFiles(b.N)
	b.ResetTimer()
	for len(steps) > 0 {
		n := min(batch, len(steps))
		for _, s := range steps[:n] {
			if s.Want.Kind != index.Regular {
				continue
			}
			if err := p.Fill(s.Want, 0, data); err != nil {
				b.Fatal(err)
			}
		}
		for _, out := range p.Put(context.Background(), steps[:n]) {
			if out.Err != nil {
				b.Fatal(out.Err)
			}
		}
		steps = steps[n:]
	}
}

func BenchmarkSmallFilesInMemory(b *testing.B) { benchSmall(b, memoryDir(b)) }
func BenchmarkSmallFilesOnDisk(b *testing.B)   { benchSmall(b, b.TempDir()) }

func BenchmarkWalk(b *testing.B) {
	p := newPlaceIn(b, memoryDir(b))
	steps, data := smallFiles(20_000)
	for _, s := range steps {
		at := filepath.Join(p.root, s.Want.Path.String())
		if s.Want.Kind == index.Directory {
			os.Mkdir(at, 0o755)
		} else if err := os.WriteFile(at, data[:1], 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		n := 0
		if err := p.Walk(context.Background(), index.Path{}, nil, func(index.Entry) error { n++; return nil }); err != nil || n != len(steps) {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(steps)), "ns/entry")
}
