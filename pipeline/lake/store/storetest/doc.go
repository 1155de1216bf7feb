// Package storetest is the suite that every store of objects passes, and a network that
// fails as networks do. It is for tests alone, and imports the contract.
package storetest
