package disk

import (
	"fmt"
	"time"

	"golang.org/x/sys/windows"
)

// Boot names the life of the machine: another one means that what was only in
// memory is lost. The time of the start is rounded, because it is worked out
// from two clocks; a name that changes for nothing costs a second look at files.
func Boot() string {
	return fmt.Sprint(time.Now().Add(-windows.DurationSinceBoot()).Round(10 * time.Minute).Unix())
}
