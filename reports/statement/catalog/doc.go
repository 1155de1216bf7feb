// Package catalog holds what statements say in other languages than English: a file
// per language, each English message with what stands for it.
//
// English lies in the code that says it (package statement, words.go); it is the key
// here. {1}, {2} stand for what a message is about, in any order; a message about a
// number of things has a form for each plural category of its language (Unicode
// CLDR), with | between them. A message that a language lacks is said in English; a
// test of package statement lets none be lacking. The texts hold no markup: layouts
// write them as they are. It must not import the renderings.
package catalog
