// Package web holds the tests of the page: the real program on machines of a
// small network of its own, and on each a real browser, which does what a person
// would do there.
package web
