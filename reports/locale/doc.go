// Package locale writes numbers and dates as the language of the words around them
// writes them, and knows how each language counts. Numbers have its separators, a true minus sign, at least the minor digits of a currency
// and every digit that is not zero.
//
// It promises that no digit is lost. It must not import another room of reports.
package locale
