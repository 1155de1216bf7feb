// Package kept keeps what pages show and what is dear to gather, for as long as nothing of what it rests on has changed.
//
// It promises that whoever gets something that is kept has the right to it now, that it is of the state that they ask in
// (another record in the chain, another day: it is gathered anew), that nothing is given of a table that another program
// wrote to, and that many who ask at once wait for one gathering. What it keeps is bounded, and gone with the process.
// It must not import the pages.
package kept
