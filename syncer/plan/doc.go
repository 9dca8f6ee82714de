// Package plan decides what this device should do about each path.
//
// It is pure: no files, no clock, no network. Give it what every device holds
// and it answers with one Action; the same question always gets the same
// answer, on every device.
package plan
