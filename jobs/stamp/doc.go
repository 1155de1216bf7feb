// Package stamp has an authority put RFC 3161 time stamps on what locks months and on
// the end of the chain, keeps them in the lake's folder `timestamps`, and checks them
// again whenever the history is verified.
//
// It promises that a stamp is kept only after it passed all of pipeline/timestamp's
// checks, that what was stamped once isn't stamped again, and that an authority which
// is away or refuses costs nothing but the stamp: no month is held up, and the next run
// makes it up. It imports neither months nor their verification: those ask it.
package stamp
