// Package cluster is the part of carat.yaml that says which engine builds the models:
// what it holds, and what can be wrong with it.
//
// It promises that an engine without a problem can be called. It reads no file, and must
// not import the configuration, which reads it.
package cluster
