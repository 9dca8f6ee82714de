// Package e2e tries the real program from end to end: the binary, real files,
// and devices in network namespaces that find each other by multicast DNS.
// Nothing in it looks inside the program. What a test believes comes from the
// files themselves, which it compares byte for byte.
//
// With -short the trees are smaller. KITH_KILLS sets how many rounds of kill -9
// are tried, KITH_SEED repeats a run of which the seed was printed, and
// KITH_E2E_PROGRAM names an existing binary to try.
package e2e
