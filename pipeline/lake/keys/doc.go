// Package keys finds repeated keys of a batch by 64-bit hashes, in bounded memory:
// rows that are the same in every column are left out while they pass, and of
// keys with different contents it says that an exact look is needed. What that
// look finds is named in a RowSet.
//
// It promises that no repeat is missed. It must not import another room of the
// lake, and knows neither rows nor files of the lake.
package keys
