// Package talking is the page on which the staff talks about an exception: what was said,
// who has it, and a form.
//
// It promises that what was typed stays where it can't be kept. What may be read and said
// jobs/talk judges; it has no rule of its own, and knows neither sessions nor the server.
package talking
