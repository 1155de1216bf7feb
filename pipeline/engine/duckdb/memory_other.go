//go:build !linux || !cgo

package duckdb

func keepHeap() {}
