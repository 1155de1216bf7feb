// Package trial is what the tests of several jobs share: small months by hand,
// generated ones, seeds to simulate, and queries of all rows.
//
// Only tests import it; it must not import month, guard or schedule, which are
// what is tried.
package trial
