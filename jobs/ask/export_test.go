package ask

// What the tests of this package need besides what others call.
var (
	AllTables      = allTables
	DescribeTables = describeTables
	ReadRegister   = readRegister
)

// Narrowed gives the options with which few gifts are read as many are.
func (o TraceOptions) Narrowed(narrow bool) TraceOptions {
	o.narrow = narrow
	return o
}
