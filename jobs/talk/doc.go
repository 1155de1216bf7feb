// Package talk is what the staff says to each other about an exception: comments, and who
// has it.
//
// It promises that whoever may not see an exception reads and says nothing about it, that
// nothing that was said is changed, and that two who give one exception away at once don't
// overwrite each other. What is said lies with the people, outside the history, and what it
// comes to is chained. It decides nothing, and imports books.
package talk
