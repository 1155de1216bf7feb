// Package work runs what takes long for people who watch it on pages: a run of a month,
// its preparing and approving, the taking in of a file.
//
// It promises that one piece runs at a time and the others wait in the order in which
// they were asked for; that a piece goes on when nobody watches it any more, and ends
// with the server; that whoever watches is told of every change; and that what it keeps
// is bounded. It knows no books and no rights: the jobs that it runs judge those when
// they begin. It imports jobs/books for what a job tells of its progress.
package work
