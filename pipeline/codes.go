package pipeline

// Code is why a row was rejected.
type Code string

// The codes of rejected rows.
const (
	CodeMissing         Code = "missing"           // a required value is empty
	CodeNotANumber      Code = "not_a_number"      // not a plain decimal
	CodeTooPrecise      Code = "too_precise"       // more places than the column keeps
	CodeOutOfRange      Code = "out_of_range"      // too large, too small, or outside the years
	CodeNegative        Code = "negative"          // below zero where the column has no sign
	CodeUnknownValue    Code = "unknown_value"     // not one of the listed words
	CodeBadTime         Code = "bad_time"          // not a time, or one that the zone skips
	CodeBadCurrency     Code = "bad_currency"      // not of ISO 4217
	CodeBadCountry      Code = "bad_country"       // not two upper-case letters
	CodeBadID           Code = "bad_id"            // too long, or with control characters
	CodeBadAddress      Code = "bad_address"       // not exactly one mail address
	CodeBadText         Code = "bad_text"          // too long, or with control characters
	CodeWrongFieldCount Code = "wrong_field_count" // not as many fields as the header
	CodeBadQuote        Code = "bad_quote"         // quotes that RFC 4180 doesn't allow
	CodeBadJSON         Code = "bad_json"          // the line is not one JSON object
	CodeWrongType       Code = "wrong_type"        // an object or true where a value belongs
	CodeKeyConflict     Code = "key_conflict"      // its key came before with other content
	CodeNotBalanced     Code = "not_balanced"      // amounts of one row that should add up and don't
)

// CodeOK is the code of what broke no rule.
const CodeOK Code = ""
