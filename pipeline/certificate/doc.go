// Package certificate is what locks a month: the certificate's fields and bytes,
// and who signed it.
//
// It promises the same bytes for the same certificate. It reads and writes no
// file, and must not import an adapter.
package certificate
