package people_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
	"carat/pipeline"
	"carat/pipeline/identity"
)

// signers are the keys of a test's people, by name.
type signers map[string]identity.Signer

func (k signers) of(t *testing.T, name string) identity.Signer {
	t.Helper()
	if k[name] == nil {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ssh.NewSignerFromKey(private)
		if err != nil {
			t.Fatal(err)
		}
		if k[name], err = identity.NewSigner(s); err != nil {
			t.Fatal(err)
		}
	}
	return k[name]
}

// by gives the setting of somebody who signs with the key of a name; "": with none.
func (k signers) by(t *testing.T, s books.Setting, who, key string) books.Setting {
	t.Helper()
	s.By = books.Actor{User: who, OSUser: "ops"}
	s.Signer = nil
	if key != "" {
		signer := k.of(t, key)
		s.Signer = func(wanted func(identity.Key) bool) (identity.Signer, func() error, error) {
			return signer, func() error { return nil }, nil // whatever is wanted: what it signs is judged
		}
	}
	return s
}

// switchedOn makes a lake whose first administrator is cleo.
func switchedOn(t *testing.T) (books.Setting, signers) {
	t.Helper()
	s, k := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nauth: {sign: key}\n", nil), signers{}
	o := people.AuthOptions{Setting: k.by(t, s, "cleo", "cleo"), Key: k.of(t, "cleo").Key()}
	r, err := people.SwitchOn(t.Context(), o)
	if err != nil || r.Record != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	return s, k
}

func (k signers) enrol(t *testing.T, s books.Setting, by, who, key string) error {
	t.Helper()
	_, sig, err := people.Request(t.Context(), people.KeysOptions{Setting: k.by(t, s, who, key), Key: k.of(t, key).Key()})
	if err != nil {
		return err
	}
	_, err = people.Enrol(t.Context(), people.KeysOptions{Setting: k.by(t, s, by, by), Person: who, Key: k.of(t, key).Key(), Signature: sig})
	return err
}

func (k signers) grant(t *testing.T, s books.Setting, by, key, who, role string) error {
	t.Helper()
	_, err := people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, by, key), User: who, Role: role})
	return err
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The attacks on roles by names alone: none of them is one any more.
func TestNamesAreNoProof(t *testing.T) {
	s, k := switchedOn(t)
	refused(t, k.grant(t, s, "cleo", "", "mallory", books.RoleApprover), "there is no key to sign with")
	refused(t, k.grant(t, s, "cleo", "mallory", "mallory", books.RoleApprover), "was never enrolled")
	refused(t, k.grant(t, s, "mallory", "mallory", "mallory", books.RoleApprover), "mallory has no role")
	must(t, k.enrol(t, s, "cleo", "mallory", "mallory"))
	refused(t, k.grant(t, s, "cleo", "mallory", "mallory", books.RoleApprover), "is mallory's, and the record is cleo's")
	refused(t, k.grant(t, s, "mallory", "mallory", "eve", books.RoleAuditor), "mallory has no role")
	must(t, k.grant(t, s, "cleo", "cleo", "mallory", books.RoleAuditor))
	list, err := people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, "mallory", "")})
	if err != nil || len(list.Grants) != 2 {
		t.Errorf("%+v %v", list, err)
	}
	if v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: k.by(t, s, "mallory", "")}); err != nil || v.Signed != 3 {
		t.Errorf("%+v %v", v, err)
	}
}

// Another policy in carat.yaml than the one recorded is refused with both, also a
// stricter one, until an administrator accepts it.
func TestPolicyIsRecorded(t *testing.T) {
	s, k := switchedOn(t)
	other := *s.Config
	other.FourEyes = "two"
	s.Config = &other
	const both = "carat.yaml says auth.sign=key, four_eyes=two, and what was recorded is auth.sign=key, four_eyes=three"
	refused(t, k.grant(t, s, "cleo", "cleo", "ann", books.RolePreparer), both)
	p, err := books.OpenExisting(t.Context(), k.by(t, s, "cleo", ""), books.RightStatus)
	if err == nil {
		_ = p.Close()
	}
	refused(t, err, both)
	_, err = people.Accept(t.Context(), people.AuthOptions{Setting: k.by(t, s, "cleo", "")})
	refused(t, err, "there is no key")
	_, err = people.Accept(t.Context(), people.AuthOptions{Setting: k.by(t, s, "cleo", "cleo")})
	must(t, err)
	must(t, k.grant(t, s, "cleo", "cleo", "ann", books.RolePreparer))
	other.Auth.On = false
	refused(t, k.grant(t, s, "cleo", "cleo", "ann", books.RoleAuditor), "carat.yaml says auth=none, four_eyes=two")
}

