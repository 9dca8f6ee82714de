// Package planted shows that the tests can fail. Each file in testdata is a bug: a
// few lines of the program written wrongly, as they could have been or once were,
// and the test that has to notice. The program is built with them in place of the
// right ones, and the test has to fail.
//
// Bugs that need no change of the program, because they can be planted around the
// engine or the planner, are in sim and in syncer/plan.
package planted
