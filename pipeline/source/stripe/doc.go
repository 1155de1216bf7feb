// Package stripe takes Stripe's reports by its API of report runs
// (https://docs.stripe.com/reports/api): a run is made for each month or day that is
// over, waited for, and its file taken.
//
// It promises to make no second run where one with the same parameters is there, and
// to send the key to Stripe's own hosts alone. It was tried against a server that
// speaks the published API, and not against Stripe's. It imports the domain of sources
// alone.
package stripe
