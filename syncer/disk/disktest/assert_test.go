package disktest

import (
	"kith/syncer"
	"kith/syncer/disk"
)

var _ syncer.Tree = (*disk.Tree)(nil)
