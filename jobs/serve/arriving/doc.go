// Package arriving is the way in for whoever signs in by a provider: to it, back from it,
// and the session that begins then; and for creators by a link that is mailed to them.
//
// It promises that GET begins no session and uses no link, that a session begins only
// with a record that says whose it is, that whoever is not let in is told why, as far
// as the provider has said who they are, and that asking for a link tells nothing of who
// there is. What a provider says jobs/serve/provider judges,
// who that is jobs/people. It lays out no page: whoever opens the door does.
package arriving
