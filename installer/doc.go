// Package installer is how Kith reaches a machine, and leaves it. dist makes the
// packages and setups, linux, windows and mac are what goes into them, autostart
// has the system start Kith at login, wine is where programs for Windows are tried.
//
// The tests here make packages from the last commit, let the judges of each system
// look at them, install them, update them under a Kith that runs, and remove them.
// With KITH_PACKAGES=all (make test-packages) they do it in a fresh Debian, and
// everything is made twice to see whether it is the same.
package installer
