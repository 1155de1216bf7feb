//go:build !linux || !cgo

package engine

func keepHeap() {}
