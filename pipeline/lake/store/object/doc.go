// Package object is the contract of where a lake's files can lie: whole objects under
// keys, which are put once, read, listed and deleted. A folder and a bucket keep it, and
// package storetest has the suite that both pass.
//
// It promises that an object is there whole or not at all, and never changes: what a key
// holds was put there once. It knows neither Iceberg nor Parquet nor what a key stands for,
// and must import no other room of the lake.
package object
