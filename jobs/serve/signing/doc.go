// Package signing lets a person sign in a browser with a key that the server doesn't
// have: a job is done up to the signature and shows the text, the person signs it where
// the key is, and the job is done again with what they bring.
//
// It promises that a signature is taken for the very text that was shown and no other,
// by the key that was asked for, within SignTime; and that where the text would be
// another by now it says which lines moved. Whether the key may sign, the records judge.
// It imports pipeline/identity alone.
package signing
