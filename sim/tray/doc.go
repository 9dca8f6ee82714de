// Package tray holds the tests of the tray: the real program on machines of a
// small network of its own, each with a session bus on which the test plays the
// panel and the service of notifications, reads the menu and chooses from it.
package tray
