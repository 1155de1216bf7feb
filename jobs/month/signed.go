package month

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/decision"
	"carat/pipeline/identity"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// What a preparer and an approver sign of a month.
const (
	lineNumbers       = "numbers"
	lineControls      = "controls"
	lineDecisions     = "decisions"
	lineConfiguration = "configuration"
	lineSQL           = "sql"
	lineLayouts       = "layouts"
	lineLastBatch     = "last-batch"
	lineChainHead     = "chain-head"
)

// linesThatHold are those which a sign-off rests on, and how each is told when it
// moved. The last batch is not among them: a file of the next month that moves
// nothing leaves the sign-off as it is, and history is only ever added to.
var linesThatHold = []struct{ name, moved string }{
	{lineNumbers, "numbers moved"},
	{lineControls, "what the controls found moved"},
	{lineDecisions, "a decision that was signed was changed"},
	{lineConfiguration, "the configuration was changed"},
	{lineSQL, "the SQL was changed"},
	{lineLayouts, "the layouts were changed"},
}

// signedLines gives the lines of a month that are signed, over a run. Of decisions
// only those count whose record comes before a number; 0: all.
func signedLines(ctx context.Context, p *books.Books, s books.Setting, o reconcile.Options, version, attempt int64, run state.Run, v books.Verdict, before int64) ([]identity.Field, error) {
	numbers, err := p.Covered(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	m, err := o.Models()
	if err != nil {
		return nil, err
	}
	configuration, err := json.Marshal(reconcile.RunConfig(s.Config))
	if err != nil {
		return nil, err
	}
	layouts, err := json.Marshal(s.Config.Layouts())
	if err != nil {
		return nil, err
	}
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	last := lake.CommittedBatch{}
	if n := len(batches); n > 0 {
		last = batches[n-1]
	}
	return []identity.Field{
		{Name: "period", Value: string(o.Period)}, {Name: "version", Value: strconv.FormatInt(version, 10)}, {Name: "attempt", Value: strconv.FormatInt(attempt, 10)}, {Name: "run", Value: run.ID},
		{Name: lineNumbers, Value: books.NumbersSHA256(numbers)},
		{Name: lineControls, Value: controlsSHA256(run)},
		{Name: lineDecisions, Value: decisionsSHA256(v.Decisions, before)},
		{Name: lineConfiguration, Value: certificate.SHA256Text(configuration)},
		{Name: lineSQL, Value: sqlSHA256(m)},
		{Name: lineLayouts, Value: certificate.SHA256Text(layouts)},
		{Name: lineLastBatch, Value: last.ID}, {Name: lineChainHead, Value: last.Chain},
	}, nil
}

// controlsSHA256 sums up what each control found. How much it checked grows with
// every file of the next month, so that isn't signed.
func controlsSHA256(run state.Run) string {
	var lines []string
	for _, c := range run.Controls {
		lines = append(lines, strings.Join([]string{c.Control, c.Severity, strconv.FormatInt(c.Exceptions, 10), strconv.FormatInt(c.ReviewOnly, 10)}, " "))
	}
	slices.Sort(lines)
	return certificate.SHA256Text([]byte(strings.Join(lines, "\n")))
}

// decisionsSHA256 sums up the decisions in force whose record comes before a number;
// 0: all of them.
func decisionsSHA256(list []decision.Decision, before int64) string {
	var lines []string
	for _, d := range list {
		if before > 0 && d.Record >= before {
			continue
		}
		text, err := json.Marshal(d)
		if err != nil {
			return "" // cannot be: these are texts and a time
		}
		lines = append(lines, d.ExceptionID+" "+string(text))
	}
	slices.Sort(lines)
	return certificate.SHA256Text([]byte(strings.Join(lines, "\n")))
}

// sqlSHA256 sums up the texts of SQL of a run, as its certificate does.
func sqlSHA256(m reconcile.Models) string {
	text := ""
	for _, f := range m.Files() {
		text += f.SHA256 + "  " + f.Name + "\n"
	}
	return certificate.SHA256Text([]byte(text))
}

// prepared reads the record of a sign-off. One without a record is an older carat's:
// nil, unless authentication is on, which it doesn't outlast.
func prepared(ctx context.Context, p *books.Books, period pipeline.Period, o state.SignOff) (*identity.Record, string, error) {
	people, err := p.People(ctx)
	if err != nil {
		return nil, "", err
	}
	if o.Signed == 0 {
		if people.On {
			return nil, "it was prepared before authentication was on", nil
		}
		return nil, "", nil
	}
	list, err := p.State.Signed(ctx, o.Signed, 1)
	if err != nil {
		return nil, "", err
	}
	if len(list) == 0 || list[0].No != o.Signed {
		return nil, "", pipeline.Errorf(pipeline.KindVerification, "read", "record "+strconv.FormatInt(o.Signed, 10), "the sign-off of %s names it, and it is not there", period).WithHint("`carat verify` says what was changed")
	}
	r, err := identity.Parse([]byte(list[0].Content))
	if err != nil || r.Kind != identity.KindPrepare || r.No != o.Signed || r.Person != o.PreparedBy || r.Get("run") != o.RunID || r.Get(lineNumbers) != o.NumbersSHA256 {
		return nil, "", pipeline.Errorf(pipeline.KindVerification, "read", "record "+strconv.FormatInt(o.Signed, 10), "it is not what %s signed of %s", o.PreparedBy, period).WithHint("`carat verify` says what was changed")
	}
	switch {
	case people.On && r.Proof == identity.ProofNone:
		return &r, "it was prepared before authentication was on", nil
	case people.Doubts(r):
		return &r, "the key that signed it may have been another's by then", nil
	}
	if r.Proof != identity.ProofNone {
		signer := o.PreparedBy // or the server, which vouches for them
		if r.Proof == identity.ProofSession {
			signer = people.SignedBy(r)
		}
		if key, err := identity.Verify([]byte(list[0].Content), list[0].Signature); err != nil || people.Owner(key) != signer {
			return nil, "", pipeline.Errorf(pipeline.KindVerification, "read", "record "+strconv.FormatInt(o.Signed, 10), "its signature is not %s's", o.PreparedBy).WithHint("`carat verify` says what was changed")
		}
	}
	return &r, "", nil
}

// holds lets a sign-off fall away when what it was signed over is not what there is
// now, in any line.
func holds(ctx context.Context, p *books.Books, o ApproveOptions, signed state.SignOff, run state.Run, v books.Verdict) (lines []identity.Field, err error) {
	record, fell, err := prepared(ctx, p, o.Period, signed)
	if err != nil {
		return nil, err
	}
	options := reconcile.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period}
	lines, err = signedLines(ctx, p, o.Setting, options, signed.Version, signed.Attempt, run, v, 0)
	if err != nil {
		return nil, err
	}
	if record != nil && fell == "" {
		now, err := signedLines(ctx, p, o.Setting, options, signed.Version, signed.Attempt, run, v, record.No)
		if err != nil {
			return nil, err
		}
		for _, line := range linesThatHold {
			at := slices.IndexFunc(now, func(f identity.Field) bool { return f.Name == line.name })
			if now[at].Value != record.Get(line.name) {
				fell = line.moved + " since " + signed.PreparedBy + " prepared it"
				break
			}
		}
	}
	if fell != "" {
		if _, err := p.State.VoidSignOffs(ctx, o.Period, signed.Version, o.Now, fell); err != nil {
			return nil, err
		}
		return nil, pipeline.Errorf(pipeline.KindBlocked, "approve", string(o.Period), "the sign-off fell away: %s", fell).
			WithHint("prepare it again: `carat close --period %s`", o.Period)
	}
	if record != nil {
		text, err := record.Encode()
		if err != nil {
			return nil, err
		}
		lines = append(lines, identity.Field{Name: "prepare-number", Value: strconv.FormatInt(record.No, 10)}, identity.Field{Name: "prepare", Value: identity.SHA256(text)})
	}
	return lines, nil
}

// recordDecisions keeps decisions with the one record of them, over the list in the
// order of its exceptions.
func recordDecisions(ctx context.Context, p *books.Books, s books.Setting, list []decision.Decision, known map[string]knownException) error {
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b decision.Decision) int { return strings.Compare(a.ExceptionID, b.ExceptionID) })
	fields := []identity.Field{{Name: "decisions", Value: strconv.Itoa(len(list))}}
	for i := range list {
		d, about := &list[i], known[list[i].ExceptionID]
		if n := len(about.seen); n > 0 {
			now := about.seen[n-1]
			d.Expected, d.Actual, d.Difference, d.Unit = now.expected, now.actual, now.difference, now.unit
		}
		period := about.standing
		if period == "" {
			period = d.Period
		}
		fields = append(fields, identity.Field{Name: "exception", Value: d.ExceptionID}, identity.Field{Name: "period", Value: string(period)})
		for _, line := range d.Lines() {
			fields = append(fields, identity.Field{Name: line[0], Value: line[1]})
		}
	}
	proof, err := p.Prove(ctx, s, identity.KindDecide, books.RightDecide, fields...)
	if err != nil {
		return err
	}
	return p.State.RecordDecisions(ctx, list, proof)
}
