// Package provider lets somebody else say who signs in: a provider of OpenID Connect, asked
// by the code flow with PKCE, state and nonce.
//
// It promises that what a provider says is taken only in the browser in which the asking
// began, once, within FlowTime, and only if the provider's own key has signed it for this
// client and this asking, a short while ago. Whatever is missing or odd is a Failure that
// says what to do. Who the person is to carat, and what a group may, jobs/people says. It
// calls through pipeline/source/reach alone, and imports no other package of carat.
package provider
