// Package location says where a lake lies by what carat.yaml says of it: a folder, or a bucket
// with folders beside it.
//
// It promises absolute paths. It imports nothing of carat.
package location
