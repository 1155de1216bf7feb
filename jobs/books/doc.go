// Package books is a lake and its state, opened and locked: what every job works
// in. Here is who may do what, the record of each job and of each reading, which
// months are open or closed, the certificates of those, the verdict on a run, and
// the readers that jobs ask the lake by.
//
// It promises that who writes holds the lock, that nothing is read for a person
// without a record of it, and that SQL of a person reads the tables and nothing
// else. It imports config and disk of carat's jobs, and no job.
package books
