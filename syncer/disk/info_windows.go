package disk

import (
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"

	"kith/index"
)

func lookAt(path string, flags uint32) (info, error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return info{}, err
	}
	const shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(p, windows.FILE_READ_ATTRIBUTES, shareAll, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_BACKUP_SEMANTICS|flags, 0)
	if err != nil {
		return info{}, &fs.PathError{Op: "look at", Path: path, Err: err}
	}
	defer windows.CloseHandle(h)
	return statHandle(h)
}

func statFile(f *os.File) (info, error) { return statHandle(windows.Handle(f.Fd())) }

// basicInfo is FILE_BASIC_INFO: times in 100 ns since 1601.
type basicInfo struct {
	created, accessed, written, changed int64
	attributes                          uint32
	_                                   uint32
}

func statHandle(h windows.Handle) (info, error) {
	var b windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &b); err != nil {
		return info{}, err
	}
	n := info{kind: index.Regular, dev: uint64(b.VolumeSerialNumber), id: index.Identity{
		Inode:    uint64(b.FileIndexHigh)<<32 | uint64(b.FileIndexLow),
		Size:     int64(b.FileSizeHigh)<<32 | int64(b.FileSizeLow),
		Modified: b.LastWriteTime.Nanoseconds(),
		Mode:     0o644,
	}}
	var basic basicInfo
	if windows.GetFileInformationByHandleEx(h, windows.FileBasicInfo, (*byte)(unsafe.Pointer(&basic)), uint32(unsafe.Sizeof(basic))) == nil {
		t := windows.Filetime{LowDateTime: uint32(basic.changed), HighDateTime: uint32(basic.changed >> 32)}
		n.id.Changed = t.Nanoseconds()
	}
	isDir := b.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0
	switch {
	case b.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0:
		n.kind = reparseKind(h)
	case isDir:
		n.kind, n.id.Mode = index.Directory, 0o755
	}
	return n, nil
}

// reparseKind tells a symbolic link from the other things that stand in for
// something else: junctions, placeholders of cloud drives.
func reparseKind(h windows.Handle) index.Kind {
	var tag struct{ attributes, tag uint32 }
	err := windows.GetFileInformationByHandleEx(h, windows.FileAttributeTagInfo, (*byte)(unsafe.Pointer(&tag)), uint32(unsafe.Sizeof(tag)))
	if err == nil && tag.tag == windows.IO_REPARSE_TAG_SYMLINK {
		return index.Symlink
	}
	return index.Absent
}
