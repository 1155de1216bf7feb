package locale

// Locale is how a language writes numbers, in Latin digits.
type Locale struct {
	Group, Point string
	// Mark stands before a sign: among letters that run from right to left it keeps
	// the sign on the left of its number.
	Mark string
}

// English is how English writes them: what most of carat's words are in.
// A page's numbers go by the language of its words, never by its reader's country:
// 243,675 among English words is no 243 and a bit.
var English = Locale{Group: ",", Point: "."}

// Append appends v / 10^places with separators, a true minus sign, at least
// least digits behind the point and no zero beyond those.
func (l *Locale) Append(b []byte, v int64, places, least int) []byte {
	u := uint64(v)
	if v < 0 {
		b = append(append(b, l.Mark...), "\u2212"...)
		u = -u
	}
	for places > least && u%10 == 0 {
		u, places = u/10, places-1
	}
	var digits [40]byte
	i := len(digits)
	for n := 0; n <= places || u > 0; n++ {
		i--
		digits[i] = byte('0' + u%10)
		u /= 10
	}
	whole := len(digits) - places
	for at := i; at < whole; at++ {
		if left := whole - at; at > i && left%3 == 0 { // digits from here to the point
			b = append(b, l.Group...)
		}
		b = append(b, digits[at])
	}
	if places > 0 {
		b = append(append(b, l.Point...), digits[whole:]...)
	}
	return b
}
