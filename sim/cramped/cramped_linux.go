package cramped

import (
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Write calls write while no file of this process can grow beyond a size, in bytes:
// a write that crosses it is a short one, the next is an error. That holds for
// everything else that the process writes meanwhile, so that nothing should.
func Write(size uint64, write func() error) error {
	var usual unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &usual); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ) // it would end the process; a full disk sends none
	defer signal.Reset(syscall.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: usual.Max}); err != nil {
		return err
	}
	err := write()
	if back := unix.Setrlimit(unix.RLIMIT_FSIZE, &usual); back != nil {
		panic(back) // nothing could be written any more
	}
	return err
}
