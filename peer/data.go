package peer

import (
	"time"

	"kith/peer/wire"
)

// byeTime is how long the control connection has to tell why the data connection
// was closed.
const byeTime = time.Second

// readData reads the other device's fetches and the answers to ours.
func (s *Session) readData() error {
	for {
		s.data.meter.between()
		m, err := s.data.in.Next()
		if err != nil {
			pause(s.ctx, byeTime)
			return err
		}
		switch m := m.(type) {
		case *wire.Piece:
			err = s.receive(m)
		case *wire.Fetch:
			err = s.serving.start(s, m)
		case *wire.Cancel:
			s.serving.stop(m.ID)
		case *wire.Ping:
		default:
			err = protocolError("%v on the data connection", m.Type())
		}
		if err != nil {
			return err
		}
	}
}

// writeData writes our questions and our answers as they come. Where both wait
// it takes now one, now the other.
func (s *Session) writeData() error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	ping, err := wire.AppendFrame(nil, new(wire.Ping))
	if err != nil {
		return err
	}
	for {
		var err error
		select {
		case parcel := <-s.serving.parcels:
			err = s.writeParcel(parcel)
		case frame := <-s.fetches.asks:
			_, err = s.data.conn.Write(frame)
		case <-s.fetches.cancelled:
			err = s.writeCancels()
		case <-tick.C:
			_, err = s.data.conn.Write(ping)
		case <-s.ctx.Done():
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *Session) writeParcel(parcel *buffer) error {
	defer s.written(parcel)
	s.data.wide.cork()
	if _, err := s.data.conn.Write(parcel.b); err != nil {
		return err
	}
	return s.data.wide.uncork()
}

func (s *Session) writeCancels() error {
	w := wire.NewWriter(s.data.conn)
	for _, id := range s.fetches.takeCancels() {
		if err := w.Write(&wire.Cancel{ID: id}); err != nil {
			return err
		}
	}
	return nil
}
