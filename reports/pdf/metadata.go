package pdf

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"time"
)

// File is a file that goes with the document: the data that it was made from.
// Changed is when the data was as it is: a time that its contents tell, as no clock
// may show in the bytes.
type File struct {
	Name, Type, Description string // Type is a media type, such as text/csv
	Data                    []byte
	Changed                 time.Time
}

// Attach puts a file into the document.
func (d *Document) Attach(f File) { d.files = append(d.files, f) }

// The metadata of a document (XMP, ISO 16684-1): what it is called, that it is
// PDF/A-3 with conformance A (ISO 19005-3) and PDF/UA-1 (ISO 14289-1). PDF/A asks to
// explain what it doesn't know: PDF/UA's own property.
const (
	metadataHead = "<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance><pdfuaid:part>1</pdfuaid:part>
`
	metadataTail = `</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>Part of ISO 14289</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`
)

// metadata writes what a document is called where archives look for it.
func (d *Document) metadata() {
	var b bytes.Buffer
	b.WriteString(metadataHead)
	put := func(before, text, after string) {
		b.WriteString(before)
		// Writing into memory can't fail.
		_ = xml.EscapeText(&b, []byte(text))
		b.WriteString(after)
	}
	put(`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">`, d.info.Title, "</rdf:li></rdf:Alt></dc:title>\n")
	if d.info.Author != "" {
		put("<dc:creator><rdf:Seq><rdf:li>", d.info.Author, "</rdf:li></rdf:Seq></dc:creator>\n")
	}
	put(`<dc:description><rdf:Alt><rdf:li xml:lang="x-default">`, d.info.Subject, "</rdf:li></rdf:Alt></dc:description>\n")
	put("<pdf:Producer>", d.info.Producer, "</pdf:Producer>\n")
	b.WriteString(metadataTail)
	d.begin()
	d.out = append(appendInt(append(d.out, "<< /Type /Metadata /Subtype /XML /Length "...), b.Len()), " >>\nstream\n"...)
	d.out = append(append(d.out, b.Bytes()...), "\nendstream\nendobj\n"...)
}

// file writes an attached file: what it is to the document, and its bytes as object
// number.
func (d *Document) file(f *File, number int) {
	d.begin()
	b := appendText(append(d.out, "<< /Type /Filespec /AFRelationship /Data /F "...), f.Name)
	b = appendText(append(b, " /UF "...), f.Name)
	b = appendText(append(b, " /Desc "...), f.Description)
	d.out = fmt.Appendf(b, " /EF << /F %d 0 R /UF %d 0 R >> >>\nendobj\n", number, number)
	kind := slices.Concat([]byte("/"), bytes.ReplaceAll([]byte(f.Type), []byte("/"), []byte("#2F")))
	d.stream(fmt.Sprintf(" /Type /EmbeddedFile /Subtype %s /Params << /Size %d /ModDate (D:%s) >>", kind, len(f.Data),
		f.Changed.UTC().Format("20060102150405Z")), d.pack.pack(f.Data))
}
