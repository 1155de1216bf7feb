package identity

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Form is the first line of a record. It changes when the meaning of a line does.
const Form = "carat-record/1"

// Kind is what a record is about.
type Kind string

// The kinds of records.
const (
	KindAuth    Kind = "auth"                 // authentication was switched on
	KindEnrol   Kind = "enrol"                // a key of a person
	KindGrant   Kind = "grant"                // a role of a person
	KindRevoke  Kind = "revoke"               // a role, a key or all of a person taken away
	KindPrepare Kind = "prepare"              // a month's numbers
	KindApprove Kind = "approve"              // what was prepared
	KindReopen  Kind = "reopen"               // a closed month
	KindDecide  Kind = "decide"               // exceptions
	KindAccept  Kind = "accept-configuration" // another policy in carat.yaml
	KindRecover Kind = "recover"              // an administrator's key for a day, by whoever owns the files
	KindRestore Kind = "restore"              // a lake from a backup
	KindToken   Kind = "token"                // by which a program reads for its owner
	KindLink    Kind = "link"                 // who somebody is at the provider of sign-ins
	KindSeen    Kind = "sign-in"              // by the provider, with the groups that give roles
	KindAddress Kind = "address"              // where a person of the staff is written to
)

// How a record is proved.
const (
	ProofKey     = "key"     // the person's own key has signed it
	ProofSession = "session" // a server vouches for who was signed in
	ProofNone    = "none"    // nobody has proved who it was
)

// NotAuthenticated is what a record, a certificate and a page say where
// authentication was never switched on.
const NotAuthenticated = "not authenticated"

// Authenticated is what a record says where it is.
const Authenticated = "on"

// Field is one line of a record.
type Field struct{ Name, Value string }

// Record is what a person did, as it is signed: bytes of lines `name: value` in
// fixed order. Lines that have nothing to say are left out.
type Record struct {
	Kind       Kind
	Lake       string
	No         int64  // from 1, without a gap
	Before     string // SHA-256 of the record before, in hex; "" of the first one
	Person     string
	Account    string // of the operating system
	Credential string // the key's fingerprint; "" without one
	Proof      string
	Auth       string    // Authenticated or NotAuthenticated
	Time       time.Time // by the clock: it is told, and decides nothing
	Fields     []Field   // of the kind, in their order
}

// Lines of every kind, in order.
var headLines = []string{"kind", "lake", "number", "before", "person", "account", "credential", "proof", "auth", "time"}

// none stands in the head of a record for what there is not.
const none = "none"

// lines are those of a kind, in order: a name ending with * may stand several
// times, and from the one after "+" on all of them may stand again, in turn: one
// decision after another.
var lines = map[Kind][]string{
	KindAuth:    {"switch", "administrator", "key", "policy*", "ended*"},
	KindEnrol:   {"subject", "key", "key-signature"},
	KindGrant:   {"subject", "role", "entity*", "proposed-by", "creator"},
	KindRevoke:  {"subject", "role", "key", "all", "compromised-since", "reason", "token", "identity"},
	KindToken:   {"token", "name", "role", "until"},
	KindLink:    {"subject", "identity"},
	KindSeen:    {"subject", "identity", "group*", "until"},
	KindAddress: {"subject", "address"},
	KindPrepare: {"period", "version", "attempt", "run", "numbers", "controls", "decisions", "configuration", "sql", "layouts", "last-batch", "chain-head"},
	KindApprove: {"period", "version", "attempt", "run", "numbers", "controls", "decisions", "configuration", "sql", "layouts", "last-batch", "chain-head", "prepare-number", "prepare"},
	KindReopen:  {"period", "version", "run", "certificate", "reason"},
	KindDecide: {"decisions", "+", "exception", "period", "expected", "actual", "difference", "unit", "status", "reason", "until",
		"owner", "value", "source", "rate", "from", "matched", "match"},
	KindAccept:  {"policy*", "before-policy*"},
	KindRecover: {"administrator", "key", "until"},
	KindRestore: {"backup", "old-head"},
}

// Kinds are all of them.
var Kinds = []Kind{KindAuth, KindEnrol, KindGrant, KindRevoke, KindPrepare, KindApprove, KindReopen, KindDecide, KindAccept, KindRecover, KindRestore, KindToken, KindLink, KindSeen, KindAddress}

// People are the kinds that say who has which key and which role, and what the
// policy is: what a Registry is made of.
var People = []Kind{KindAuth, KindEnrol, KindGrant, KindRevoke, KindAccept, KindRecover, KindToken, KindLink, KindSeen, KindAddress}

// PeopleKinds gives them as texts.
func PeopleKinds() (kinds []string) {
	for _, k := range People {
		kinds = append(kinds, string(k))
	}
	return kinds
}

