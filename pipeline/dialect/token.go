package dialect

import (
	"fmt"
	"strings"
)

// token is a piece of SQL text. Blanks and comments are tokens too, so that a
// spelled model can still be read.
type token struct {
	text string
	line int // from 1
}

// Error is that a text can't be spelled for the engine.
type Error struct {
	File string
	Line int
	Says string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Says) }

// isBlank says whether a token is white space or a comment.
func (t token) isBlank() bool {
	return t.text == "" || t.text[0] == ' ' || t.text[0] == '\n' || t.text[0] == '\t' || t.text[0] == '\r' || strings.HasPrefix(t.text, "--")
}

// isWord says whether it is a name, a keyword or a number.
func (t token) isWord() bool { return isWordByte(t.text[0]) }

func (t token) lower() string { return strings.ToLower(t.text) }

func isWordByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= 0x80
}

// signs are those of more than one byte.
var signs = []string{"::", "->>", "->", "//", "||", "<=", ">=", "<>", "!=", "==", "=>", "**", "/*"}

// tokens cuts a text.
func tokens(file, text string) ([]token, error) {
	var list []token
	line := 1
	for i := 0; i < len(text); {
		from, c := i, text[i]
		switch {
		case strings.HasPrefix(text[i:], "--"):
			if end := strings.IndexByte(text[i:], '\n'); end >= 0 {
				i += end
			} else {
				i = len(text)
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			for i < len(text) && strings.IndexByte(" \t\n\r", text[i]) >= 0 {
				i++
			}
		case c == '\'' || c == '"':
			end, ok := quoted(text, i)
			if !ok {
				return nil, &Error{file, line, "a quote is opened and not closed"}
			}
			i = end
		case '0' <= c && c <= '9':
			for i < len(text) && (isWordByte(text[i]) || text[i] == '.') {
				i++
			}
		case isWordByte(c):
			for i < len(text) && isWordByte(text[i]) {
				i++
			}
		default:
			i++
			for _, sign := range signs {
				if strings.HasPrefix(text[from:], sign) {
					i = from + len(sign)
					break
				}
			}
		}
		list = append(list, token{text[from:i], line})
		line += strings.Count(text[from:i], "\n")
	}
	return list, nil
}

// quoted gives the end of what begins with a quote; the quote doubled stands for itself.
func quoted(text string, at int) (end int, ok bool) {
	quote := text[at]
	for i := at + 1; i < len(text); i++ {
		if text[i] != quote {
			continue
		}
		if i+1 < len(text) && text[i+1] == quote {
			i++
			continue
		}
		return i + 1, true
	}
	return len(text), false
}

// next gives the place of the first token from i on that is not blank; len(list) without one.
func next(list []token, i int) int {
	for i < len(list) && list[i].isBlank() {
		i++
	}
	return i
}

// before gives the last token before i that is not blank.
func before(list []token, i int) (t token, ok bool) {
	for i--; i >= 0; i-- {
		if !list[i].isBlank() {
			return list[i], true
		}
	}
	return token{}, false
}

// is says whether the token at i is this text, whatever its case.
func is(list []token, i int, text string) bool {
	return i < len(list) && strings.EqualFold(list[i].text, text)
}

// arguments gives those between the bracket at i and the one that closes it,
// without blanks around them, and the place behind. No argument is none.
func arguments(file string, list []token, i int) (args [][]token, end int, err error) {
	opened, depth := list[i].line, 0
	from := i + 1
	for ; i < len(list); i++ {
		switch list[i].text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth == 0 {
				if last := trimmed(list[from:i]); len(last) > 0 || len(args) > 0 {
					args = append(args, last)
				}
				return args, i + 1, nil
			}
		case ",":
			if depth == 1 {
				args = append(args, trimmed(list[from:i]))
				from = i + 1
			}
		}
	}
	return nil, 0, &Error{file, opened, "a bracket is opened and not closed"}
}

func trimmed(list []token) []token {
	for len(list) > 0 && list[0].isBlank() {
		list = list[1:]
	}
	for len(list) > 0 && list[len(list)-1].isBlank() {
		list = list[:len(list)-1]
	}
	return list
}

// written gives the text of tokens, without comments.
func written(list []token) string {
	var text strings.Builder
	for _, t := range list {
		if !strings.HasPrefix(t.text, "--") {
			text.WriteString(t.text)
		}
	}
	return text.String()
}
