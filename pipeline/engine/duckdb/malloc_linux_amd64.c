// malloc and free of the whole process are those that DuckDB brings for its own
// large blocks (jemalloc). Planning a statement makes and gives back hundreds of
// thousands of small objects, for which DuckDB asks the C library: with glibc's
// malloc a reconciliation of a small month takes an eighth more CPU. A program's
// own definitions go before those of the C library, for it and for all libraries;
// therefore none that gives memory back may be missing here.

#include <stddef.h>

void *duckdb_je_malloc(size_t);
void duckdb_je_free(void *);
void *duckdb_je_calloc(size_t, size_t);
void *duckdb_je_realloc(void *, size_t);
int duckdb_je_posix_memalign(void **, size_t, size_t);
void *duckdb_je_aligned_alloc(size_t, size_t);
void *duckdb_je_valloc(size_t);
size_t duckdb_je_malloc_usable_size(void *);

void *malloc(size_t n) { return duckdb_je_malloc(n); }
void free(void *p) { duckdb_je_free(p); }
void *calloc(size_t n, size_t size) { return duckdb_je_calloc(n, size); }
void *realloc(void *p, size_t n) { return duckdb_je_realloc(p, n); }
int posix_memalign(void **p, size_t align, size_t n) { return duckdb_je_posix_memalign(p, align, n); }
void *aligned_alloc(size_t align, size_t n) { return duckdb_je_aligned_alloc(align, n); }
void *memalign(size_t align, size_t n) { return duckdb_je_aligned_alloc(align, n); }
void *valloc(size_t n) { return duckdb_je_valloc(n); }
void *pvalloc(size_t n) { return duckdb_je_valloc((n + 4095) & ~(size_t)4095); } // pages of 4 KiB
size_t malloc_usable_size(void *p) { return duckdb_je_malloc_usable_size(p); }
