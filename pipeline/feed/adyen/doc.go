// Package adyen reads Adyen's settlement detail report.
//
// It promises what every format does: a line is a row, a reject, or left out and
// counted. It imports the frame of published formats and no other adapter.
package adyen
