package ingest_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
)

// altering is advice to change a file, which is evidence. Settings are mended, providers are
// asked, batches are undone.
var altering = regexp.MustCompile(`(?i)\b(edit|fix|repair|rewrite|change|alter|delete|remove|put|cut|split|merge|join|save|add|insert|correct|strip|trim|replace|convert)\b[^;.:]{0,40}\b(file|row|line|cell|column|export|report|statement|record|quote|header)s?\b`)

// what is no file of evidence, though it reads so.
var noEvidence = map[string]bool{
	"a row of the file makes one row at most: mend its join or unnest": true, // of a layout's own SQL
	"save the file as UTF-8": true, // of carat.yaml
}

// No refusal advises to change evidence, wherever in carat it is made.
func TestNoRefusalAdvisesToChangeEvidence(t *testing.T) {
	hints := 0
	for _, root := range []string{"../../pipeline/feed", "../../pipeline/source", ".", "../fetch", "../reshape", "../config", "../../cmd/carat"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if s, ok := call.Fun.(*ast.SelectorExpr); !ok || s.Sel.Name != "WithHint" && s.Sel.Name != "Or" {
					return true
				}
				ast.Inspect(call, func(n ast.Node) bool {
					if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						text, _ := strconv.Unquote(lit.Value)
						hints++
						if found := altering.FindString(text); found != "" && !noEvidence[text] && n.Pos() > call.Fun.End() {
							t.Errorf("%s: %q advises %q", set.Position(call.Pos()), text, found)
						}
					}
					return true
				})
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if hints < 100 {
		t.Errorf("only %d hints were found", hints)
	}
}

// Every refusal of a whole file says which file and what to do next.
func TestEveryRefusalSaysWhatToDoNext(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\n", nil)
	bai := "01,A,B,261001,0900,1,,,2/\n02,A,B,1,261001,,USD,2/\n"
	for name, text := range map[string]string{
		"bank_lines-88.bai":        "01,A,B,261001,0900,1,,,2/\n88,x/\n",
		"bank_lines-03.bai":        bai + "03,,USD,,,,/\n",
		"bank_lines-16.bai":        bai + "03,123,USD,,,,/\n16,xx,1/\n",
		"bank_lines-group.bai":     "01,A,B,261001,0900,1,,,2/\n02,A,B,1,26x001,,USD,2/\n",
		"bank_lines-none.sta":      ":20:T\n:28C:1/1\n-\n",
		"bank_lines-two.sta":       ":20:T\n:25:1\n:25:2\n:28C:1/1\n",
		"bank_lines-amount.sta":    ":20:T\n:25:1\n:28C:1/1\n:60F:C261001EURx\n",
		"bank_lines-entry.sta":     ":20:T\n:25:1\n:28C:1/1\n:60F:C261001EUR1,00\n:61:garbage\n:62F:C261001EUR1,00\n-\n",
		"bank_lines.xml":           `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt></BkToCstmrStmt></Document>`,
		"bank_lines-entry.xml":     `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy="EUR">x</Amt></Ntry></Stmt></BkToCstmrStmt></Document>`,
		"bank_lines.ofx":           "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1>",
		"bank_lines-twice.csv":     "line_id,account,booked_at,amount,amount,currency\n",
		"bank_lines-quote.csv":     "line_id,\"acc\"ount,booked_at,amount,currency\nx\n",
		"bank_lines-empty.csv":     "",
		"bank_lines-html.csv":      "<html><body>Sign in</body></html>",
		"bank_lines-none.json":     "[{\"line_id\":\"b1\"},",
		"fx_rates.xml":             `<?xml version="1.0"?><gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube></Cube></gesmes:Envelope>`,
		"settlement_lines.csv":     "RH,2026/10/01 00:00:00 -0700,A,,011\nSB,x\n",
		"settlement_lines-stl.csv": "\"RH\",\"2026/10/02 05:00:00 -0700\",\"A\",\"EXAMPLEMERCHANT\",\"011\"\n\"SB\",\"x\"\n",
		"settlement_lines-p.csv":   "iTunes Connect - Payments and Financial Reports (October, 2026)\n",
		"settlement_lines-q.csv":   "iTunes Connect - Payments and Financial Reports (Oktober, 2026)\n",
		"settlement_lines-2.csv":   "iTunes Connect - Payments and Financial Reports (October, 2026)\n,,,\nRegion (Currency),Earned,Total Owed\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := ingest.Files(t.Context(), ingest.Options{Setting: s, Files: []string{path}})
		if err == nil {
			t.Errorf("%s: taken: %+v", name, r)
			continue
		}
		var refusal *pipeline.Error
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), name) || !hinted(err) || altering.MatchString(refusal.Hint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hinted says whether an error, or one that it wraps, says what to do next.
func hinted(err error) bool {
	var e *pipeline.Error
	for errors.As(err, &e) {
		if e.Hint != "" {
			return true
		}
		err = e.Cause
	}
	return false
}
