package api

import (
	"encoding/json"
	"strconv"

	"carat/jobs/books"
	"carat/reports/table"
)

type object = map[string]any

// document gives the description of the API in OpenAPI 3.1, made of the endpoints
// themselves.
func (a *API) document() []byte {
	paths, schemas := object{}, object{"Problem": problemSchema()}
	for _, e := range endpoints {
		operation := object{"operationId": e.id, "summary": e.summary, "description": "For whoever is " + orList(books.Rights[e.right]) + ".", "responses": e.responses(), "security": []any{object{"token": []any{}}}}
		if list := e.documented(); len(list) > 0 {
			operation["parameters"] = list
		}
		if e.rows == nil {
			operation["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": object{"type": "object", "required": []string{"query"}, "additionalProperties": false, "properties": object{
				"query": object{"type": "string", "minLength": 1}, "as_of": object{"type": "string", "description": "an RFC 3339 time, a batch, or a month that is closed"}, "period": object{"type": "string", "pattern": periodOf.pattern}}}}}}
		} else {
			schemas[e.id] = e.schema()
		}
		at, _ := paths[Prefix+e.path].(object)
		if at == nil {
			at = object{}
			paths[Prefix+e.path] = at
		}
		at[map[string]string{"GET": "get", "POST": "post"}[e.method]] = operation
	}
	text, err := json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{"title": "carat", "version": "1", "description": "What programs read of carat. Decimals are strings, so that no digit is lost; instants are RFC 3339 in UTC. Lists come page by page: `next` is the cursor of the one after, null at the end.",
			"license": object{"name": "see LICENSE", "url": a.Server}},
		"servers":    []any{object{"url": a.Server}},
		"paths":      paths,
		"components": object{"schemas": schemas, "securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "made by its owner: `carat users token ROLE`"}}},
	}, "", " ")
	if err != nil {
		return []byte("{}") // cannot be: these are texts
	}
	return append(text, '\n')
}

func orList(roles []string) (text string) {
	for i, one := range roles {
		switch {
		case i > 0 && i == len(roles)-1:
			text += " or "
		case i > 0:
			text += ", "
		}
		text += one
	}
	return text
}

func (e endpoint) documented() (list []any) {
	for _, p := range e.allParameters() {
		schema := object{"type": "string"}
		if p.pattern != "" {
			schema["pattern"] = p.pattern
		}
		switch p.name {
		case "limit":
			schema = object{"type": "integer", "minimum": 1, "maximum": rowsMaxFile, "default": rowsDefault}
			p.says += "; of JSON at most " + strconv.Itoa(rowsMax)
		case "resolved":
			schema = object{"type": "boolean"}
		}
		list = append(list, object{"name": p.name, "in": p.in, "required": p.in == "path", "description": p.says, "schema": schema})
	}
	return list
}

// schema is what a list's answer is.
func (e endpoint) schema() object {
	properties := object{}
	var names []string
	for _, c := range e.columns {
		properties[c.name] = schemaOf(c.kind)
		names = append(names, c.name)
	}
	return pageOf(object{"type": "object", "required": names, "additionalProperties": false, "properties": properties})
}

func pageOf(row object) object {
	return object{"type": "object", "required": []string{"data", "next"}, "additionalProperties": false, "properties": object{
		"data": object{"type": "array", "items": row}, "next": object{"type": []string{"string", "null"}, "description": "the cursor of the next page; null: this is the last"}}}
}

func schemaOf(kind table.Kind) object {
	switch kind {
	case table.Number:
		return object{"type": []string{"integer", "null"}}
	case table.Decimal:
		return object{"type": []string{"string", "null"}, "pattern": `^-?[0-9]+(\.[0-9]+)?$`}
	case table.Time:
		return object{"type": []string{"string", "null"}, "format": "date-time"}
	case table.Date:
		return object{"type": []string{"string", "null"}, "format": "date"}
	case table.Bool:
		return object{"type": []string{"boolean", "null"}}
	}
	return object{"type": []string{"string", "null"}}
}

func problemSchema() object {
	return object{"type": "object", "required": []string{"type", "title", "status", "detail", "instance"}, "additionalProperties": false, "properties": object{
		"type": object{"type": "string"}, "title": object{"type": "string"}, "status": object{"type": "integer"}, "detail": object{"type": "string"}, "instance": object{"type": "string"}, "hint": object{"type": "string", "description": "what to do next"}}}
}

// problems are the statuses that an endpoint may answer with besides 200, and why.
var problems = map[string]string{"400": "what was asked can't be", "401": "there is no token that is good", "403": "the token's owner hasn't the right", "404": "there is no such thing", "405": "it is asked with another method", "406": "no accepted form is one of these",
	"409": "that is not possible now", "413": "too large", "414": "the address is too long", "415": "a query is application/json", "429": "too many tries with what is no token", "500": "what happened is in carat's log", "503": "ask again later"}

func (e endpoint) responses() object {
	row := object{"type": "object"}
	schema := pageOf(row)
	if e.rows != nil {
		schema = object{"$ref": "#/components/schemas/" + e.id}
	}
	content := object{"application/json": object{"schema": schema}}
	for _, f := range forms[1:] {
		content[f.media] = object{} // the same columns
	}
	all := object{"200": object{"description": e.summary, "content": content}}
	for status, says := range problems {
		all[status] = object{"description": says, "content": object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}}}
	}
	return all
}
