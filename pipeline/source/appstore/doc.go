// Package appstore takes the sales and finance reports of Apple's App Store Connect,
// by its API (https://developer.apple.com/documentation/appstoreconnectapi, "Download
// Sales and Trends Reports" and "Download Finance Reports").
//
// It promises to ask for each report when it can be there, by Apple's own days and
// fiscal months, and again as long as Apple corrects it. The key never leaves the
// process: it signs tokens of a few minutes. It was tried against a server that speaks
// the published API, and not against Apple's. It imports the domain of sources alone.
package appstore
