package api

import (
	"encoding/json"
	"net/http"
)

// problem is what goes wrong, as RFC 9457 has it. Its type is always about:blank: the
// title is that of the status.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
	Hint     string `json:"hint,omitempty"` // what to do next
}

// Error makes it an error that an endpoint can give.
func (p *problem) Error() string { return p.Detail }

// refuse writes a problem.
func refuse(w http.ResponseWriter, r *http.Request, p problem) {
	p.Type, p.Title, p.Instance = "about:blank", http.StatusText(p.Status), r.URL.EscapedPath()
	text, err := json.Marshal(p)
	if err != nil {
		text = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"","instance":""}`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(text, '\n'))
}

// Refuse writes a problem of what was refused before any endpoint saw it.
func Refuse(w http.ResponseWriter, r *http.Request, status int, sentence string) {
	refuse(w, r, problem{Status: status, Detail: sentence})
}

// badRequest is a problem of what was asked.
func badRequest(detail, hint string) error {
	return &problem{Status: http.StatusBadRequest, Detail: detail, Hint: hint}
}
