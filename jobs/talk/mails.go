package talk

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/textproto"
	"path"
	"regexp"
	"slices"
	"strings"
)

// signatures are what mail programs add that signs a mail, with the ending of its name.
var signatures = map[string]string{"application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s", "application/pgp-signature": ".asc"}

// uuencoded begins a file within a text, as old mail programs write one.
var uuencoded = regexp.MustCompile(`(?m)^begin [0-7]{3,4} \S`)

// unreadable is said of what no two mail programs need read alike.
const unreadable = "the parts of the mail can't be read: attach what you need of it alone"

// notMail says why a content is no mail, or has something with it that can't be attached; "":
// it is well. What a mail brings is judged as if it was attached alone.
func notMail(content []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil || m.Header.Get("From") == "" {
		return "its name says that it is a mail, and it has no header of one"
	}
	parts := 0
	return mailPart(textproto.MIMEHeader(m.Header), m.Body, 0, &parts)
}

// mailPart says why a part of a mail can't be attached; "": nothing speaks against it.
func mailPart(head textproto.MIMEHeader, body io.Reader, depth int, parts *int) string {
	if *parts++; depth > mailDepthMax || *parts > mailPartsMax {
		return "the mail has more parts within parts than are looked into"
	}
	found, name, boundary, err := mailHead(head)
	if err != nil {
		return unreadable
	}
	if strings.HasPrefix(found, "multipart/") {
		for r := multipart.NewReader(body, boundary); ; {
			part, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return ""
			} else if err != nil {
				return unreadable
			}
			if why := mailPart(part.Header, part, depth+1, parts); why != "" {
				return why
			}
		}
	}
	content, err := decoded(head, body)
	if err != nil {
		return unreadable
	}
	if found == "message/rfc822" {
		m, err := mail.ReadMessage(bytes.NewReader(content))
		if err != nil {
			return unreadable
		}
		return mailPart(textproto.MIMEHeader(m.Header), m.Body, depth+1, parts)
	}
	if why := partKind(found, name, content); why != "" {
		return "the mail brings a file of which this is so: " + why
	}
	return ""
}

// mailHead gives what a part says that it is, in lower case, the name of its file ("": it is
// none) and what stands between its parts.
func mailHead(head textproto.MIMEHeader) (found, name, boundary string, err error) {
	if len(head["Content-Type"]) > 1 || len(head["Content-Disposition"]) > 1 || len(head["Content-Transfer-Encoding"]) > 1 {
		return "", "", "", errors.New("it says twice what it is")
	}
	found, params := "text/plain", map[string]string{}
	if text := head.Get("Content-Type"); text != "" {
		if found, params, err = mime.ParseMediaType(text); err != nil {
			return "", "", "", err
		}
	}
	name = params["name"]
	if text := head.Get("Content-Disposition"); text != "" {
		disposition, more, err := mime.ParseMediaType(text)
		if err != nil {
			return "", "", "", err
		}
		if more["filename"] != "" {
			name = more["filename"]
		} else if disposition == "attachment" && name == "" && found != "message/rfc822" {
			name = "attachment"
		}
	}
	if strings.Contains(name, "=?") {
		if name, err = new(mime.WordDecoder).DecodeHeader(name); err != nil {
			return "", "", "", err
		}
	}
	return found, name, params["boundary"], nil
}

// decoded gives the bytes of a part. What isn't written by the rule that its head names is an
// error: one mail program passes over it, another doesn't.
func decoded(head textproto.MIMEHeader, body io.Reader) ([]byte, error) {
	switch encoding := strings.ToLower(strings.TrimSpace(head.Get("Content-Transfer-Encoding"))); encoding {
	case "base64":
		return io.ReadAll(base64.NewDecoder(base64.StdEncoding, body))
	case "quoted-printable":
		return io.ReadAll(quotedprintable.NewReader(body))
	case "", "7bit", "8bit", "binary":
		return io.ReadAll(body)
	default:
		return nil, fmt.Errorf("it is encoded as %q", encoding)
	}
}

// partKind says why what a part holds can't be attached; "": it can. A text in whichever
// alphabet is what somebody wrote; a file is one of the kinds that are attached alone, a
// picture, or what signs the mail.
func partKind(found, name string, content []byte) string {
	is := http.DetectContentType(content)
	ending := strings.ToLower(path.Ext(strings.TrimRight(name, ". ")))
	switch {
	case name == "" && (strings.HasPrefix(found, "text/") || found == "message/delivery-status"):
		switch {
		case len(content) > 0 && !strings.HasPrefix(is, "text/"):
			return "it says that it is a text, and is none"
		case uuencoded.Match(content):
			return "a file lies within its text"
		}
		return ""
	case strings.HasPrefix(is, "image/"): // a logo: pictures run nothing
		if ending != "" && !slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"}, ending) {
			return "it is a picture, and its name says that it is something else"
		}
		return ""
	case signatures[found] != "" && (name == "" || ending == signatures[found]):
		if strings.HasPrefix(is, "application/octet-stream") || strings.HasPrefix(is, "text/plain") {
			return ""
		}
	}
	k, why := kindOf(ending, content)
	switch {
	case why != "":
		return why
	case ending != "" && !slices.Contains(k.endings, ending):
		return "by its name (" + ending + ") it is none of the kinds that can be attached"
	}
	return ""
}
