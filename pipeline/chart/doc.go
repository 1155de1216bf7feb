// Package chart knows the roles to which the journal posts, and which accounts carat.yaml
// may give them. It reads and writes nothing; the chart's own rows are the model led_account.
// It must import nothing of carat's.
package chart
