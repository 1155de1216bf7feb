package pages

// Patterns are the addresses of all pages, as the server has them.
func Patterns() (list []string) {
	for _, one := range (&Pages{}).table() {
		list = append(list, one.pattern)
	}
	return list
}
