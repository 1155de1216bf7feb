package talk

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"carat/pipeline"
)

// zipped packs entries, each "name=content".
func zipped(t *testing.T, entries ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, one := range entries {
		name, content, _ := strings.Cut(one, "=")
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func picture(t *testing.T, as string) string {
	t.Helper()
	var b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 2, 2))
	err := png.Encode(&b, m)
	if as == "jpeg" {
		b.Reset()
		err = jpeg.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func mailOf(part string) string {
	b := fmt.Sprintf("B%d", len(part)) // no two mails within each other are as long
	return "From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\nContent-Type: text/plain\r\n\r\nhello\r\n--" + b + "\r\n" + part + "\r\n--" + b + "--\r\n"
}

func filePart(name, kind, content string) string {
	return "Content-Type: " + kind + "\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(content))
}

func base64Part(content string) string {
	return "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(content))
}

// What a file is its content says, never its name; whatever can run is refused, also when
// it lies in a mail, and each refusal says why.
func TestKinds(t *testing.T) {
	book := zipped(t, "[Content_Types].xml=<Types/>", "xl/workbook.xml=<workbook/>")
	macros := zipped(t, "[Content_Types].xml=<Types/>", "xl/workbook.xml=<workbook/>", "xl/vbaProject.bin=x")
	for _, one := range []struct{ name, content, clean, mime string }{
		{"a.pdf", "%PDF-1.7\n", "a.pdf", "application/pdf"},
		{"a.exe", "%PDF-1.7\n", "a.exe.pdf", "application/pdf"},
		{`C:\Users\ann\a.PNG`, picture(t, "png"), "a.PNG", "image/png"},
		{"../../etc/a.html", picture(t, "jpeg"), "a.html.jpg", "image/jpeg"},
		{"a.jpeg", picture(t, "jpeg"), "a.jpeg", "image/jpeg"},
		{"a.xlsx", book, "a.xlsx", kindXLSX.mime},
		{"a.xlsm", book, "a.xlsm.xlsx", kindXLSX.mime},
		{"a.csv", "\ufeffname,amount\r\n=cmd|' /C calc'!A1,1\r\n", "a.csv", "text/csv; charset=utf-8"},
		{"a.html", "<script>alert(1)</script>", "a.html.txt", "text/plain; charset=utf-8"},
		{"請求書", "金額 1,000", "請求書.txt", "text/plain; charset=utf-8"},
		{"a.eml", mailOf(base64Part("%PDF-1.7\n")), "a.eml", "message/rfc822"},
		{"a.eml", mailOf(base64Part(book)), "a.eml", "message/rfc822"},
		{"a.eml", mailOf(filePart("Logo.GIF", "image/gif", "GIF89a\x01\x00\x01\x00")), "a.eml", "message/rfc822"},
		{"a.eml", mailOf(filePart("smime.p7s", "application/pkcs7-signature", "\x30\x82\x01\x00")), "a.eml", "message/rfc822"},
		{"a.eml", mailOf(filePart("Z\u00e4hlung.csv", "text/csv", "a,b\r\n1,2\r\n")), "a.eml", "message/rfc822"},
		{"a.eml", mailOf("Content-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9"), "a.eml", "message/rfc822"},
		{"a.eml", mailOf("Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>caf=C3=A9</p>"), "a.eml", "message/rfc822"},
	} {
		clean, k, err := judge(one.name, []byte(one.content))
		if err != nil || clean != one.clean || k.mime != one.mime {
			t.Errorf("%s: %q %q %v, want %q %q", one.name, clean, k.mime, err, one.clean, one.mime)
		}
	}
	deep := "Content-Type: text/plain\r\n\r\nx"
	for range 10 {
		deep = "Content-Type: message/rfc822\r\n\r\n" + mailOf(deep)
	}
	for _, one := range []struct{ name, content, want string }{
		{"a.pdf", "", "the file is empty"},
		{"a.pdf", "%PDF-1.7\n<< /S /JavaScript /JS (x) >>", "print it into another PDF"},
		{"a.pdf", "%PDF-1.7\n<< /S /Launch >>", "print it into another PDF"},
		{"a.png", "\x89PNG\r\n\x1a\nbroken", "the picture can't be read"},
		{"a.xlsx", macros, "vbaproject"},
		{"a.xlsx", zipped(t, "xl/workbook.xml=x", "[Content_Types].xml=<x ContentType='application/vnd.ms-excel.sheet.macroEnabled.main+xml'/>"), "it holds macros"},
		{"a.xlsx", zipped(t, `xl\embeddings\x.bin=x`, "xl/workbook.xml=x"), "embeddings"},
		{"a.xlsx", zipped(t, "word/document.xml=x"), "no workbook"},
		{"a.xlsx", "PK\x03\x04 cut", "no workbook that can be read"},
		{"a.exe", "MZ\x90\x00\x03", "none of the kinds"},
		{"a.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "none of the kinds"},
		{"a.txt", "caf\xe9", "isn't in UTF-8"},
		{"a.txt", "turned \u202e round", "turns the order of a line around"},
		{"a.txt", "steers \x1b[2J", "control character"},
		{"a.gif", "GIF89a\x01\x00\x01\x00", "control character"},
		{"a.eml", "no header", "no header of one"},
		{"a.pdf", "%PDF-1.7\n<< /S /J#61va#53cript /JS (x) >>", "print it into another PDF"},
		{"a.eml", mailOf(base64Part("MZ\x90\x00\x03")), "none of the kinds"},
		{"a.eml", mailOf(base64Part("%PDF-1.7\n<< /S /JavaScript /JS (x) >>")), "print it into another PDF"},
		{"a.eml", mailOf(base64Part("\x1f\x8b\x08\x00packed")), "none of the kinds"},
		{"a.eml", mailOf(base64Part("L\x00\x00\x00\x01\x14\x02\x00")), "control character"},
		{"a.eml", mailOf(filePart("invoice.hta", "text/html", "<script>x</script>")), "by its name (.hta)"},
		{"a.eml", mailOf(filePart("invoice.html", "text/html", "<script>x</script>")), "by its name (.html)"},
		{"a.eml", mailOf(filePart("=?UTF-8?B?aW52b2ljZS5qcw==?=", "text/plain", "run()")), "by its name (.js)"},
		{"a.eml", mailOf(filePart("a.lnk. ", "text/plain", "x")), "by its name (.lnk)"},
		{"a.eml", mailOf(filePart("a.hta", "image/gif", "GIF89a\x01\x00\x01\x00<script>")), "its name says that it is something else"},
		{"a.eml", mailOf(filePart("smime.exe", "application/pkcs7-signature", "MZ\x90\x00")), "none of the kinds"},
		{"a.eml", mailOf("Content-Type: text/plain; name=\"invoice.exe\"\r\nContent-Transfer-Encoding: base64\r\n\r\n!TVqQAAM="), "can't be read"},
		{"a.eml", mailOf("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!TVqQAAM="), "can't be read"},
		{"a.eml", mailOf("Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nx"), "can't be read"},
		{"a.eml", mailOf("Content-Type: text/plain\r\nContent-Type: application/hta\r\n\r\nx"), "can't be read"},
		{"a.eml", mailOf("Content-Type: text/plain\r\n\r\nsee\r\nbegin 644 x.exe\r\nM35H"), "within its text"},
		{"a.eml", mailOf("Content-Type: text/plain\r\n\r\nMZ\x90\x00\x03\x00"), "is none"},
		{"a.eml", mailOf(base64Part(macros)), "vbaproject"},
		{"a.eml", mailOf("Content-Type: message/rfc822\r\n\r\n" + mailOf(base64Part("\xd0\xcf\x11\xe0x"))), "none of the kinds"},
		{"a.eml", mailOf(deep), "more parts within parts"},
		{"", "x", "has no name"},
		{"/", "x", "has no name"},
		{"a\u202egpj.exe", "x", "can't be seen"},
		{"a\r\nSet-Cookie: x", "x", "can't be seen"},
		{`a";x`, "x", "holds one of"},
		{".htaccess", "x", "begins with"},
		{strings.Repeat("x", 121), "x", "longer than 120"},
	} {
		_, _, err := judge(one.name, []byte(one.content))
		if pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%s: %v, want %q", one.name, err, one.want)
		}
	}
}
