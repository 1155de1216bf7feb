// Package jobs is the month end to end: the demo and its folder, a work folder
// made anew, ingest to close package in one run, and the month summed up for a
// person. Each step is a package below it, one a subject; each has an options
// struct and a function that takes a context.
//
// The packages import one another in this order, never the other way:
//
//	disk          files, whole or not at all
//	config        carat.yaml
//	books         a lake and its state, opened and locked; records, certificates, readers
//	ingest        files into the lake
//	reconcile     the models over the lake, now and again for a closed month
//	statements    the statements of a run
//	closepackage  the workbook, page and journal of a run, and the auditor's file
//	mail          statements to their creators
//	ask           query, publish, exceptions, trace and evidence of a row
//	sample        audit samples, and what their errors say
//	month         decide, close, approve, reopen
//	guard         verify, compact, erase, backup, restore
//	jobs          this package
//	schedule      slots, work, status, notices
//
// All of them promise that a job that fails leaves no partial output, and that
// what it returns is data: nothing here prints, parses a flag, reads the
// environment or looks at the clock. They join the adapters under pipeline/ (feed,
// lake, engine, state), which don't know one another, with reports. This package
// must not import schedule, which runs it.
package jobs