// A role ends with the person, and a recovered administrator's after a day.
func TestPeopleEnd(t *testing.T) {
	s, k := switchedOn(t)
	must(t, k.enrol(t, s, "cleo", "ann", "ann"))
	must(t, k.grant(t, s, "cleo", "cleo", "ann", books.RolePreparer))
	must(t, k.grant(t, s, "cleo", "cleo", "ann", books.RoleAuditor))
	r, err := people.Revoke(t.Context(), people.KeysOptions{Setting: k.by(t, s, "cleo", "cleo"), Person: "ann", All: true})
	if err != nil || len(r.Ended) != 3 {
		t.Errorf("%+v %v", r, err)
	}
	refused(t, k.grant(t, s, "ann", "ann", "bob", books.RoleAuditor), "ann has no role")
	refused(t, k.enrol(t, s, "cleo", "ann", "ann"), "a key is of one person for ever")
	_, err = people.Revoke(t.Context(), people.KeysOptions{Setting: k.by(t, s, "cleo", "cleo"), Person: "cleo", All: true})
	refused(t, err, "the last one stays")

	rescue := people.AuthOptions{Setting: k.by(t, s, "rescue", "rescue"), Key: k.of(t, "rescue").Key()}
	_, err = people.Recover(t.Context(), rescue)
	must(t, err)
	must(t, k.enrol(t, s, "rescue", "dora", "dora"))
	refused(t, func() error {
		p, err := books.OpenAllowed(t.Context(), rescue.Setting, books.RightClose)
		if err == nil {
			_ = p.Close()
		}
		return err
	}(), "rescue is administrator, and this is for the preparer")
	later := s
	later.Now = s.Now.Add(25 * time.Hour)
	refused(t, k.grant(t, later, "rescue", "rescue", "dora", books.RoleAdministrator), "rescue has no role")
	must(t, k.grant(t, later, "cleo", "cleo", "dora", books.RoleAdministrator))
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: k.by(t, later, "cleo", "")}); err != nil {
		t.Error(err)
	}
}

// What is changed of the records or of what rests on them is named, also by whoever
// makes the chain of the state anew around it: a signature can't be made anew.
func TestSignedRecordsAreVerified(t *testing.T) {
	s, k := switchedOn(t)
	must(t, k.enrol(t, s, "cleo", "ann", "ann"))
	must(t, k.grant(t, s, "cleo", "cleo", "ann", books.RoleAuditor))
	saved := filepath.Join(t.TempDir(), "saved")
	must(t, os.CopyFS(saved, os.DirFS(s.Config.Lake)))
	for _, c := range []struct{ sql, want string }{
		{"update carat_signed set content = replace(content, 'role: auditor', 'role: approver') where signed_no = 3", "signed record 3 (grant of cleo): its signature is not good: the text is not what was signed"},
		{"update carat_signed set signature = (select signature from carat_signed where signed_no = 2) where signed_no = 3", "signed record 3 (grant of cleo): its signature is not good"},
		{"delete from carat_signed where signed_no = 2", "signed record 3 (grant of cleo) follows record 1: those between were taken away"},
		{"update carat_signed set person = 'bob' where signed_no = 3", "its row says otherwise than its bytes"},
		{"update carat_signed set credential = 'x' where signed_no = 3", "its row says otherwise than its bytes"},
		{"update carat_signed set signature = '' where signed_no = 3", "its signature is not good"},
		{"insert into carat_users values ('mallory', 'approver', 'cleo', 1, 'ops', 3, '', 0)", "carat_users has mallory as approver (record 3"},
		{"update carat_users set role = 'preparer' where user_name = 'ann'", "carat_users has ann as preparer"},
		{"update carat_users set signed_no = 2 where user_name = 'ann'", "carat_users lacks ann as auditor (record 3"},
		{"delete from carat_users where user_name = 'ann'", "carat_users lacks ann as auditor"},
		{"insert into carat_sign_offs (period, version, attempt, run_id, numbers_sha256, prepared_by, prepared_at, os_user, signed_no) values ('2026-10', 1, 1, 'r', 'n', 'ann', 1, '', 3);" +
			"insert into carat_periods values ('2026-10', 'balanced', 'r', 1)", "the sign-off of 2026-10 version 1: record 3 is none by which ann signed it"},
		{"insert into carat_decisions (decision_no, exception_id, status, until_day, owner, note, decided_by, decided_at, signed_no) values (9, 'e', 'waived', '', '', '', 'ann', 1, 3)", "names record 3, which decides nothing"},
		{"delete from carat_signed", "carat_signed: row 1 was taken away"},
	} {
		must(t, os.RemoveAll(s.Config.Lake))
		must(t, os.CopyFS(s.Config.Lake, os.DirFS(saved)))
		must(t, os.WriteFile(filepath.Join(s.Config.Lake, "catalog.sqlite-open"), []byte("open\n"), 0o600))
		db, err := sql.Open("sqlite", "file:"+filepath.Join(s.Config.Lake, "catalog.sqlite"))
		must(t, err)
		_, err = db.Exec(c.sql)
		must(t, err)
		must(t, db.Close())
		for _, who := range []string{"cleo", "ann"} {
			v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: k.by(t, s, who, "")})
			if pipeline.KindOf(err) == pipeline.KindUsage && who == "ann" {
				continue // whose role was what was changed
			}
			if pipeline.KindOf(err) != pipeline.KindVerification || v == nil || !strings.Contains(fmt.Sprint(v.Differences), c.want) {
				t.Errorf("%s: %v %v, want %q", c.sql, v, err, c.want)
			}
		}
	}
}

