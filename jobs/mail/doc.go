// Package mail sends statements to their creators and agencies, as they lie on the disk.
//
// It promises that a statement is never sent twice, whatever crashes, that no
// address gets into a log or an error, and that one of which nobody knows whether
// it arrived is told and left alone. Of carat's jobs it imports statements, for
// their index, and what that stands on.
package mail
