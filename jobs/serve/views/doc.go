// Package views are the forms by which people save filters of exceptions and remove them.
//
// It promises to lead nowhere but to the list of exceptions. It must hold no rule of its own.
package views
