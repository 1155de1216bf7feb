package closepackage

import (
	"errors"
	"fmt"
	"slices"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/identity"
)

// recordsAtATime is how many signed records are read at a time.
const recordsAtATime = 1000

// writeRecords copies what people signed about the period, and who had which key, as
// bytes with their signatures beside them, and how OpenSSH verifies each: an auditor
// needs no carat for that. Of a closed period these are the records until it was
// approved, whatever came after.
func (b *auditBuilder) writeRecords() error {
	last := int64(0) // no bound
	if b.certificate != nil {
		if last = b.certificate.Approved.Record; last == 0 {
			return nil // an older carat's
		}
	}
	registry := identity.NewRegistry(b.books.Lake.ID())
	var rows [][]any
	var kept []identity.Record
	from := int64(1)
	for {
		list, err := b.books.State.Signed(b.ctx, from, recordsAtATime)
		if err != nil {
			return err
		}
		for _, one := range list {
			if last > 0 && one.No > last {
				break
			}
			r, err := identity.Parse([]byte(one.Content))
			if err == nil {
				err = registry.Take(r, identity.Entry{Text: []byte(one.Content), Signature: one.Signature})
			}
			if err != nil {
				return pipeline.Errorf(pipeline.KindVerification, "read", fmt.Sprintf("signed record %d", one.No), "%w", err).WithHint("`carat verify` says what was changed")
			}
			if !b.isAbout(r) {
				continue
			}
			name := fmt.Sprintf("records/%06d", r.No)
			var command any
			if one.Signature != "" {
				command = fmt.Sprintf("ssh-keygen -Y verify -f allowed_signers -I '%s' -n %s -s %s.sig -O verify-time=%s < %s.txt", registry.SignedBy(r), identity.Namespace, name, identity.Stamp(registry.At()), name)
				err = b.text(name+".sig", []byte(one.Signature))
			}
			if err = errors.Join(err, b.text(name+".txt", []byte(one.Content))); err != nil {
				return err
			}
			kept = append(kept, r)
			rows = append(rows, []any{r.No, string(r.Kind), r.Person, books.TextOrNil(r.Credential), r.Proof, r.Auth, r.Time, registry.At(), false, one.SHA256, command})
		}
		if len(list) < recordsAtATime || last > 0 && list[len(list)-1].No >= last {
			break
		}
		from = list[len(list)-1].No + 1
	}
	if len(rows) == 0 {
		return nil
	}
	for i, r := range kept {
		rows[i][8] = registry.Doubts(r)
	}
	if registry.On {
		if err := b.text("allowed_signers", registry.AllowedSigners()); err != nil {
			return err
		}
	}
	return b.table("records.csv", columnsOf("record:n kind person credential proof auth at:t verify_time:t doubtful:b sha256 command"), textRows(rows))
}

// isAbout says whether a record is about the period, or about people.
func (b *auditBuilder) isAbout(r identity.Record) bool {
	if slices.Contains(identity.People, r.Kind) || r.Kind == identity.KindRestore {
		return true
	}
	period := string(b.run.Period)
	if r.Kind != identity.KindDecide {
		return r.Get("period") == period
	}
	return slices.ContainsFunc(r.Groups(), func(lines map[string]string) bool { return lines["period"] == period })
}
