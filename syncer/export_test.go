package syncer

import "kith/index"

// Settling returns how many paths of a folder are remembered for a state that may not last.
func (e *Engine) Settling(id index.FolderID) (n int) {
	f := e.folder(id)
	for _, s := range []*settling{&f.gone, &f.come, &f.wet, &f.stirred, &f.unrest} {
		s.mu.Lock()
		n += len(s.paths) + len(s.was)
		s.mu.Unlock()
	}
	return n
}

// Received reports whether what another one made came here as it is.
func Received(have index.File, others []index.Holding) bool { return received(have, others) }
