// Package sim runs whole devices in virtual time: the real engine with the real
// plan, wire codec and rules for names, on stores, disks and wires in memory whose
// every fault is commanded by a scenario. A ledger that shares no code with the
// engine knows what people saved and saw, and judges what is left in the end.
//
// A scenario follows from a seed, or stands in a file. Everything happens at an
// instant of its own, so the same scenario has the same trace. One that fails is
// made as small as it can be, and then lies under testdata, where it is the first
// to be run, for ever.
package sim
