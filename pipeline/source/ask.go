package source

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"carat/pipeline/source/reach"
)

// Ask sends a request. An answer that asks to come again, and a connection that
// fails, are Passing errors; every other answer is given, whatever its status. No
// error holds the address, which may have a secret in it.
func Ask(client *http.Client, request *http.Request) (*http.Response, error) {
	answer, err := client.Do(request)
	if err != nil {
		err = reach.WithoutURL(err)
		if errors.Is(err, reach.ErrForbidden) || errors.Is(err, context.Canceled) {
			return nil, err
		}
		return nil, Passes("%w", err)
	}
	if after, again := reach.Pending(answer); again {
		reach.Drop(answer)
		return nil, &Passing{Err: &Status{answer.StatusCode, answer.Status}, After: after}
	}
	return answer, nil
}

// Status is an answer of a server that gives nothing.
type Status struct {
	Code int
	Text string // 401 Unauthorized
}

// Error says what was answered.
func (s *Status) Error() string { return "the server answered " + s.Text }

// ErrEnd is an answer that doesn't tell where it ends, of a server that is known to.
var ErrEnd = Passes("the server doesn't say where the file ends: it may have broken off")

// EndTold says whether an answer tells where it ends: by its length, in chunks, or in frames. One that ends with its
// connection looks whole wherever that breaks.
func EndTold(answer *http.Response) bool {
	return answer.ContentLength >= 0 || answer.ProtoMajor > 1 || slices.Contains(answer.TransferEncoding, "chunked")
}
