// Package serve is carat's server of pages: it listens where it is safe to, says where
// it is reached, and ends when it is told to.
//
// It promises that where nobody is authenticated nobody but this machine reaches it, by
// a link that only whoever started it was told; that any other address is reached by
// TLS, its own or that of a proxy that is named. What a page shows is jobs/serve/pages,
// what guards every request jobs/serve/web.
package serve
