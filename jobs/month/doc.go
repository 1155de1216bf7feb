// Package month is the life of a period: decide its exceptions, close it, approve
// and lock it, open it again.
//
// It promises that no one person prepares and approves or decides, that what is
// locked is what was signed, and that a crash leaves a period in one stage or the
// next. It must not import guard, which looks at what it locked.
package month
