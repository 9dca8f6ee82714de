//go:build linux && cgo && gtk

package tray

/*
#cgo pkg-config: gtk+-3.0
#include <gtk/gtk.h>
static int probe(void) { return gtk_init_check(NULL, NULL) ? 1 : 0; }
*/
import "C"

import "errors"

// probe asks whether there is a display: without one GTK would end the process.
// It must be called in the main thread.
func probe() error {
	if C.probe() == 0 {
		return errors.New("there is no display")
	}
	return nil
}
