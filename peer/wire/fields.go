package wire

import "fmt"

// The fields of each message. Tags are never reused; a new field gets the next
// number.

func (m *Hello) fields(c coder) {
	c.number(1, ^uint64(0), &m.Version)
	c.text(2, MaxText, &m.App)
	c.text(3, MaxText, &m.Name)
	c.exact(4, m.Session[:])
	flag(c, 5, &m.Data)
	c.exact(6, m.Instance[:])
	small(c, 7, &m.Port)
	c.unknown(&m.Unknown)
}

func (m *Folders) fields(c coder) {
	c.list(1, (*memberships)(&m.Lists))
	c.unknown(&m.Unknown)
}

func (m *Subscribe) fields(c coder) {
	c.exact(1, m.Folder[:])
	small(c, 2, &m.Heard.Epoch)
	small(c, 3, &m.Heard.Seq)
	small(c, 4, &m.Mine.Epoch)
	small(c, 5, &m.Mine.Seq)
	flag(c, 6, &m.Browses)
	c.number(7, ^uint64(0), &m.Life)
	flag(c, 8, &m.Alone)
	c.unknown(&m.Unknown)
}

func (m *Unsubscribe) fields(c coder) {
	c.exact(1, m.Folder[:])
	flag(c, 2, &m.Left)
	c.text(3, MaxText, &m.Reason)
	c.unknown(&m.Unknown)
}

func (m *Update) fields(c coder) {
	c.exact(1, m.Folder[:])
	small(c, 2, &m.Epoch)
	small(c, 3, &m.From)
	small(c, 4, &m.To)
	small(c, 5, &m.Latest)
	c.list(6, (*files)(&m.Files))
	c.number(7, ^uint64(0), &m.Life)
	c.unknown(&m.Unknown)
}

func (m *WantBlocks) fields(c coder) {
	c.number(1, ^uint64(0), &m.ID)
	c.exact(2, m.Folder[:])
	path(c, 3, &m.Path)
	c.exact(4, m.Root[:])
	c.unknown(&m.Unknown)
}

func (m *GiveBlocks) fields(c coder) {
	c.number(1, ^uint64(0), &m.ID)
	c.list(2, (*blocks)(&m.Blocks))
	flag(c, 3, &m.More)
	c.text(4, MaxText, &m.Gone)
	c.unknown(&m.Unknown)
	if m.Gone != "" && (m.More || len(m.Blocks) > 0) {
		c.invalid(fmt.Errorf("a list that is gone has blocks"))
	}
}

func (m *Fetch) fields(c coder) {
	c.number(1, ^uint64(0), &m.ID)
	c.exact(2, m.Folder[:])
	c.list(3, (*wants)(&m.Wants))
	c.unknown(&m.Unknown)
}

func (m *Cancel) fields(c coder) {
	c.number(1, ^uint64(0), &m.ID)
	c.unknown(&m.Unknown)
}

func (m *Ping) fields(c coder) {
	c.number(1, ^uint64(0), &m.ID)
	c.unknown(&m.Unknown)
}

func (m *Pong) fields(c coder) {
	c.number(1, ^uint64(0), &m.ID)
	c.unknown(&m.Unknown)
}

func (m *Bye) fields(c coder) {
	c.text(1, MaxText, &m.Reason)
	c.unknown(&m.Unknown)
}

func (m *Release) fields(c coder) {
	c.bytes(1, MaxSums, &m.Sums)
	c.bytes(2, MaxSignature, &m.Signature)
	c.unknown(&m.Unknown)
}
