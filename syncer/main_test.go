package syncer_test

import (
	"flag"
	"log"
	"os"
	"testing"
)

// Devices wait more than they work: many of their tests fit beside each other,
// whatever the number of processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}
