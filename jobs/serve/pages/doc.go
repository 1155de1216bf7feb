// Package pages are carat's pages: what a person in a browser asks of the jobs, and
// how it is handed to the templates of reports/pages/site.
//
// It promises that a page asks jobs as verbs do, each of which judges the right to it
// by the one function of books; that it has no rule, no sum and no SQL of its own; that
// reading changes nothing but the record of accesses; and that an empty page says why
// and what comes next. What guards every request is jobs/serve/web.
package pages
