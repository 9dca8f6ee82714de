// Package cramped writes as on a disk that runs full in the middle of a write: part
// of it is written, and the rest fails.
package cramped
