package books

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/decision"
	"carat/pipeline/state"
)

// tableControls counts what controls checked. That grows with every file of
// the next month, so a sign-off doesn't cover it; what the controls found is
// the table exceptions, which it does.
const tableControls = "control_results"

// Covered gives the hashes of the numbers that a sign-off of the run covers.
func (p *Books) Covered(ctx context.Context, run string) (map[string]string, error) {
	tables, err := p.Lake.RunTables(ctx, run)
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read run", run, "its results are not in the lake").
			WithHint("`carat verify` says what was changed")
	}
	numbers := map[string]string{}
	for _, t := range tables {
		if t.Table != tableControls {
			numbers[t.Table] = t.NumbersSHA256
		}
	}
	return numbers, nil
}

// NumbersSHA256 sums hashes of tables up in one.
func NumbersSHA256(numbers map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(numbers)) {
		fmt.Fprintf(&b, "%s  %s\n", numbers[name], name)
	}
	return certificate.SHA256Text([]byte(b.String()))
}

// Moved gives the tables in which two runs differ.
func Moved(before, after map[string]string) []string {
	var names []string
	for name, sum := range after {
		if before[name] != sum {
			names = append(names, name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// SignOff gives the sign-off of a period that stands, and the reason why the
// last one doesn't.
func (p *Books) SignOff(ctx context.Context, period pipeline.Period, version int64) (o state.SignOff, stands bool, fell string, err error) {
	list, err := p.State.SignOffs(ctx, period, version)
	if err != nil || len(list) == 0 {
		return o, false, "", err
	}
	last := list[len(list)-1]
	return last, last.Stands(), last.VoidReason, nil
}

// SettleSignOff lets a period's sign-off fall away when the run that is now
// the current one has other numbers than those that were signed. It says why.
func (p *Books) SettleSignOff(ctx context.Context, s Setting, period pipeline.Period, version int64, run string) (fell string, err error) {
	o, stands, _, err := p.SignOff(ctx, period, version)
	if err != nil || !stands || o.RunID == run {
		return "", err
	}
	now, err := p.Covered(ctx, run)
	if err != nil || NumbersSHA256(now) == o.NumbersSHA256 {
		return "", err
	}
	before, err := p.Covered(ctx, o.RunID)
	if err != nil {
		return "", err
	}
	fell = fmt.Sprintf("numbers moved since %s prepared it: %s", o.PreparedBy, strings.Join(Moved(before, now), ", "))
	_, err = p.State.VoidSignOffs(ctx, period, version, s.Now, fell)
	return fell, err
}

// SharedAccounts finds the accounts of the operating system under which several of
// those acted who signed a period and decided in it; prepared is the sign-off that
// stands in an open one.
func (s Standing) SharedAccounts(prepared state.SignOff) []certificate.SharedAccount {
	if s.Closed() {
		prepared = state.SignOff{PreparedBy: s.Lock.PreparedBy, OSUser: s.Lock.PreparedOS}
	}
	return SharedAccounts(prepared, Actor{User: s.Lock.ApprovedBy, OSUser: s.Lock.ApprovedOS}, s.Decisions)
}

// SharedAccounts finds the accounts of the operating system under which several of
// those acted who prepared, approve and decided.
func SharedAccounts(prepared state.SignOff, approver Actor, decisions []decision.Decision) []certificate.SharedAccount {
	signers := []certificate.Signer{{User: prepared.PreparedBy, OSUser: prepared.OSUser}, {User: approver.User, OSUser: approver.OSUser}}
	for _, d := range decisions {
		signers = append(signers, certificate.Signer{User: d.By, OSUser: d.OSUser})
	}
	return certificate.SharedAccounts(signers)
}