// Without authentication everything goes on as names say, and the records say so.
func TestNotAuthenticated(t *testing.T) {
	s, k := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\n", nil), signers{}
	must(t, k.grant(t, s, "root", "", "ann", books.RolePreparer))
	p, err := books.OpenExisting(t.Context(), k.by(t, s, "ann", ""), books.RightStatus)
	must(t, err)
	defer func() { _ = p.Close() }()
	list, err := p.State.Signed(t.Context(), 1, 0)
	if err != nil || len(list) != 1 || !strings.Contains(list[0].Content, "\nproof: none\nauth: not authenticated\n") || list[0].Signature != "" {
		t.Errorf("%+v %v", list, err)
	}
	_, err = people.SwitchOn(t.Context(), people.AuthOptions{Setting: k.by(t, s, "root", "root"), Key: k.of(t, "root").Key()})
	refused(t, err, "carat.yaml says auth: none")
	_, err = people.Recover(t.Context(), people.AuthOptions{Setting: k.by(t, s, "rescue", "rescue"), Key: k.of(t, "rescue").Key()})
	refused(t, err, "authentication is not on")
}

// A creator's role names whose rows they see: one creator for ever until it is taken
// away, nobody of the staff, and nothing that a second name would change.
func TestCreators(t *testing.T) {
	s, k := switchedOn(t)
	grant := func(who, role, creator string, revoke bool) error {
		_, err := people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, "cleo", "cleo"), User: who, Role: role, Creator: creator, Revoke: revoke})
		return err
	}
	refused(t, grant("rosa", books.RoleCreator, "", false), "it isn't said whose rows they see")
	refused(t, grant("rosa", books.RoleAuditor, "c1", false), "a creator's id goes with granting the role creator alone")
	refused(t, grant("rosa", books.RoleCreator, "c1", true), "a creator's id goes with granting the role creator alone")
	for _, wrong := range []string{" c1", "c1\nrole: approver", "\u202ec1", strings.Repeat("c", 201)} {
		refused(t, grant("rosa", books.RoleCreator, wrong, false), "is no creator's id")
	}
	must(t, grant("rosa", books.RoleCreator, "c1", false))
	must(t, grant("rosa", books.RoleCreator, "c1", false))
	refused(t, grant("rosa", books.RoleCreator, "c2", false), "rosa is creator c1, and a person is one creator")
	refused(t, grant("rosa", books.RoleAuditor, "", false), "nobody of the staff is one")
	must(t, grant("sue", books.RoleSupport, "", false))
	refused(t, grant("sue", books.RoleCreator, "c1", false), "nobody of the staff is one")
	list, err := people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, "cleo", "")})
	if err != nil || list.Creators["rosa"] != "c1" || len(list.Creators) != 1 {
		t.Errorf("%+v %v", list, err)
	}
	must(t, grant("rosa", books.RoleCreator, "", true))
	must(t, grant("rosa", books.RoleCreator, "c2", false))
	if list, err = people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, "cleo", "")}); err != nil || list.Creators["rosa"] != "c2" {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: k.by(t, s, "cleo", "")}); err != nil {
		t.Error(err)
	}
}

// Who grants the first role of all becomes administrator, whatever the role and whoever
// gets it: a name that was misspelt can be taken back.
func TestFirstGrantLocksNobodyOut(t *testing.T) {
	for _, role := range books.Roles {
		t.Run(role, func(t *testing.T) {
			s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\n", nil)
			s.By = books.Actor{User: "boss", OSUser: "boss"}
			creator := ""
			if role == books.RoleCreator {
				creator = "c1"
			}
			r, err := people.Users(t.Context(), people.UsersOptions{Setting: s, User: "tpyo", Role: role, Creator: creator})
			if err != nil || r.Administrator != "boss" || len(r.Grants) != 2 {
				t.Fatalf("%+v %v", r, err)
			}
			_, err = people.Users(t.Context(), people.UsersOptions{Setting: s, User: "tpyo", Role: role, Revoke: true})
			must(t, err)
			r, err = people.Users(t.Context(), people.UsersOptions{Setting: s, User: "typo", Role: role, Creator: creator})
			if err != nil || r.Administrator != "" || len(r.Grants) != 2 {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\n", nil)
	s.By = books.Actor{User: "boss", OSUser: "boss"}
	if r, err := people.Users(t.Context(), people.UsersOptions{Setting: s, User: "Boss", Role: books.RoleAdministrator}); err != nil || r.Administrator != "" || len(r.Grants) != 1 {
		t.Errorf("to oneself: %+v %v", r, err)
	}
}
