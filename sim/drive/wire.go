package drive

import (
	"fmt"
	"strconv"
	"strings"
)

// InterfaceBytes adds up what went in and out of all interfaces but loopback,
// headers included, as /proc/net/dev tells it.
func InterfaceBytes(procNetDev string) (int64, error) {
	var sum int64
	for line := range strings.Lines(procNetDev) {
		name, rest, ok := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		const received, sent = 0, 8
		if !ok || strings.TrimSpace(name) == "lo" || len(fields) <= sent {
			continue
		}
		for _, i := range []int{received, sent} {
			n, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read interface counters: %w", err)
			}
			sum += n
		}
	}
	return sum, nil
}
