// Package keyindex keeps, beside a raw table, a 64-bit hash of every key that the
// table has ever taken in, with the number of the batch that brought it: so that
// which keys of a new file were here before is known without reading the history.
//
// It promises that no key is missed: each block of a file is summed, and an index
// that isn't whole, or is of another history, says so and is filled again. A hash
// that is found is no proof, since two keys may share one and a batch may have been
// taken out: who asks looks at the rows of the batches that are named. An index is
// of one machine, in no backup, and can be taken away at any time.
//
// It must not import another room of the lake, and knows neither rows nor files of it.
package keyindex
