// Package journal writes a month's journal in the layouts that ledgers of others
// read: hledger, QuickBooks Online, Xero, NetSuite. A new layout is a function
// of this package and a row of Formats.
//
// It promises that amounts stand as they are, exact and without rounding, that an
// entry's lines stay together, and that no text becomes a formula or another
// line. It must not import jobs or the adapters under pipeline/.
package journal
