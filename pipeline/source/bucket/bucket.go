// Package bucket takes objects from a store that speaks the protocol of Amazon's S3:
// S3 itself, Google's Cloud Storage with keys of interoperability, MinIO and others; and
// blobs of Azure.
//
// It promises to tell versions of an object apart, to go on where a download broke
// only in the same version, and to change nothing in the bucket. It imports the
// domain of sources alone.
package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// Options say which objects are taken.
type Options struct {
	Endpoint  string // https://storage.googleapis.com; "": Amazon's for Region
	Region    string // "": us-east-1
	Bucket    string
	Prefix    string
	AccessKey string
	SecretKey string
	// Versions takes every version of an object that the bucket keeps, oldest first,
	// and not only the newest.
	Versions bool
	Client   *http.Client // of reach
}

// listedMax bounds how many objects are listed, pagesMax on how many pages: a store
// gives a thousand on each.
const (
	listedMax = 100_000
	pagesMax  = 1_000
)

// errPages is a listing that never ends.
var errPages = errors.New("the store lists the same page again and again")

type bucket struct {
	o   Options
	api *s3.Client
}

// New gives the source of a bucket's objects under a prefix.
func New(o Options) (source.Source, error) {
	o.Region = cmp.Or(o.Region, "us-east-1")
	if o.Bucket == "" {
		return nil, errors.New("bucket: none is named")
	}
	if o.AccessKey == "" || o.SecretKey == "" {
		return nil, errors.New("access_key and secret_key: both are needed")
	}
	options := s3.Options{
		Region: o.Region, HTTPClient: o.Client, RetryMaxAttempts: 1, UsePathStyle: o.Endpoint != "",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: o.AccessKey, SecretAccessKey: o.SecretKey, Source: "carat.yaml"}, nil
		}),
		// Stores that are not Amazon's don't know its newer checksums.
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	}
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Host == "" {
			return nil, errors.New("endpoint: it is no address that begins with https://")
		}
		if o.Versions && isGoogle(u.Hostname()) {
			return nil, errors.New("versions: Google's store lists them in a form of its own, by generation, which is not read; leave versions out: an object that was replaced is taken again at the next run")
		}
		options.BaseEndpoint = aws.String(o.Endpoint)
	}
	return &bucket{o, s3.New(options, func(o *s3.Options) { o.HTTPSignerV4 = signer{v4.NewSigner()} })}, nil
}

// isGoogle says whether a host is of Google's Cloud Storage.
func isGoogle(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "googleapis.com" || strings.HasSuffix(host, ".googleapis.com")
}

// signer signs a request without the header Accept-Encoding: Google's store changes it on
// the way, and then finds that the signature is another
// (https://github.com/aws/aws-sdk-go-v2/issues/1816).
type signer struct{ *v4.Signer }

// SignHTTP signs a request.
func (s signer) SignHTTP(ctx context.Context, credentials aws.Credentials, r *http.Request, payload, service, region string, at time.Time, how ...func(*v4.SignerOptions)) error {
	r.Header.Del("Accept-Encoding")
	return s.Signer.SignHTTP(ctx, credentials, r, payload, service, region, at, how...)
}

// Origin names endpoint, bucket and prefix.
func (b *bucket) Origin() string {
	text := "s3://" + b.o.Bucket + "/" + b.o.Prefix
	if b.o.Endpoint != "" {
		text += " at " + b.o.Endpoint
	}
	return text
}

// List gives the objects under the prefix in the order of their keys; the keys of
// folders, which end in a slash, are none.
func (b *bucket) List(ctx context.Context) (list []source.Remote, err error) {
	if b.o.Versions {
		return b.versions(ctx)
	}
	var after *string
	pages := 0
	for {
		page, err := b.api.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &b.o.Bucket, Prefix: &b.o.Prefix, ContinuationToken: after})
		if err != nil {
			return nil, judged("list", err)
		}
		for _, o := range page.Contents {
			if key := aws.ToString(o.Key); !strings.HasSuffix(key, "/") {
				list = append(list, source.Remote{Name: key, Version: strings.Trim(aws.ToString(o.ETag), `"`), Size: aws.ToInt64(o.Size)})
			}
		}
		if len(list) > listedMax {
			return nil, fmt.Errorf("more than %d objects lie under the prefix; give a longer one", listedMax)
		}
		before := after
		if after = page.NextContinuationToken; !aws.ToBool(page.IsTruncated) || after == nil {
			return list, nil
		}
		if pages++; before != nil && *before == *after || pages > pagesMax {
			return nil, errPages
		}
	}
}

