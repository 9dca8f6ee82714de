package sqlite

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// changedAt returns when a file was last changed in any way, its name included, in
// units of 100 ns: ChangeTime of FILE_BASIC_INFO. File systems without one say zero.
func changedAt(f *os.File) (int64, error) {
	var basic struct {
		created, accessed, written, changed int64
		attributes                          uint32
	}
	err := windows.GetFileInformationByHandleEx(windows.Handle(f.Fd()), windows.FileBasicInfo,
		(*byte)(unsafe.Pointer(&basic)), uint32(unsafe.Sizeof(basic)))
	return basic.changed, err
}
