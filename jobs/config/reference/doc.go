// Package reference says what each key of carat.yaml means: its default, an example,
// and the page of docs that is made of them.
//
// It promises that every key that the configuration knows stands here, which a test
// holds to. It imports nothing of carat.
package reference
