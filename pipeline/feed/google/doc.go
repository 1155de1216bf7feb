// Package google reads Google Play's earnings reports and estimated sales.
//
// It promises that the lines of an order add up column by column: gross + tax +
// fee = net.
//
// It imports the domain package and published; no other provider.
package google
