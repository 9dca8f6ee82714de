package peer

import (
	"strings"
	"unicode"
)

// maxName is how many letters of what a device calls itself are believed.
const maxName = 32

// printable makes a text from another device harmless to show: at most limit
// letters, none of which does anything but stand there.
func printable(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(s, "") {
		if n == limit {
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			n++
		}
	}
	return strings.TrimSpace(b.String())
}
