//go:build linux && cgo

package duckdb

/*
#include <malloc.h>

// DuckDB takes and gives back blocks of 256 KiB by the hundred thousand. By
// default glibc maps each from the kernel and unmaps it again, and every page is
// faulted in anew: a quarter of a reconciliation's CPU. Blocks below the largest
// threshold that glibc knows come from the heap instead, which is kept. Other C
// libraries have no such switch, and where malloc is DuckDB's own
// (malloc_linux_amd64.c) it has nothing to say.
static void keep_heap(void) {
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	mallopt(M_TOP_PAD, 16 << 20);
#endif
}
*/
import "C"

func keepHeap() { C.keep_heap() }
