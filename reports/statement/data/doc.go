// Package data writes a statement for programs: CSV and JSON, and the hash of all
// that it says.
//
// It promises that both hold the same cells, exact and unpadded, and what people are
// shown beside them. It must not import the renderings for people.
package data
