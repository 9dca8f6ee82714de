// Package waits says how long tests wait for what comes from outside of them: a
// system, another process, a network. It costs nothing where that comes.
package waits

import (
	"fmt"
	"os"
	"time"
)

// Variable names a shorter patience, as time.ParseDuration reads it: where tests
// are expected to fail, it is waited for in vain.
const Variable = "KITH_PATIENCE"

// Limit is how long it is waited for.
var Limit = limit(os.Getenv(Variable))

func limit(said string) time.Duration {
	if said == "" {
		return time.Minute
	}
	d, err := time.ParseDuration(said)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", Variable, err))
	}
	return d
}
