// Package manual lays out carat's documentation as HTML: one page a document, in the order
// in which people read them, each heading with the anchor by which documents link to it, and
// a search over their sections.
//
// It promises that nothing of a document is markup but what Markdown says (raw HTML is left
// out), that a link leads to a page, to a file that is shown as text, or to another site by
// https, and that the same documents give the same bytes. It knows no server and writes no
// file. It imports no other package of carat.
package manual
