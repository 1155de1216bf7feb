// Package schedule runs the jobs of carat.yaml at their times, says where months,
// jobs and feeds stand and what is late, and tells webhooks of it.
//
// It promises that a slot that was missed is caught up and none runs twice, that
// one scheduler leads, that it never approves, and that a notice holds no amount
// and no person's name. It may import every other job.
package schedule
