// Package jobs is what carat runs: ingest, reconcile, statements, and the
// reading of their results. One file per job; each has an options struct and a
// function that takes a context.
//
// It promises that a job that fails leaves no partial output, and that what it
// returns is data: nothing here prints, parses a flag, reads the environment or
// looks at the clock. It joins the adapters under pipeline/ (feed, lake,
// engine, state), which don't know one another, with reports.
package jobs
