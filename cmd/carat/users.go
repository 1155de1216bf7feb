package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/people"
	"carat/pipeline/identity"
	"carat/reports/table"
)

// requestBytesMax bounds a file that asks for a key to be enrolled.
const requestBytesMax = 64 << 10

// usersFlags are what `carat users` is called with besides its arguments.
type usersFlags struct {
	entities     []string
	creator      string
	days         int
	name         string
	tokens       bool
	since        int64
	reason, out  string
	fingerprints bool
}

// usersCommand is `carat users`: roles and keys.
func usersCommand(a *app) *cobra.Command {
	var f usersFlags
	cmd := &cobra.Command{
		Use:   "users [grant|revoke|end|link|address USER ... | request | ...]",
		Short: "who may prepare, approve and read, and whose keys sign",
		Long: `Lists the roles of users, or changes one. Roles are
` + strings.Join(books.Roles, ", ") + `.
While no role was granted everybody may do everything, but no one person both
prepares a month and approves it. Who grants the first role becomes
administrator. From then on who has no role may do nothing, and administrators
alone change roles; nobody grants one to themselves.

Once authentication is on (carat auth on) each of these is a record that an
administrator signs. An approver's role waits for a second administrator, where
there is one. A key is enrolled when it has itself signed whose it is (request),
and an administrator enrols that; it is of one person for ever. end takes all
keys and roles of a person away.

link says who somebody is at the provider of sign-ins that carat.yaml names
(auth: {oidc: ...}); the provider's groups then give them roles for twelve hours
after each sign-in.

address says where somebody of the staff is written to when a comment names them
(@ann); none takes it away. The record holds a keyed hash of it.

token makes a token by which a program reads for you through carat serve's API,
by one role of yours; it is printed once, and kept as a hash.`,
		Example: `  carat users
  carat users grant cleo administrator
  carat users grant ann preparer --entity main
  carat users grant rosa creator --creator c37
  carat users revoke ann preparer
  carat users request --user ann --key ~/.ssh/id_ed25519 --out ann.txt
  carat users enrol ann.txt --user cleo --key ~/.ssh/id_ed25519
  carat users revoke ann SHA256:n4bQ… --compromised-since 17
  carat users --fingerprints
  carat users link ann 00u1a2b3c4
  carat users revoke ann oidc:9f86d081884c7d65
  carat users address ann ann@example.com
  carat users token auditor --name warehouse --days 90
  carat users revoke ann token:9f86d081884c7d65`,
		Args: checkUsersArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			switch {
			case f.fingerprints:
				return a.fingerprints(cmd, s)
			case f.tokens:
				return a.tokens(cmd, s)
			}
			what := append(args, "")[0]
			switch {
			case what == "request":
				return a.requestKey(cmd, s, f)
			case what == "token":
				return a.makeToken(cmd, s, args[1], f)
			case what == "revoke" && strings.HasPrefix(args[2], "token:"):
				return a.revokeToken(cmd, s, args[1], args[2], f)
			case what == "link":
				return a.linkUser(cmd, s, args[1], args[2])
			case what == "address":
				return a.addressUser(cmd, s, args[1], args[2])
			case what == "revoke" && strings.HasPrefix(args[2], identity.LinkPrefix):
				return a.unlinkUser(cmd, s, args[1], args[2], f)
			case what == "enrol":
				return a.enrolKey(cmd, s, args[1])
			case what == "end", what == "revoke" && strings.HasPrefix(args[2], "SHA256:"):
				return a.revokeKeys(cmd, s, args, f)
			}
			return a.roles(cmd, s, args, f)
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().StringSliceVar(&f.entities, "entity", nil, "limit the role that is granted to this entity; may be given again")
	cmd.Flags().StringVar(&f.creator, "creator", "", "whose rows the creator sees who is granted that role")
	cmd.Flags().Int64Var(&f.since, "compromised-since", 0, "the record from which on somebody else may have had the key")
	cmd.Flags().StringVar(&f.reason, "reason", "", "why a key or a person ends")
	cmd.Flags().IntVar(&f.days, "days", 90, "how many days a token is good")
	cmd.Flags().StringVar(&f.name, "name", "", "what a token is for")
	cmd.Flags().BoolVar(&f.tokens, "tokens", false, "list every token, by its id")
	cmd.Flags().StringVar(&f.out, "out", "", "the file that asks for a key; else it is printed")
	cmd.Flags().BoolVar(&f.fingerprints, "fingerprints", false, "list every key, to compare outside")
	return cmd
}

// usersArguments are how many arguments follow each word.
var usersArguments = map[string]int{"grant": 2, "revoke": 2, "request": 0, "enrol": 1, "end": 1, "token": 1, "link": 2, "address": 2}

func checkUsersArguments(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	n, known := usersArguments[args[0]]
	if !known || len(args) != n+1 {
		return usage("carat users takes nothing, or grant or revoke with a user and a role; or request, enrol with a file, revoke with a user and a key, a token or a link, end with a user, link with a user and who they are at the provider, address with a user and an address, token with a role").
			WithHint("for example `carat users grant ann approver`")
	}
	return nil
}

// roles lists the roles, after a change if one was asked for.
func (a *app) roles(cmd *cobra.Command, s books.Setting, args []string, f usersFlags) error {
	o := people.UsersOptions{Setting: s, Entities: f.entities, Creator: f.creator}
	if len(args) == 3 {
		o.User, o.Role, o.Revoke = args[1], args[2], args[0] == "revoke"
	}
	result, err := people.Users(cmd.Context(), o)
	if err != nil {
		return err
	}
	if result.Administrator != "" {
		a.tell("users: " + result.Administrator + " is administrator now, as whoever grants the first role; from now on who has no role may do nothing")
	}
	for _, p := range result.Proposals {
		what := fmt.Sprintf("users: %s as %s waits for an administrator besides %s: `carat users grant %s %s`", p.Person, p.Role, p.By, p.Person, p.Role)
		for _, e := range p.Entities {
			what = strings.TrimSuffix(what, "`") + " --entity " + e + "`"
		}
		a.tell(what)
	}
	t := &table.Table{Columns: []table.Column{{Name: "user"}, {Name: "role"}, {Name: "granted_by"}, {Name: "granted_at", Kind: table.Time}, {Name: "entities"}, {Name: "until", Kind: table.Time}, {Name: "record", Kind: table.Number}, {Name: "creator"}}}
	for _, g := range result.Grants {
		row := []any{g.User, g.Role, g.By, g.At, nil, nil, nil, nil}
		if len(g.Entities) > 0 {
			row[4] = strings.Join(g.Entities, " ")
		}
		if !g.Until.IsZero() {
			row[5] = g.Until
		}
		if g.Signed > 0 {
			row[6] = g.Signed
		}
		if id := result.Creators[g.User]; id != "" && g.Role == books.RoleCreator {
			row[7] = id
		}
		t.Rows = append(t.Rows, row)
	}
	return shortened(t).Write(a.stdout, a.format)
}

// shortened leaves out the last columns that say nothing in any row.
func shortened(t *table.Table) *table.Table {
	for len(t.Columns) > 4 {
		last := len(t.Columns) - 1
		for _, row := range t.Rows {
			if row[last] != nil {
				return t
			}
		}
		t.Columns = t.Columns[:last]
		for i := range t.Rows {
			t.Rows[i] = t.Rows[i][:last]
		}
	}
	return t
}

func (a *app) fingerprints(cmd *cobra.Command, s books.Setting) error {
	list, err := people.Fingerprints(cmd.Context(), s)
	if err != nil {
		return err
	}
	t := &table.Table{Columns: []table.Column{{Name: "user"}, {Name: "fingerprint"}, {Name: "type"}, {Name: "enrolled", Kind: table.Number}, {Name: "revoked", Kind: table.Number},
		{Name: "doubtful_since", Kind: table.Number}, {Name: "until", Kind: table.Time}}}
	for _, k := range list {
		row := []any{k.Person, k.Key, k.Type, k.Enrolled, nil, nil, nil}
		for i, n := range []int64{k.Revoked, k.Doubtful} {
			if n > 0 {
				row[4+i] = n
			}
		}
		if !k.Until.IsZero() {
			row[6] = k.Until
		}
		t.Rows = append(t.Rows, row)
	}
	return shortened(t).Write(a.stdout, a.format)
}

// requestKey writes what an administrator enrols: whose the key is, signed by it.
func (a *app) requestKey(cmd *cobra.Command, s books.Setting, f usersFlags) error {
	key, err := a.ownKey()
	if err != nil {
		return err
	}
	if f.out != "" {
		if f.out, err = a.placeOutFile("--out", f.out, s.Config); err != nil {
			return err
		}
	}
	lake, signature, err := people.Request(cmd.Context(), people.KeysOptions{Setting: s, Key: key})
	if err != nil {
		return err
	}
	text := string(identity.KeyRequest(lake, s.By.User, key)) + signature
	if f.out == "" {
		_, err = fmt.Fprint(a.stdout, text)
		return err
	}
	if err := os.WriteFile(f.out, []byte(text), 0o600); err != nil {
		return usage("--out: %w", err)
	}
	fmt.Fprintf(a.stdout, "%s asks for the key %s\ngive an administrator %s, and the fingerprint by another way; they enrol it: `carat users enrol %s`\n", s.By.User, key.Fingerprint(), f.out, f.out)
	return nil
}

// readRequest reads a file that asks for a key.
func readRequest(file string) (person string, key identity.Key, signature string, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", key, "", usage("%w", err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > requestBytesMax {
		return "", key, "", usage("%s asks for no key", file)
	}
	head, sig, ok := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), "-----BEGIN")
	lines := map[string]string{}
	for _, line := range strings.Split(head, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		lines[name] = value
	}
	if key, err = identity.ParseKey(lines["key"]); err == nil && (!ok || !strings.HasPrefix(head, identity.KeyForm+"\n")) {
		err = errors.New("it is not written as a request is")
	}
	if err != nil {
		return "", key, "", usage("%s asks for no key: %w", file, err).WithHint("`carat users request --key FILE --out %s` writes such a file", file)
	}
	return lines["person"], key, "-----BEGIN" + sig, nil
}

