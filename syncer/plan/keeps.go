package plan

import "kith/index"

// Keeps says what of a folder has its place on this device. The zero Keeps: all
// of it. It decides only about what is not here: what is, is followed.
type Keeps struct {
	some  bool
	rules map[index.Path]bool
}

// KeepSome returns the Keeps of a device that keeps what lies at and below some
// paths, but for what lies at and below others. Of two rules that fit, the one
// for the deeper path counts.
func KeepSome(keep, leave []index.Path) Keeps {
	k := Keeps{some: true, rules: make(map[index.Path]bool, len(keep)+len(leave))}
	for _, p := range leave {
		k.rules[p] = false
	}
	for _, p := range keep {
		k.rules[p] = true
	}
	return k
}

// All reports whether the whole folder has its place here, whatever comes.
func (k Keeps) All() bool { return !k.some }

// Wants reports whether a path has its place on this device.
func (k Keeps) Wants(p index.Path) bool {
	for k.some {
		if wants, ok := k.rules[p]; ok {
			return wants
		}
		if p.IsRoot() {
			return false
		}
		p = p.Parent()
	}
	return true
}
