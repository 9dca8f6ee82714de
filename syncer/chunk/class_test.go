package chunk

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const mib, gib = int64(1) << 20, int64(1) << 30

func TestClassOfNewFiles(t *testing.T) {
	for _, tt := range []struct {
		size int64
		want Class
	}{
		{0, Class64K}, {1, Class64K}, {256 * mib, Class64K},
		{256*mib + 1, Class128K}, {gib, Class128K},
		{2 * gib, Class256K}, {4 * gib, Class256K},
		{10 * gib, Class512K}, {40 * gib, Class1M}, {64*gib + 1, Class2M},
		{MaxSize, Class2M}, {1<<63 - 1, Class2M},
	} {
		if got := ClassFor(tt.size, 0); got != tt.want {
			t.Errorf("a new file of %d bytes has class %d, want %d", tt.size, got, tt.want)
		}
	}
}

func TestAFileKeepsItsClassWithinFourTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 4<<40).Draw(t, "size")
		class := ClassFor(size, 0)
		now := rapid.Int64Range(size/4+1, size*4-1).Draw(t, "now")
		if got := ClassFor(now, class); got != class {
			t.Fatalf("from %d to %d bytes: class %d became %d", size, now, class, got)
		}
	})
}

func TestAFileOutgrowsItsClass(t *testing.T) {
	for class := smallest; class < largest; class++ {
		if size := class.limit()*4 + 1; ClassFor(size, class) == class {
			t.Errorf("class %d is kept at %d bytes", class, size)
		}
		if size := class.limit() / 4; ClassFor(size, class+1) == class+1 {
			t.Errorf("class %d is kept at %d bytes", class+1, size)
		}
	}
}

// The class of a file is read off its blocks, also where its size would by now
// have given it another one.
func TestClassOfBlocks(t *testing.T) {
	for class := smallest; class <= largest; class++ {
		_, avg, most := class.Sizes()
		for kind, data := range map[string][]byte{
			"random": fastRandom(uint64(class), 12*avg),
			"zeros":  make([]byte, 2*most),
			"mixed":  append(fastRandom(uint64(class), 4*avg), make([]byte, 3*most)...),
		} {
			unit := SplitBytes(data, class)
			for _, size := range []int64{class.limit() / 2, class.limit(), class.limit() * 3, class.limit() / 5} {
				n := int(size / sizeOf(unit))
				if got := ClassOf(slices.Repeat(unit, n)); got != class {
					t.Errorf("%s of %d bytes, cut by class %d, are taken for class %d", kind, size, class, got)
				}
			}
		}
	}
	if got := ClassOf(nil); got != 0 {
		t.Errorf("no blocks have class %d", got)
	}
}
