package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/reports/table"
)

// form is one in which rows are answered.
type form struct {
	name, media string
	most        int64 // rows of a page
}

// forms are all of them, the first for whoever asks for none.
var forms = []form{
	{"json", "application/json", rowsMax},
	{"arrow", "application/vnd.apache.arrow.file", rowsMaxFile},
	{"parquet", "application/vnd.apache.parquet", rowsMaxFile},
}

// formOf gives the form that a request accepts: the first in its list that there is.
func formOf(r *http.Request) (form, error) {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return forms[0], nil
	}
	for _, one := range strings.Split(accept, ",") {
		media, parameters, _ := strings.Cut(strings.TrimSpace(one), ";")
		if q := strings.ReplaceAll(parameters, " ", ""); strings.Contains(q, "q=0") && strings.Trim(strings.TrimPrefix(q, "q="), "0.") == "" {
			continue // wanted least of all
		}
		switch media = strings.ToLower(strings.TrimSpace(media)); media {
		case "*/*", "application/*", "application/problem+json":
			return forms[0], nil
		}
		if i := slices.IndexFunc(forms, func(f form) bool { return f.media == media }); i >= 0 {
			return forms[i], nil
		}
	}
	return form{}, &problem{Status: http.StatusNotAcceptable, Detail: "it is answered in none of the forms that are accepted", Hint: "accept application/json, " + forms[1].media + " or " + forms[2].media}
}

// page reads which part of a list is wanted.
func (c *call) page(e endpoint, f form) error {
	q := c.r.URL.Query()
	for name, values := range q {
		if len(values) != 1 || values[0] == "" || !slices.ContainsFunc(e.allParameters(), func(p parameter) bool { return p.name == name && p.in == "query" }) {
			return badRequest("the parameter "+strconv.Quote(pipeline.CutText(name))+" is none of this address, says nothing or stands twice", "see "+Prefix+"/openapi.json")
		}
	}
	c.limit = min(rowsDefault, f.most)
	if f.name != "json" {
		c.limit = f.most
	}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > f.most {
			return badRequest(fmt.Sprintf("limit is not from 1 to %d", f.most), "")
		}
		c.limit = n
	}
	if text := q.Get("cursor"); text != "" {
		offset, err := cursorOf(text, c.listed())
		if err != nil {
			return badRequest("the cursor is none of this list", "begin without one, and take each from `next` of the answer before")
		}
		c.offset = offset
	}
	return nil
}

// listed names the list that is asked for, without the place in it.
func (c *call) listed() string {
	q := c.r.URL.Query()
	q.Del("cursor")
	q.Del("limit")
	return c.r.URL.Path + "?" + q.Encode()
}

// cursor is a place in a list.
func cursor(list string, offset int64) string {
	sum := sha256.Sum256([]byte(list))
	return base64.RawURLEncoding.EncodeToString([]byte(hex.EncodeToString(sum[:6]) + " " + strconv.FormatInt(offset, 10)))
}

func cursorOf(text, list string) (int64, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, err
	}
	_, number, _ := strings.Cut(string(raw), " ")
	offset, err := strconv.ParseInt(number, 10, 64)
	if err != nil || offset < 0 || cursor(list, offset) != text {
		return 0, fmt.Errorf("it is of another list: %w", err)
	}
	return offset, nil
}

// rows answers a list: those of its columns that the document says, one page of it.
func (c *call) rows(e endpoint, w http.ResponseWriter, f form) error {
	t, err := e.rows(c)
	if err != nil {
		return err
	}
	t = projected(t, e.columns)
	total := int64(len(t.Rows))
	first, last := min(c.offset, total), min(c.offset+c.limit, total)
	if e.paged { // the job has skipped what comes before, and gives one more where there is more
		first, last = 0, min(c.limit, total)
	}
	next := ""
	if last < total {
		next = cursor(c.listed(), c.offset+c.limit)
		q := c.r.URL.Query()
		q.Set("cursor", next)
		w.Header().Set("Link", "<"+(&url.URL{Path: c.r.URL.Path, RawQuery: q.Encode()}).String()+`>; rel="next"`)
	}
	var b bytes.Buffer
	if f.name == "json" {
		b.WriteString(`{"data":[`)
		for i, row := range t.Rows[first:last] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('\n')
			b.Write(table.AppendJSONRow(nil, t.Columns, row))
		}
		b.WriteString("\n],\"next\":")
		if next == "" {
			b.WriteString("null}\n")
		} else {
			b.WriteString(`"` + next + "\"}\n")
		}
	} else {
		var types []string
		for _, one := range t.Columns {
			types = append(types, sqlTypes[one.Kind])
		}
		out, err := table.NewRowWriter(&b, f.name, t.Columns, types)
		if err != nil {
			return err
		}
		for _, row := range t.Rows[first:last] {
			if err := out.Write(row); err != nil {
				return err
			}
		}
		if err := out.Close(); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", f.media)
	_, _ = w.Write(b.Bytes()) // whoever has gone needs no answer
	return nil
}

// sqlTypes are the types of columns in Arrow and Parquet. Amounts have 6 places and rates
// 9: one type holds both.
var sqlTypes = map[table.Kind]string{table.Text: "VARCHAR", table.Number: "BIGINT", table.Decimal: "DECIMAL(38,9)", table.Time: "TIMESTAMP WITH TIME ZONE", table.Date: "DATE", table.Bool: "BOOLEAN"}

// projected gives the columns that the document says, of whatever a table has.
func projected(t *table.Table, columns []column) *table.Table {
	to := &table.Table{}
	at := make([]int, len(columns))
	for i, c := range columns {
		to.Columns = append(to.Columns, table.Column{Name: c.name, Kind: c.kind})
		at[i] = slices.IndexFunc(t.Columns, func(have table.Column) bool { return have.Name == c.name })
	}
	for _, row := range t.Rows {
		cells := make([]any, len(columns))
		for i, from := range at {
			if from >= 0 {
				cells[i] = row[from]
			}
		}
		to.Rows = append(to.Rows, cells)
	}
	return to
}
