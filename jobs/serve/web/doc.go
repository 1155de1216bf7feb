// Package web is the ground that carat's pages stand on: what is asked of every
// request and said with every answer, whichever page it is. Here are the headers,
// the bounds on sizes and times, which hosts a request may name, sessions, the token
// of forms, and how long somebody who guesses has to wait.
//
// It promises that nothing reaches a page that came for another host, from another
// site, or is larger than a page needs; that GET changes nothing; that a session is
// known by the hash of its cookie alone, gets a new one at sign-in and ends when it is
// not used. It knows no books and no rights: those are asked where rows are read. It
// imports the standard library alone.
package web
