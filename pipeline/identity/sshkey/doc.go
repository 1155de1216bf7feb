// Package sshkey finds the key that somebody signs with: in an agent of SSH, which
// holds keys of files and of security keys, or in a file.
//
// It promises that no passphrase is asked for and none is kept: an agent has it, or
// a file of its own. It reads no environment: where the agent answers is handed in.
package sshkey
