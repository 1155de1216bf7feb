package parquetlimits

// Differences lets the fuzzer compare the walk with the reader.
var Differences = differences