func (a *app) enrolKey(cmd *cobra.Command, s books.Setting, file string) error {
	person, key, signature, err := readRequest(file)
	if err != nil {
		return err
	}
	r, err := people.Enrol(cmd.Context(), people.KeysOptions{Setting: s, Person: person, Key: key, Signature: signature})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "the key %s is %s's (record %d)\ncompare the fingerprint with %s by another way\n", key.Fingerprint(), person, r.Record, person)
	return nil
}

// revokeKeys ends a key, or a person.
func (a *app) revokeKeys(cmd *cobra.Command, s books.Setting, args []string, f usersFlags) error {
	o := people.KeysOptions{Setting: s, Person: args[1], All: args[0] == "end", Since: f.since, Reason: f.reason}
	if !o.All {
		o.Fingerprint = args[2]
	}
	r, err := people.Revoke(cmd.Context(), o)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "record %d ends of %s: %s\n", r.Record, o.Person, orNothing(strings.Join(r.Ended, ", ")))
	if len(r.Doubted) > 0 {
		var numbers []string
		for _, n := range r.Doubted {
			numbers = append(numbers, strconv.FormatInt(n, 10))
		}
		fmt.Fprintf(a.stdout, "in doubt: records %s; a month that rests on one is prepared and approved anew\n", strings.Join(numbers, ", "))
	}
	return nil
}

func orNothing(text string) string {
	if text == "" {
		return "nothing was left"
	}
	return text
}

// shownTime is a time as people read it.
func shownTime(at time.Time) string { return at.UTC().Format(time.RFC3339) }
