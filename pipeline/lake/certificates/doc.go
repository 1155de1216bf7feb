// Package certificates keeps what locks a month: its certificate, the list of
// statements that it names, and the texts of SQL.
//
// It promises that no certificate lies in its place that locks nothing. It reads
// and writes bytes; what they say is the certificate package's.
//
// It may import catalog and store.
package certificates
