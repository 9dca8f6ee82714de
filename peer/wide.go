package peer

// wide lets TLS, which reads and writes records of 16 KiB, pass more to the system
// at a time. On a fast link, calling it for each record is what costs most.
type wide struct {
	*meter
	buf     []byte // nil until widen: then what was read ahead lies in it
	unread  []byte // of buf
	corked  bool
	pending []byte // written while corked
}

const wideBytes = 128 << 10

// widen makes reading and writing wide from now on.
func (w *wide) widen() { w.buf = make([]byte, wideBytes) }

func (w *wide) Read(b []byte) (int, error) {
	if w.buf == nil {
		return w.meter.Read(b)
	}
	if len(w.unread) == 0 {
		n, err := w.meter.Read(w.buf)
		if n == 0 {
			return 0, err
		}
		w.unread = w.buf[:n]
	}
	n := copy(b, w.unread)
	w.unread = w.unread[n:]
	return n, nil
}

func (w *wide) Write(b []byte) (int, error) {
	if !w.corked {
		return w.meter.Write(b)
	}
	if len(w.pending)+len(b) > wideBytes {
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	w.pending = append(w.pending, b...)
	return len(b), nil
}

// cork holds back what is written from now on, up to a point, until uncork.
func (w *wide) cork() { w.corked = true }

// uncork writes what was held back.
func (w *wide) uncork() error {
	w.corked = false
	return w.flush()
}

func (w *wide) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	_, err := w.meter.Write(w.pending)
	w.pending = w.pending[:0]
	return err
}
