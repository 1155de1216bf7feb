package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"carat/pipeline"
)

// spelling is how the values of a type leave the engine.
type spelling uint8

const (
	asItIs    spelling = iota + 1 // the driver gives the value itself
	asInstant                     // as a TIMESTAMP: what is coarser than one is given wrongly at its ends
	asText                        // as DuckDB's own text
	asNested                      // as DuckDB's own text, or as JSON where that is asked for
	asJSON                        // as its own text, which is JSON
)

// spellings are all types that DuckDB has, by the name that DESCRIBE gives them, without
// what stands in brackets. A type that isn't here is refused, and a test asks DuckDB
// for those that it has.
var spellings = map[string]spelling{
	"BOOLEAN": asItIs, "TINYINT": asItIs, "SMALLINT": asItIs, "INTEGER": asItIs, "BIGINT": asItIs, "HUGEINT": asItIs,
	"UTINYINT": asItIs, "USMALLINT": asItIs, "UINTEGER": asItIs, "UBIGINT": asItIs, "UHUGEINT": asItIs,
	"FLOAT": asItIs, "DOUBLE": asItIs, "DECIMAL": asItIs, "VARCHAR": asItIs, "DATE": asItIs,
	"TIMESTAMP": asItIs, "TIMESTAMP_NS": asItIs, "TIMESTAMP WITH TIME ZONE": asItIs,
	"TIMESTAMP_S": asInstant, "TIMESTAMP_MS": asInstant,
	"TIME": asText, "TIME_NS": asText, "TIME WITH TIME ZONE": asText, "INTERVAL": asText, "UUID": asText, "BLOB": asText, "BIT": asText,
	"ENUM": asText, "BIGNUM": asText, "UNION": asText, "VARIANT": asText, "GEOMETRY": asText, "\"NULL\"": asText, "TYPE": asText,
	"LIST": asNested, "STRUCT": asNested, "MAP": asNested,
	"JSON": asJSON,
}

// Answer runs one read-only statement of a person's, as Query does. What Go has no
// value for comes as DuckDB's own text: times of day, intervals, UUIDs, bytes, lists and
// all others, with every digit of the numbers in them. With nested, lists, structs and
// maps come as JSON instead, and inJSON names the columns, from 0, that are JSON: in
// it NULLs, truths and whole numbers of up to 32 bits are JSON's own, and everything
// else is DuckDB's text as a string. A type that is none of those known is a usage error.
func (d *Database) Answer(ctx context.Context, query string, nested bool) (rows *sql.Rows, inJSON map[int]bool, err error) {
	if err := d.readOnly(ctx, query); err != nil {
		return nil, nil, err
	}
	columns, err := d.describe(ctx, query)
	if err != nil { // it is said better by the query itself; or is a SHOW, which gives texts
		rows, err = d.run(ctx, query)
		return rows, nil, err
	}
	spelled, names := make([]string, len(columns)), make([]string, len(columns))
	plain := true
	inJSON = map[int]bool{}
	for i, c := range columns {
		names[i] = fmt.Sprintf("c%d", i)
		t, err := parseType(c.is)
		if err != nil || t.spelling() == 0 {
			return nil, nil, queryUsage(errors.Join(fmt.Errorf("the column %s is of the type %s, which carat doesn't write", c.name, pipeline.CutText(c.is)), err)).
				WithHint("cast it in the query, for example to varchar")
		}
		text := names[i]
		switch t.spelling() {
		case asInstant:
			text = "cast(" + text + " as timestamp)"
		case asJSON:
			text, inJSON[i] = "cast("+text+" as varchar)", nested
		case asNested:
			if nested {
				text, inJSON[i] = "cast(to_json(cast("+text+" as "+t.inJSON()+")) as varchar)", true
				break
			}
			fallthrough
		case asText:
			text = "cast(" + text + " as varchar)"
		}
		plain = plain && t.spelling() == asItIs
		spelled[i] = text + " as " + Identifier(c.name)
	}
	if plain {
		rows, err = d.run(ctx, query)
		return rows, inJSON, err
	}
	// The query itself stays as it was written: with comments, a semicolon, an order.
	rows, err = d.run(ctx, "select "+strings.Join(spelled, ", ")+" from query("+Literal(query)+") as answer("+strings.Join(names, ", ")+")")
	return rows, inJSON, err
}

// column is one of an answer, with its type as DuckDB spells it.
type column struct{ name, is string }

