// Package fence keeps a lake to one writer: the advisory lock in the catalog's database,
// and the epoch, a number that each taking of the lock raises.
//
// It promises that who lost the lock without knowing, to a broken connection or a file
// system that forgot it, neither commits nor deletes: transactions read the epoch, and
// deletions ask for it.
//
// It may import identity. It must not know what is written.
package fence
