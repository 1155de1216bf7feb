// Package folder keeps objects in a folder of a disk, one file each, as store.Disk writes:
// under a temporary name, synced, then named.
//
// It promises what the contract of objects says. It may import store and the contract, and
// must not know what a key stands for.
package folder
