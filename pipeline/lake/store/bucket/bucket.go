package bucket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/store/object"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

// Scheme is what the address of a bucket begins with.
const Scheme = "s3://"

// Place says which bucket, and where in it.
type Place struct {
	Bucket   string
	Prefix   string // "": the whole bucket; no slash at its ends
	Endpoint string // of a server that isn't Amazon's: https://minio.example:9000
	Region   string // "": what the SDK's chain finds, else us-east-1
}

// Parse reads s3://BUCKET/PREFIX, to which ?endpoint=URL&region=NAME may be added. Its errors are
// of usage.
func Parse(address string) (p Place, err error) {
	wrong := func(format string, args ...any) (Place, error) {
		return Place{}, pipeline.Errorf(pipeline.KindUsage, "use bucket", fmt.Sprintf("%q", address), format, args...).
			WithHint("write it as s3://BUCKET/PREFIX; a server that isn't Amazon's is added with ?endpoint=https://HOST:PORT, a region with ?region=NAME")
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "s3" || u.Host == "" || u.Fragment != "" || u.User != nil:
		return wrong("it is no address of a bucket")
	case u.Host != u.Hostname():
		return wrong("a port belongs to the endpoint")
	}
	p = Place{Bucket: u.Host, Prefix: strings.TrimSuffix(strings.TrimPrefix(u.Path, "/"), "/")}
	if p.Prefix != "" && object.CheckKey(p.Prefix) != nil || len(p.Prefix) > prefixBytesMax || strings.ContainsAny(p.Prefix, "%?#*[]") {
		return wrong("its prefix can't be one of objects' keys")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return wrong("what stands behind the question mark can't be read")
	}
	for name, values := range query {
		switch {
		case len(values) != 1 || values[0] == "":
			return wrong("%s: it is to be given once", name)
		case name == "endpoint":
			p.Endpoint = values[0]
		case name == "region":
			p.Region = values[0]
		default:
			return wrong("%s: there is no such setting", name)
		}
	}
	if p.Endpoint != "" {
		e, err := url.Parse(p.Endpoint)
		if err != nil || e.Host == "" || e.Scheme != "https" && e.Scheme != "http" || e.User != nil || e.RawQuery != "" {
			return wrong("its endpoint is no address that begins with https:// or http://")
		}
	}
	return p, nil
}

// prefixBytesMax leaves room for keys: S3 takes 1,024 bytes.
const prefixBytesMax = 120

// Location is s3://BUCKET/PREFIX, by which any reader of Iceberg finds the bucket.
func (p Place) Location() string {
	return strings.TrimSuffix(Scheme+p.Bucket+"/"+p.Prefix, "/")
}

// String is Location with the endpoint.
func (p Place) String() string {
	if p.Endpoint == "" {
		return p.Location()
	}
	return p.Location() + " at " + p.Endpoint
}

// Options are what tests set.
type Options struct {
	Credentials aws.CredentialsProvider // nil: the SDK's chain
	// Wait waits between two tries; nil: by the machine's clock.
	Wait func(ctx context.Context, d time.Duration) error
	// Stall is how long nothing may come of an answer; 0: a minute.
	Stall time.Duration
	// PageKeys is how many keys are asked for at a time; 0: as many as the server gives.
	PageKeys int32
}

// Bucket is a store in a bucket.
type Bucket struct {
	place Place
	o     Options
	api   *s3.Client
}

var _ object.Store = (*Bucket)(nil)

// Open gives the store in a bucket, which it asks whether it is there and lets us in. It
// changes nothing.
func Open(ctx context.Context, p Place, o Options) (*Bucket, error) {
	b := &Bucket{place: p, o: o}
	if b.o.Wait == nil {
		b.o.Wait = wait
	}
	if b.o.Stall == 0 {
		b.o.Stall = stallWait
	}
	load := []func(*config.LoadOptions) error{config.WithHTTPClient(client(b.o.Stall)), config.WithRetryMaxAttempts(1), config.WithLogger(logging.Nop{})}
	if p.Region != "" {
		load = append(load, config.WithRegion(p.Region))
	}
	if o.Credentials != nil {
		load = append(load, config.WithCredentialsProvider(o.Credentials))
	}
	c, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "open bucket", p.String(), "the settings of AWS can't be read: %s", without(err)).
			WithHint("check AWS_PROFILE and ~/.aws/config, and run again; nothing was changed")
	}
	if _, err := c.Credentials.Retrieve(ctx); err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "open bucket", p.String(), "there are no credentials for it").
			WithHint("give them as AWS's tools take them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of this machine; none stands in carat.yaml")
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	b.api = s3.NewFromConfig(c, func(o *s3.Options) {
		o.RetryMaxAttempts = 1
		if p.Endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = aws.String(p.Endpoint), true
		}
		// Servers that are not Amazon's don't know its newer checksums.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	})
	in := &s3.ListObjectsV2Input{Bucket: &p.Bucket, Prefix: aws.String(b.key("")), MaxKeys: aws.Int32(1)}
	err = b.try(ctx, "open bucket", "", func(ctx context.Context) error {
		_, err := b.api.ListObjectsV2(ctx, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Bounds on what is waited for.
const (
	dialWait  = 10 * time.Second
	stallWait = time.Minute
	idleMax   = 32
)

// client waits for nothing without end. It is the SDK's, which knows AWS_CA_BUNDLE.
func client(stall time.Duration) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialWait }).WithTransportOptions(func(t *http.Transport) {
		t.TLSHandshakeTimeout, t.ResponseHeaderTimeout, t.IdleConnTimeout = dialWait, stall, stall
		t.MaxIdleConnsPerHost, t.DisableCompression = idleMax, true
	})
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Origin names bucket, prefix and endpoint.
func (b *Bucket) Origin() string { return b.place.String() }

// Location is s3://BUCKET/PREFIX.
func (b *Bucket) Location() string { return b.place.Location() }

// key gives the key in the bucket.
func (b *Bucket) key(key string) string {
	if b.place.Prefix == "" {
		return key
	}
	return b.place.Prefix + "/" + key
}

// errUnconditional is a server that put an object in the place of another.
var errUnconditional = errors.New("it puts an object in the place of another, though it was told not to")

// Conditional is a usage error where the server doesn't keep to `If-None-Match: *`: two
// writers would overwrite each other. It puts an object under a key and deletes it.
func (b *Bucket) Conditional(ctx context.Context, key string) error {
	err := b.Put(ctx, key, object.Bytes([]byte("first\n")))
	if err != nil {
		return err
	}
	err = b.Put(ctx, key, object.Bytes([]byte("second\n")))
	switch deleted := b.Delete(ctx, key); {
	case err == nil:
		return errors.Join(pipeline.Errorf(pipeline.KindUsage, "use bucket", b.Origin(), "%w", errUnconditional).
			WithHint("use a server that keeps to `If-None-Match: *`, as Amazon's and MinIO's do"), deleted)
	case errors.Is(err, object.ErrTaken):
		return deleted
	default:
		return errors.Join(err, deleted)
	}
}
