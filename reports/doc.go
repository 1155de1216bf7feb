// Package reports is the house of what people read: rows come in, pages, papers,
// workbooks and files come out. It has no code of its own; its rooms are
//
//	statement     a creator's month
//	closepackage  a month's close: the page and the workbook
//	journal       the journal in the layouts of ledgers
//	auditfile     what explains an auditor's evidence folder
//	table         rows on a terminal and in files
//	trace         trees of records, and the evidence of an exception
//	pages         the frame and the pictures of HTML pages
//	pdf           documents, fonts, shaping
//	locale        how a language writes numbers
//	escape        a row's text made fit for a format
//
// All of them promise that they compute no money, that the same rows give the
// same bytes, and that a row's text is taken as hostile: it is escaped, isolated
// and neutralised for the format it goes into, and never becomes markup, a
// formula, a terminal command or a path.
//
// None may import jobs or the adapters under pipeline/; they read no flags,
// environment, clock or network, and write only to the io.Writer they are given.
package reports
