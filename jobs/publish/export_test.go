package publish

// What the tests of this package need besides what others call.
var (
	AllTables      = allTables
	DescribeTables = describeTables
	ReadRegister   = readRegister
)
