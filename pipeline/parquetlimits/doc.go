// Package parquetlimits opens Parquet files that may be damaged or hostile.
//
// The reader that carat uses believes what a file says of itself: a list of two
// billion columns, a page of gigabytes, a block that never ends unfolding, a run of
// two billion values, texts that share ever longer beginnings. A few changed bytes
// are enough to end the process for want of memory, which nothing can recover from.
// Here the end of a file and its pages are walked first, without decoding what
// needn't be, and a file that wants more than its bounds is refused.
//
// It must not import the lake or the feeds: both open their files with it.
package parquetlimits
