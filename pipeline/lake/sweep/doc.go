// Package sweep clears what a crash left: staged files, files of commits that
// never were, metadata that no table leads to.
//
// It promises to remove nothing that a snapshot or a batch refers to, and to
// leave alone, and name, what no crash of carat's leaves.
//
// It may import pipeline, catalog, people, raw and store. It must not judge contents:
// verify does.
package sweep
