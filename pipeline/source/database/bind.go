package database

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"carat/pipeline/source"
)

// bind puts the database's own markers in the places of :from and :to, which may
// stand there several times, and gives what each marker is: true for from. What
// stands in quotes and comments is left as it is. A second statement is refused, as
// is a query without both.
func bind(query string, marker func(n int) string) (text string, order []bool, err error) {
	query = strings.TrimSpace(query)
	var b strings.Builder
	seen := map[bool]bool{}
	for i := 0; i < len(query); {
		if n := quoted(query[i:]); n > 0 {
			b.WriteString(query[i : i+n])
			i += n
			continue
		}
		switch rest := query[i:]; {
		case strings.HasPrefix(rest, "::"): // PostgreSQL's cast
			b.WriteString("::")
			i += 2
			continue
		case parameter(rest, ":from"), parameter(rest, ":to"):
			from := parameter(rest, ":from")
			order, seen[from] = append(order, from), true
			b.WriteString(marker(len(order)))
			i += len(map[bool]string{true: ":from", false: ":to"}[from])
			continue
		case rest[0] == ';' && strings.TrimSpace(rest[1:]) != "":
			return "", nil, errors.New("query: it is more than one statement")
		case rest[0] == ';':
			i++
			continue
		}
		b.WriteByte(query[i])
		i++
	}
	if !seen[true] || !seen[false] {
		return "", nil, errors.New("query: it doesn't say :from and :to, the window that is asked for: where paid_at >= :from and paid_at < :to")
	}
	if len(order) > 64 {
		return "", nil, fmt.Errorf("query: it says :from and :to %d times", len(order))
	}
	return b.String(), order, nil
}

func parameter(text, name string) bool {
	rest, ok := strings.CutPrefix(text, name)
	return ok && (rest == "" || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", rune(rest[0])))
}

// quoted gives the length of the quoted text or comment with which a text begins; 0
// if it begins with neither.
func quoted(text string) int {
	end := func(begin, end string) int {
		if !strings.HasPrefix(text, begin) {
			return 0
		}
		if i := strings.Index(text[len(begin):], end); i >= 0 {
			return len(begin) + i + len(end)
		}
		return len(text)
	}
	for _, q := range []string{"'", `"`, "`"} {
		if n := end(q, q); n > 0 {
			return n
		}
	}
	if n := end("--", "\n"); n > 0 {
		return n
	}
	return end("/*", "*/")
}

// values are the bound instants of a window, in the order of the markers.
func values(order []bool, w source.Window) (list []time.Time) {
	for _, from := range order {
		if from {
			list = append(list, w.From)
		} else {
			list = append(list, w.To)
		}
	}
	return list
}