// versionMark stands between an object's tag and the id of its version.
const versionMark = " version "

// versions gives every version under the prefix, by key and then as they came.
func (b *bucket) versions(ctx context.Context) (list []source.Remote, err error) {
	in := &s3.ListObjectVersionsInput{Bucket: &b.o.Bucket, Prefix: &b.o.Prefix}
	at := map[string]time.Time{}
	for pages := 0; ; pages++ {
		if pages > pagesMax {
			return nil, errPages
		}
		page, err := b.api.ListObjectVersions(ctx, in)
		if err != nil {
			return nil, judged("list", err)
		}
		for _, o := range page.Versions {
			if key := aws.ToString(o.Key); !strings.HasSuffix(key, "/") {
				r := source.Remote{Name: key, Version: strings.Trim(aws.ToString(o.ETag), `"`) + versionMark + aws.ToString(o.VersionId), Size: aws.ToInt64(o.Size), Settled: true}
				at[r.Name+r.Version] = aws.ToTime(o.LastModified)
				list = append(list, r)
			}
		}
		if len(list) > listedMax {
			return nil, fmt.Errorf("more than %d versions lie under the prefix; give a longer one", listedMax)
		}
		if !aws.ToBool(page.IsTruncated) {
			break
		}
		if aws.ToString(page.NextKeyMarker) == aws.ToString(in.KeyMarker) && aws.ToString(page.NextVersionIdMarker) == aws.ToString(in.VersionIdMarker) {
			return nil, errPages
		}
		in.KeyMarker, in.VersionIdMarker = page.NextKeyMarker, page.NextVersionIdMarker
	}
	slices.Reverse(list) // a store lists the newest first, and keeps no finer time than a second
	slices.SortStableFunc(list, func(a, b source.Remote) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), at[a.Name+a.Version].Compare(at[b.Name+b.Version]))
	})
	return list, nil
}

// Open reads an object from a byte on, in the version that was listed.
func (b *bucket) Open(ctx context.Context, r source.Remote, from int64) (*source.Download, error) {
	in := &s3.GetObjectInput{Bucket: &b.o.Bucket, Key: &r.Name}
	tag, id, _ := strings.Cut(r.Version, versionMark)
	if id != "" {
		in.VersionId = &id
	} else if tag != "" {
		in.IfMatch = aws.String(`"` + tag + `"`)
	}
	if from > 0 && from == r.Size {
		return &source.Download{ReadCloser: http.NoBody, Version: r.Version, Size: r.Size, From: from}, nil
	}
	if from > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", from))
	}
	out, err := b.api.GetObject(ctx, in)
	if err != nil {
		return nil, judged("read", err)
	}
	if aws.ToString(out.ContentRange) == "" {
		from = 0
	}
	if got := strings.Trim(aws.ToString(out.ETag), `"`); tag != "" && got != tag {
		return nil, errors.Join(errChanged, out.Body.Close())
	}
	size := int64(-1)
	if out.ContentLength != nil {
		size = from + *out.ContentLength
	}
	return &source.Download{ReadCloser: out.Body, Version: r.Version, Size: size, From: from}, nil
}

// errChanged is an object that was replaced since it was listed: the next run takes it.
var errChanged = fmt.Errorf("it was replaced since it was listed: %w", source.ErrNotReady)

// judged tells what may be over later from what stays.
func judged(what string, err error) error {
	var answer *awshttp.ResponseError
	var api smithy.APIError
	switch {
	case errors.Is(err, reach.ErrForbidden), errors.Is(err, context.Canceled):
		return reach.WithoutURL(err)
	case !errors.As(err, &answer) || answer.HTTPStatusCode() == 0:
		return source.Passes("%s: %w", what, bare(err))
	case answer.HTTPStatusCode() == http.StatusPreconditionFailed:
		return errChanged
	}
	said := http.StatusText(answer.HTTPStatusCode())
	if errors.As(err, &api) {
		said = api.ErrorCode()
	}
	after, again := reach.Pending(answer.Response.Response)
	err = fmt.Errorf("%s: the store answered %d %s", what, answer.HTTPStatusCode(), said)
	if again || said == "SlowDown" {
		return &source.Passing{Err: err, After: after}
	}
	return err
}

// bare is the innermost error, without the address that was called.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return errors.New("the store doesn't answer")
}

// Close lets go of idle connections.
func (b *bucket) Close() error {
	b.o.Client.CloseIdleConnections()
	return nil
}
