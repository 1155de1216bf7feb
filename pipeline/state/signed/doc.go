// Package signed keeps what people signed: the bytes of each record, as they were
// signed, and the signature beside them, in one chain.
//
// It promises that a record is only ever added, in the place that it names: one that
// was made for another place is refused, and is to be made anew. It judges no
// signature; that is pipeline/identity. It must not import state.
package signed
