// Package signin is the part of carat.yaml that says how people prove who they are: what it
// holds, what can be wrong with it, and which of it is recorded as policy.
//
// It promises that a provider without a problem can be asked over an encrypted connection,
// or on a private network that is allowed, and that what its groups may is in the policy
// whole. It reads no file, and must not import the configuration, which reads it.
package signin