// Get gives the value of the first line of that name; "" without one.
func (r Record) Get(name string) string {
	for _, f := range r.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// All gives the values of every line of that name.
func (r Record) All(name string) (values []string) {
	for _, f := range r.Fields {
		if f.Name == name {
			values = append(values, f.Value)
		}
	}
	return values
}

// Groups gives the lines of each group of a kind that has such: of each decision.
func (r Record) Groups() (groups []map[string]string) {
	spec := lines[r.Kind]
	at := slices.Index(spec, "+")
	if at < 0 {
		return nil
	}
	first, within := spec[at+1], spec[at+1:]
	for _, f := range r.Fields {
		if f.Name == first {
			groups = append(groups, map[string]string{})
		}
		if len(groups) > 0 && slices.Contains(within, f.Name) {
			groups[len(groups)-1][f.Name] = f.Value
		}
	}
	return groups
}

// Encode gives the record's bytes. A kind that there is not, and lines that are
// not of the kind or not in its order, are errors.
func (r Record) Encode() ([]byte, error) {
	if lines[r.Kind] == nil {
		return nil, fmt.Errorf("there is no record of kind %q", r.Kind)
	}
	var b bytes.Buffer
	b.WriteString(Form + "\n")
	head := []string{string(r.Kind), r.Lake, strconv.FormatInt(r.No, 10), orNone(r.Before), r.Person, orNone(r.Account), orNone(r.Credential), r.Proof, r.Auth,
		r.Time.UTC().Format(time.RFC3339)}
	for i, name := range headLines {
		if head[i] == "" {
			return nil, fmt.Errorf("the record says no %s", name)
		}
		b.WriteString(name + ": " + escape(head[i]) + "\n")
	}
	kept := slices.DeleteFunc(slices.Clone(r.Fields), func(f Field) bool { return f.Value == "" })
	if err := inOrder(r.Kind, kept); err != nil {
		return nil, err
	}
	for _, f := range kept {
		b.WriteString(f.Name + ": " + escape(f.Value) + "\n")
	}
	return b.Bytes(), nil
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

// inOrder checks the lines of a kind against its order.
func inOrder(kind Kind, fields []Field) error {
	spec := lines[kind]
	group := slices.Index(spec, "+")
	at := 0
	for _, f := range fields {
		next := indexFrom(spec, f.Name, at)
		if next < 0 && group >= 0 && at > group && f.Name == spec[group+1] {
			next = group + 1
		}
		if next < 0 {
			return fmt.Errorf("the line %q is not in its place in a record of kind %s", f.Name, kind)
		}
		if at = next; !strings.HasSuffix(spec[next], "*") {
			at++
		}
	}
	return nil
}

func indexFrom(spec []string, name string, from int) int {
	for i := from; i < len(spec); i++ {
		if spec[i] != "+" && strings.TrimSuffix(spec[i], "*") == name {
			return i
		}
	}
	return -1
}

// Parse reads a record's bytes. What Encode would write otherwise is an error: two
// spellings of one record would be two that can be signed.
func Parse(text []byte) (Record, error) {
	r, err := parse(text)
	if err != nil {
		return Record{}, err
	}
	again, err := r.Encode()
	if err == nil && !bytes.Equal(again, text) {
		err = errors.New("it is not spelled as carat spells it")
	}
	return r, err
}

func parse(text []byte) (r Record, err error) {
	if !utf8.Valid(text) || !bytes.HasSuffix(text, []byte("\n")) {
		return r, errors.New("it is not lines of UTF-8")
	}
	all := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if all[0] != Form || len(all) <= len(headLines) {
		return r, fmt.Errorf("it is not %s", Form)
	}
	head := map[string]string{}
	for i, line := range all[1:] {
		name, value, ok := strings.Cut(line, ": ")
		if value, err = unescape(value); err != nil || !ok {
			return r, fmt.Errorf("line %d is not `name: value`", i+2)
		}
		if i < len(headLines) {
			if name != headLines[i] {
				return r, fmt.Errorf("line %d is %q, where %q belongs", i+2, name, headLines[i])
			}
			head[name] = value
			continue
		}
		r.Fields = append(r.Fields, Field{name, value})
	}
	r.Kind, r.Lake, r.Person, r.Proof, r.Auth = Kind(head["kind"]), head["lake"], head["person"], head["proof"], head["auth"]
	r.Before, r.Account, r.Credential = noneIsEmpty(head["before"]), noneIsEmpty(head["account"]), noneIsEmpty(head["credential"])
	if r.No, err = strconv.ParseInt(head["number"], 10, 64); err != nil || r.No < 1 {
		return r, fmt.Errorf("%q is not the number of a record", head["number"])
	}
	if r.Time, err = time.Parse(time.RFC3339, head["time"]); err != nil {
		return r, fmt.Errorf("%q is not a time", head["time"])
	}
	return r, nil
}

func noneIsEmpty(text string) string {
	if text == none {
		return ""
	}
	return text
}

// escape spells a value on one line, so that what is seen of it is all of it: a
// backslash doubled, a line end as \n, and what can't be seen as \u{HEX}.
func escape(value string) string {
	var b strings.Builder
	for _, r := range value {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r != ' ' && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unescape(text string) (string, error) {
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(text, `\`)
		b.WriteString(plain)
		switch {
		case !found:
			return b.String(), nil
		case strings.HasPrefix(rest, `\`):
			b.WriteByte('\\')
			text = rest[1:]
		case strings.HasPrefix(rest, "n"):
			b.WriteByte('\n')
			text = rest[1:]
		case strings.HasPrefix(rest, "u{"):
			hex, after, closed := strings.Cut(rest[2:], "}")
			n, err := strconv.ParseUint(hex, 16, 21)
			if err != nil || !closed || !utf8.ValidRune(rune(n)) {
				return "", errors.New("a backslash stands before nothing that it can")
			}
			b.WriteRune(rune(n))
			text = after
		default:
			return "", errors.New("a backslash stands before nothing that it can")
		}
	}
}

// SHA256 gives the hash of bytes, in lower-case hex: by it the next record names
// this one.
func SHA256(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
