package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

var packageCode = regexp.MustCompile(`\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}`)

// settleMSI gives the summary of an MSI the time of the release and a code of its
// own instead of those that wixl takes from the clock and by chance. The summary
// is a property set ([MS-OLEPS]): a time has the type 0x40 and counts 100 ns since
// 1601; the code is the only one among its texts.
func (w *workshop) settleMSI(file string, code uuid.UUID) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	start := bytes.Index(b, []byte("Installation Database\x00"))
	if start < 0 {
		return errors.New("the MSI has no summary where wixl writes it")
	}
	summary := b[max(0, start-256):min(len(b), start+1024)]
	codes := packageCode.FindAllIndex(summary, -1)
	typ := []byte{0x40, 0, 0, 0}
	times := bytes.Count(summary, typ)
	if len(codes) != 1 || times == 0 {
		return errors.New("the summary of the MSI is not as wixl writes it")
	}
	copy(summary[codes[0][0]:], "{"+strings.ToUpper(code.String())+"}")
	const since1601 = 11_644_473_600 // seconds until 1970
	for at := bytes.Index(summary, typ); at >= 0 && at+12 <= len(summary); {
		binary.LittleEndian.PutUint64(summary[at+4:], uint64(w.when.Unix()+since1601)*1e7)
		next := bytes.Index(summary[at+12:], typ)
		if next < 0 {
			break
		}
		at += 12 + next
	}
	return os.WriteFile(file, b, 0o644)
}
