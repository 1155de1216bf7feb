// Package creators are the pages about creators: for the staff, who find one and see in
// one page why a payout is what it is, and for creators, who see their own months as they
// were closed, go from each line down to what it is made of, and ask about it.
//
// It promises that no page of a creator's takes the creator from the address: whose rows
// they are jobs/creators knows by the record of the role; that it has no rule, no sum and
// no SQL of its own; and that amounts are shown as statements show them. It knows neither
// sessions nor the server: a visit is what jobs/serve/room says.
package creators
