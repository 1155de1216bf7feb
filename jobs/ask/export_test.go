package ask

// Narrowed gives the options with which few gifts are read as many are.
func (o TraceOptions) Narrowed(narrow bool) TraceOptions {
	o.narrow = narrow
	return o
}
