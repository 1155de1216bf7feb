package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/store/object"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// How often something is tried, and what is waited between: 0.2 s, 0.4 s, up to the bound,
// and no less than the server asks for.
const (
	triesMax  = 7
	waitFirst = 200 * time.Millisecond
	waitMax   = 10 * time.Second
)

// What servers call causes that are told in a person's words.
const (
	codeNoBucket = "NoSuchBucket"
	codeSlowDown = "SlowDown"
)

// final is an error that is not tried again, and told as it is.
type final struct{ error }

// Unwrap gives it.
func (f final) Unwrap() error { return f.error }

// passing is a failure that may be over later, after all tries.
type passing struct{ error }

// Unwrap gives it.
func (p passing) Unwrap() error { return p.error }

func isPassing(err error) bool {
	var p passing
	return errors.As(err, &p)
}

// name is how an object is told.
func (b *Bucket) name(key string) string {
	if key == "" {
		return b.Origin()
	}
	return b.Location() + "/" + key
}

// try does something, and again while its failure may pass.
func (b *Bucket) try(ctx context.Context, action, key string, do func(context.Context) error) error {
	for failed := 1; ; failed++ {
		err := do(ctx)
		var kept final
		switch {
		case err == nil:
			return nil
		case errors.As(err, &kept):
			return kept.error
		case isPassing(err): // what it did has been tried as often
			return err
		case ctx.Err() != nil:
			return fmt.Errorf("%s %s: %w", action, b.name(key), ctx.Err())
		}
		again, after := passes(err)
		if !again {
			return b.told(action, key, err)
		}
		if failed == triesMax {
			return passing{pipeline.Errorf(pipeline.KindInternal, action, b.name(key), "%s, %d times", b.said(err), failed).
				WithHint("see whether %s can be reached from here, and run again", b.server())}
		}
		if err := b.o.Wait(ctx, max(after, min(waitFirst<<(failed-1), waitMax))); err != nil {
			return fmt.Errorf("%s %s: %w", action, b.name(key), err)
		}
	}
}

func (b *Bucket) server() string {
	if b.place.Endpoint != "" {
		return b.place.Endpoint
	}
	return "Amazon's S3"
}

// status is what the server answered; 0: nothing.
func status(err error) int {
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

// code is what the server calls the cause.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// passes says whether a failure may be over later, and what the server asks to wait.
func passes(err error) (again bool, after time.Duration) {
	if errors.Is(err, object.ErrTaken) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, errOtherBytes) {
		return false, 0
	}
	switch s := status(err); {
	case s == 0:
		return true, 0 // a connection that broke, or none
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s == http.StatusConflict, s >= 500 && s != http.StatusNotImplemented,
		code(err) == codeSlowDown, code(err) == "RequestTimeout", s == http.StatusOK, s == http.StatusPartialContent:
		return true, retryAfter(err)
	}
	return false, 0
}

// retryAfter is what the server asks to wait, in bounds.
func retryAfter(err error) time.Duration {
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil {
		return 0
	}
	after, err := time.ParseDuration(answer.Response.Header.Get("Retry-After") + "s")
	if err != nil || after < 0 {
		return 0
	}
	return min(after, time.Minute)
}

// said is a cause without the address that was called, which may be signed.
func (b *Bucket) said(err error) string {
	if s := status(err); s != 0 {
		if c := code(err); c != "" && c != "UnknownError" {
			return fmt.Sprintf("the store answered %d %s", s, c)
		}
		return fmt.Sprintf("the store answered %d %s", s, http.StatusText(s))
	}
	return without(err)
}

// without is the cause of a failure to call, without the address.
func without(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	text := err.Error()
	if i := strings.LastIndex(text, ", "); errors.As(err, new(*smithy.OperationError)) && i >= 0 {
		text = text[i+2:]
	}
	return text
}

// told says a failure in words that say what to do.
func (b *Bucket) told(action, key string, err error) error {
	var known *pipeline.Error
	if errors.As(err, &known) || errors.Is(err, object.ErrTaken) {
		return err
	}
	wrong := func(cause, hint string) error {
		return pipeline.Errorf(pipeline.KindUsage, action, b.name(key), "%s (%s)", cause, b.said(err)).WithHint("%s", hint)
	}
	switch s, c := status(err), code(err); {
	case c == codeNoBucket:
		return wrong("there is no bucket of the name "+b.place.Bucket, "create it, or name the right bucket; nothing was changed")
	case s == http.StatusNotFound, errors.Is(err, fs.ErrNotExist):
		return pipeline.Errorf(pipeline.KindNotFound, action, b.name(key), "the bucket has no such object: %w", fs.ErrNotExist)
	case c == "InvalidAccessKeyId", c == "SignatureDoesNotMatch", c == "ExpiredToken", c == "InvalidToken", s == http.StatusUnauthorized:
		return wrong("it takes the credentials for wrong", "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_PROFILE, or the role of this machine")
	case c == "RequestTimeTooSkewed":
		return wrong("this machine's clock is off", "set the clock, and run again")
	case s == http.StatusForbidden:
		return wrong("it lets these credentials not do that", "is the bucket yours? The credentials need s3:ListBucket on it, and s3:GetObject, s3:PutObject and s3:DeleteObject below "+b.Location())
	case s >= 300 && s < 400, c == "AuthorizationHeaderMalformed", c == "IllegalLocationConstraintException":
		return wrong("it lies in another region, or behind another endpoint", "add its region to the address, as ?region=eu-central-1, or set AWS_REGION")
	case s == http.StatusNotImplemented && action == "put object":
		return wrong("its server knows no `If-None-Match: *`, without which two writers would overwrite each other", "use a server that keeps to it, as Amazon's and MinIO's do")
	}
	return pipeline.Errorf(pipeline.KindInternal, action, b.name(key), "%s", b.said(err))
}
