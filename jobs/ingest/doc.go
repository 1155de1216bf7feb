// Package ingest takes files into the lake: it finds them in the inbox, recognises
// them, and commits each as one batch.
//
// It promises that a batch is there whole or not at all, that a file that fails
// doesn't stop the others, and that the same bytes are taken once. It must not
// import another job than books.
package ingest
