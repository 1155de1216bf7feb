// Package api is what programs read of carat over HTTP, below /api/v1: the same objects as
// the verbs give with --format json, or as Arrow and Parquet, with a document of it in
// OpenAPI 3.1.
//
// It promises that a program reads by a token of its owner's, in the header and nowhere
// else, never by a cookie, and by the one role of it; that nothing but a query is posted,
// and nothing is changed; that every answer has the columns that the document says,
// whichever table they come from, with decimals as text; that what goes wrong is a problem
// of RFC 9457; and that each job judges the right as it does for verbs. What guards every
// request is jobs/serve/web.
package api
