// Package flight answers SQL that tools of analysts send by Arrow Flight SQL, over ADBC and
// JDBC: the rows of one SELECT as Arrow, streamed, and which tables and columns there are.
//
// It promises that a tool reads by a token of its owner's, in the header authorization of each
// call and nowhere else, and by the one role of it; that whatever it sends is a query of
// jobs/ask, in the same process of its own, with the same bounds, and recorded like one; that
// nothing is changed, and nothing remembered between two calls. What else Flight SQL has is
// refused as not implemented.
package flight
