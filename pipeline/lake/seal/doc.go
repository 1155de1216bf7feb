// Package seal notices changes to the files of a lake that change in place: the
// embedded catalog's database, the people's, and lake.json.
//
// It promises that a change made while no carat had the lake open is told, and
// stays told, by Broken; and that a carat that was killed is no false alarm.
//
// It must import no room of the lake but store.
package seal
