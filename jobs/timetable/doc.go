// Package timetable says when a scheduled job is due: cron lines in a time zone whose
// clocks change.
//
// It promises that no slot is lost and none is told twice when they do. It imports
// nothing of carat.
package timetable
