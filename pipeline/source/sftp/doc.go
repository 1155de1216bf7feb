// Package sftp takes files from a folder of an SSH server, as banks and PayPal give
// them.
//
// It promises that the server is the one whose key is pinned, that a file which is
// still being written is left alone, that a broken download goes on where it broke,
// and that nothing is changed at the other side. It imports the domain of sources
// alone.
package sftp
