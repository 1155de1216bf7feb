// Package own runs one control that a user wrote, in a process that holds nothing
// else: what it takes to run it, and how it came out.
//
// It promises that the control is one SELECT, reads the tables that it was handed,
// and that its columns are exact. It knows no model and no lake, and must not import
// engine, jobs or reports.
package own
