package source

import (
	"context"
	"errors"
	"net/http"

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
		return nil, &Passing{Err: errors.New("the server answered " + answer.Status), After: after}
	}
	return answer, nil
}
