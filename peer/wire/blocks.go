package wire

import (
	"encoding/binary"
	"fmt"

	"kith/index"
)

// blocks packs a block list: how many, then of each the hash and the size.
type blocks []index.Block

func (l *blocks) empty() bool { return len(*l) == 0 }

func (l *blocks) check() error {
	if len(*l) > MaxBlocks {
		return fmt.Errorf("%w: %d blocks", ErrTooLarge, len(*l))
	}
	return checkBlocks(*l)
}

func (l *blocks) put(b []byte) []byte { return appendBlocks(b, *l) }

func (l *blocks) get(b []byte) error {
	c := cut{b: b}
	*l = cutBlocks(&c, nil, c.count(MaxBlocks, 33))
	if !c.done() {
		return malformed("list of blocks")
	}
	return checkBlocks(*l)
}

func appendBlocks(b []byte, list []index.Block) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, x := range list {
		b = append(b, x.Hash[:]...)
		b = binary.AppendUvarint(b, uint64(x.Size))
	}
	return b
}

// cutBlocks appends n blocks to list.
func cutBlocks(c *cut, list []index.Block, n int) []index.Block {
	for range n {
		list = append(list, index.Block{Hash: c.hash(), Size: uint32(c.upTo(MaxPiece))})
	}
	return list
}

func checkBlocks(list []index.Block) error {
	for _, b := range list {
		if b.Size == 0 || b.Size > MaxPiece {
			return fmt.Errorf("block of %d bytes", b.Size)
		}
	}
	return nil
}