func (d *Database) describe(ctx context.Context, query string) (list []column, err error) {
	rows, err := d.conn.QueryContext(ctx, "describe "+query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var rest [4]any
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.is, &rest[0], &rest[1], &rest[2], &rest[3]); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// sqlType is a type as DuckDB spells it.
type sqlType struct {
	name string // without what stands in brackets; LIST also for an array
	size string // of an array, "" of a list
	of   []member
}

// member is a field of a struct, the values of a list, or the keys and the values of
// a map.
type member struct {
	name string // quoted as DuckDB quotes it
	is   sqlType
}

func (t sqlType) spelling() spelling { return spellings[t.name] }

// ownInJSON are types whose values JSON holds as they are.
var ownInJSON = set("boolean tinyint smallint integer utinyint usmallint")

// inJSON gives the type that a value is cast to before it becomes JSON: the same lists,
// structs and maps, with texts in them.
func (t sqlType) inJSON() string {
	switch {
	case ownInJSON[strings.ToLower(t.name)]:
		return t.name
	case t.name == "LIST":
		return t.of[0].is.inJSON() + "[" + t.size + "]"
	case t.name == "MAP":
		return "MAP(VARCHAR, " + t.of[1].is.inJSON() + ")"
	case t.name == "STRUCT" && len(t.of) > 0:
		fields := make([]string, len(t.of))
		for i, m := range t.of {
			fields[i] = m.name + " " + m.is.inJSON()
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	}
	return "VARCHAR" // also of a struct whose fields have no names
}

// parseType reads a type: "STRUCT(a INTEGER, "b c" DECIMAL(10,2)[])". Types within one
// that is no list, struct or map aren't looked into.
func parseType(text string) (t sqlType, err error) {
	p := typeParser{text}
	if t, err = p.one(); err == nil && p.rest != "" {
		err = p.unread()
	}
	return t, err
}

type typeParser struct{ rest string }

func (p *typeParser) unread() error {
	return fmt.Errorf("read a type: %q is not understood", pipeline.CutText(p.rest))
}

func (p *typeParser) take(mark string) bool {
	rest, ok := strings.CutPrefix(p.rest, mark)
	if ok {
		p.rest = strings.TrimPrefix(rest, " ")
	}
	return ok
}

// one reads a type to its end.
func (p *typeParser) one() (t sqlType, err error) {
	end := strings.IndexAny(p.rest, "([,)")
	if end < 0 {
		end = len(p.rest)
	}
	t.name, p.rest = strings.TrimSpace(p.rest[:end]), p.rest[end:]
	if p.take("(") {
		if t.of, err = p.members(t.name); err != nil {
			return t, err
		}
	}
	for p.take("[") {
		size, rest, ok := strings.Cut(p.rest, "]")
		if !ok {
			return t, p.unread()
		}
		p.rest = rest
		t = sqlType{name: "LIST", size: size, of: []member{{is: t}}}
	}
	return t, nil
}

// members reads what stands in the brackets of a type, and the bracket behind it.
func (p *typeParser) members(name string) (list []member, err error) {
	if name != "STRUCT" && name != "MAP" {
		return nil, p.skip()
	}
	named := name == "STRUCT"
	for {
		var m member
		if named {
			if m.name = p.field(); m.name == "" {
				return nil, p.skip()
			}
		}
		if m.is, err = p.one(); err != nil {
			return nil, err
		}
		list = append(list, m)
		switch {
		case p.take(","):
		case p.take(")"):
			if name == "MAP" && len(list) != 2 {
				return nil, p.unread()
			}
			return list, nil
		default:
			return nil, p.unread()
		}
	}
}

// field reads the name of a field and the space behind it; "" where there is none.
func (p *typeParser) field() string {
	end := 0
	if strings.HasPrefix(p.rest, `"`) {
		end = quotedEnd(p.rest)
	} else {
		end = strings.IndexAny(p.rest, " ,()[")
	}
	if end <= 0 || end >= len(p.rest) || p.rest[end] != ' ' || unnamed(p.rest) {
		return ""
	}
	name := p.rest[:end]
	p.rest = p.rest[end+1:]
	return name
}

// unnamed says whether a type of several words stands where a field's name could.
func unnamed(text string) bool {
	return strings.HasPrefix(text, "TIMESTAMP WITH TIME ZONE") || strings.HasPrefix(text, "TIME WITH TIME ZONE")
}

// quotedEnd gives where a text in quotes, doubled within it, ends; 0: nowhere.
func quotedEnd(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] != text[0] {
			continue
		}
		if i+1 == len(text) || text[i+1] != text[0] {
			return i + 1
		}
		i++
	}
	return 0
}

// skip goes behind the bracket that closes the one that is open.
func (p *typeParser) skip() error {
	for depth := 1; p.rest != ""; {
		switch p.rest[0] {
		case '\'', '"':
			end := quotedEnd(p.rest)
			if end == 0 {
				return p.unread()
			}
			p.rest = p.rest[end:]
			continue
		case '(':
			depth++
		case ')':
			depth--
		}
		p.rest = p.rest[1:]
		if depth == 0 {
			return nil
		}
	}
	return p.unread()
}
