// Package planted shows that the tests can fail. Each file in testdata is a bug: a
// few lines of a function written wrongly, as they could have been or once were,
// and the test that has to notice: with them in place of the right ones it has to
// fail, and to pass where no bug lives. A program that is broken off, by a panic or for
// taking too long, noticed nothing. All bugs that the tests of one package have to notice
// are built into one program, which is started with one of them alive.
//
// Bugs that need no change of the program, because they can be planted around the
// engine or the planner, are in sim and in syncer/plan.
package planted
