package duckdb

// RefusedScalars and RefusedTables are the names that a query may not call: the second
// list, which what looks after the sandbox goes by.
var (
	RefusedScalars = refusedScalars
	RefusedTables  = refusedTables
	RefusedViews   = viewsRefused
)

// AllowedScalars are the names that it may call in an expression.
var AllowedScalars = scalarFunctions
