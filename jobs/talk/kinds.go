package talk

import (
	"archive/zip"
	"bytes"
	"encoding/hex"
	"fmt"
	"image"
	"io"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	_ "image/jpeg" // pictures that may be attached
	_ "image/png"

	"carat/pipeline"
	"carat/pipeline/spelling"
)

// AttachmentBytesMax bounds a file that is attached.
const AttachmentBytesMax = 20 << 20

// Bounds on what is looked into to know what a file is.
const (
	attachedNameMax = 120 // characters of a name
	zipEntriesMax   = 10_000
	mailDepthMax    = 8
	mailPartsMax    = 500
)

// kind is what a file may be, by its content.
type kind struct {
	mime    string
	endings []string // of names; a name with another gets the first
}

var (
	kindPDF  = kind{"application/pdf", []string{".pdf"}}
	kindPNG  = kind{"image/png", []string{".png"}}
	kindJPEG = kind{"image/jpeg", []string{".jpg", ".jpeg"}}
	kindXLSX = kind{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{".xlsx"}}
	kindMail = kind{"message/rfc822", []string{".eml"}}
	kindCSV  = kind{"text/csv; charset=utf-8", []string{".csv"}}
	kindText = kind{"text/plain; charset=utf-8", []string{".txt"}}
)

// kindsSaid names all of them.
const kindsSaid = "PDF, PNG, JPEG, CSV, XLSX, a text in UTF-8 or a mail (EML)"

// judge gives what a file is by its content, and its name with the ending of that. What
// carat attaches none of is a bad-input error that says why.
func judge(name string, content []byte) (clean string, k kind, err error) {
	clean, err = attachedName(name)
	refuse := func(hint, format string, args ...any) error {
		return pipeline.Errorf(pipeline.KindBadInput, "attach", pipeline.CutText(clean), format, args...).WithHint("%s", hint)
	}
	switch {
	case err != nil:
		return "", k, err
	case len(content) == 0:
		return clean, k, refuse("choose another", "the file is empty")
	}
	ending := strings.ToLower(path.Ext(clean))
	k, why := kindOf(ending, content)
	if why != "" {
		return clean, k, refuse("what can be attached is "+kindsSaid, "%s", why)
	}
	if !slices.Contains(k.endings, ending) {
		clean += k.endings[0]
	}
	return clean, k, nil
}

// pdfName is how a name of a PDF spells a byte.
var pdfName = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)

func kindOf(ending string, content []byte) (k kind, why string) {
	switch found := http.DetectContentType(content); {
	case found == "application/pdf":
		// What runs in a PDF is named in it, unless it is packed: a reader asks before it runs anything.
		spelled := pdfName.ReplaceAllFunc(content, func(code []byte) []byte { b, _ := hex.DecodeString(string(code[1:])); return b }) // /J#61vaScript is /JavaScript
		for _, runs := range []string{"/JavaScript", "/Launch"} {
			if bytes.Contains(spelled, []byte(runs)) {
				return k, "the PDF holds what runs when it is opened (" + runs + "): print it into another PDF"
			}
		}
		return kindPDF, ""
	case found == "image/png", found == "image/jpeg":
		_, format, err := image.DecodeConfig(bytes.NewReader(content))
		switch {
		case err != nil:
			return k, "the picture can't be read"
		case format == "png":
			return kindPNG, ""
		}
		return kindJPEG, ""
	case found == "application/zip":
		return kindXLSX, notXLSX(content)
	}
	if ending == ".eml" {
		return kindMail, notMail(content)
	}
	if why := notText(content); why != "" {
		return k, why
	}
	if ending == ".csv" {
		return kindCSV, ""
	}
	return kindText, ""
}

// notText says why a content is no text; "": it is one. Whoever opens it looks at
// nothing that could turn a line around or steer a terminal.
func notText(content []byte) string {
	if !utf8.Valid(content) {
		return "it is none of the kinds that can be attached, or a text that isn't in UTF-8"
	}
	if err := spelling.CheckText(strings.TrimPrefix(string(content), "\ufeff"), true); err != nil {
		return "as a text " + err.Error()
	}
	return ""
}

// notXLSX says why a ZIP file is no workbook without macros; "": it is one.
func notXLSX(content []byte) string {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil || len(z.File) > zipEntriesMax {
		return "it is packed and no workbook that can be read"
	}
	book := false
	for _, f := range z.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		for _, bad := range []string{"vbaproject", "macrosheets", "activex", "embeddings", "ctrlprops", "externallinks"} {
			if strings.Contains(name, bad) {
				return fmt.Sprintf("the workbook holds %s, which can run or fetch something: save it as a plain .xlsx", bad)
			}
		}
		switch name {
		case "xl/workbook.xml":
			book = true
		case "[content_types].xml":
			r, err := f.Open()
			if err != nil {
				return "it is packed and no workbook that can be read"
			}
			text, err := io.ReadAll(io.LimitReader(r, 1<<20))
			_ = r.Close()
			if err != nil || bytes.Contains(bytes.ToLower(text), []byte("macro")) {
				return "the workbook says that it holds macros: save it as a plain .xlsx"
			}
		}
	}
	if !book {
		return "it is packed and no workbook"
	}
	return ""
}

// attachedName gives the name of a file without the folders that some browsers send. It
// is shown and offered for the download, and is the name of nothing on carat's disk.
func attachedName(text string) (string, error) {
	name := strings.TrimSpace(text[strings.LastIndexAny(text, `/\`)+1:])
	bad := func(format string, args ...any) (string, error) {
		return "", pipeline.Errorf(pipeline.KindBadInput, "attach", pipeline.CutText(name), format, args...).WithHint("give the file another name, such as invoice-2026-10.pdf")
	}
	switch {
	case name == "":
		return bad("the file has no name")
	case utf8.RuneCountInString(name) > attachedNameMax:
		return bad("its name is longer than %d characters", attachedNameMax)
	case strings.ContainsFunc(name, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }):
		return bad("its name holds what can't be seen")
	case strings.HasPrefix(name, "."), strings.HasPrefix(name, "-"), strings.HasPrefix(name, "~"), strings.ContainsAny(name, `:*?"<>|`):
		return bad(`its name begins with . - or ~, or holds one of : * ? " < > |`)
	}
	return name, nil
}
