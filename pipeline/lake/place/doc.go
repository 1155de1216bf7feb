// Package place opens where a lake lies that lies in a bucket: the bucket, the folder of this
// machine that is its cache, and a whole copy of its bytes for who verifies.
//
// It promises that a bucket is used only if it keeps to what a lake needs of it, that the
// cache keeps to its bound once nobody uses it, and that whoever verifies reads the bytes of
// the bucket and none of the cache.
//
// It may import store and its rooms. It must not know what a file stands for.
package place
