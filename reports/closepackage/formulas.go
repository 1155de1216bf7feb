package closepackage

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
)

// computed is the value of a formula's cell.
type computed struct {
	text   string
	number bool
}

// The files of the sheets that have formulas: sheets are numbered as they are
// made.
const (
	contentsFile = "xl/worksheets/sheet1.xml"
	tiesFile     = "xl/worksheets/sheet2.xml"
)

// formulaCell is a cell with a formula, as excelize writes it: without a value.
var formulaCell = regexp.MustCompile(`<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?) t="str"><f>([^<]*)</f>(?:<v></v>|<v/>)?</c>`)

// setFormula writes a formula with the value that it comes to.
func (b *workbook) setFormula(sheet, file, cell, formula string, style int, value computed) error {
	if err := b.file.SetCellStyle(sheet, cell, cell, style); err != nil {
		return err
	}
	if b.values[file] == nil {
		b.values[file] = map[string]computed{}
	}
	b.values[file][cell] = value
	return b.file.SetCellFormula(sheet, cell, formula)
}

// withValues puts the values into the cells of a sheet's file: excelize writes
// formulas without. A formula that gets none is an error.
func (b *workbook) withValues(name string, text []byte) ([]byte, error) {
	put := 0
	text = formulaCell.ReplaceAllFunc(text, func(cell []byte) []byte {
		parts := formulaCell.FindSubmatch(cell)
		value, ok := b.values[name][string(parts[1])]
		if !ok {
			return cell
		}
		put++
		kind := ` t="str"`
		if value.number {
			kind = ""
		}
		var out bytes.Buffer
		fmt.Fprintf(&out, `<c r="%s"%s%s><f>%s</f><v>`, parts[1], parts[2], kind, parts[3])
		if err := xml.EscapeText(&out, []byte(value.text)); err != nil {
			return cell
		}
		out.WriteString("</v></c>")
		return out.Bytes()
	})
	if want := len(b.values[name]); put != want {
		return nil, fmt.Errorf("%s: %d of %d formulas were given their values", name, put, want)
	}
	return text, nil
}

// copyWithValues copies a file of the workbook, with the values of its formulas.
func (b *workbook) copyWithValues(to *zip.Writer, f *zip.File) error {
	if len(b.values[f.Name]) == 0 {
		return to.Copy(f)
	}
	from, err := f.Open()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	if text, err = b.withValues(f.Name, text); err != nil {
		return err
	}
	w, err := to.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
