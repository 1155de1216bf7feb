// Package reach says whom carat calls: which addresses it dials, and by which URLs.
// Sources and webhooks share it.
//
// It promises that the address is judged that is dialled, after its name was
// resolved: never one of a link or of a cloud's metadata, one of a private network
// only where that is allowed, and that no redirect leads to another host. It imports
// nothing of carat.
package reach
