// Package sampling draws audit samples from a population of amounts and projects
// the misstatements that were found in them.
//
// It promises that a sample follows from the population, the method, the size and the
// seed alone, so that anybody draws the same items again; that amounts are whole numbers
// of billionths from end to end; and that a projection is an exact fraction until it is
// rounded once, to billionths. It reads no table and no file, and imports no other
// package of carat.
//
// Sources: AICPA, Audit Guide: Audit Sampling (monetary unit sampling: fixed-interval
// selection, tainting, confidence factors of the Poisson distribution); K. W. Stringer's
// bound; W. G. Cochran, Sampling Techniques, 3rd edition, chapters 2, 3 and 5 (difference
// estimation in simple random and stratified random samples, when it holds, and the exact
// limits of a count).
package sampling
