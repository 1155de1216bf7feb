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

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// AzureOptions say which blobs are taken.
type AzureOptions struct {
	Account   string
	Endpoint  string // "": https://ACCOUNT.blob.core.windows.net
	Container string
	Prefix    string
	Key       string // of the account
	SAS       string // a shared access signature in Key's place, as the portal gives it: sv=…&sig=…
	// Versions takes every version of a blob that the container keeps, oldest first, and
	// not only the newest.
	Versions bool
	Client   *http.Client // of reach
}

type azure struct {
	o   AzureOptions
	api *container.Client
}

// NewAzure gives the source of a container's blobs under a prefix, of Azure Blob Storage.
func NewAzure(o AzureOptions) (source.Source, error) {
	if o.Account == "" || strings.Trim(o.Account, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return nil, errors.New("account: a storage account's name has small letters and digits")
	}
	if o.Container == "" {
		return nil, errors.New("bucket: none is named; in Azure it is the container")
	}
	u, err := url.Parse(cmp.Or(o.Endpoint, "https://"+o.Account+".blob.core.windows.net"))
	if err != nil || u.Host == "" {
		return nil, errors.New("endpoint: it is no address that begins with https://")
	}
	u = u.JoinPath(o.Container)
	options := &container.ClientOptions{ClientOptions: policy.ClientOptions{Transport: o.Client,
		Retry: policy.RetryOptions{MaxRetries: -1}, Telemetry: policy.TelemetryOptions{Disabled: true}}}
	a := &azure{o: o}
	switch {
	case (o.Key == "") == (o.SAS == ""):
		return nil, errors.New("account_key and sas: one of them is needed")
	case o.Key != "":
		credential, err := container.NewSharedKeyCredential(o.Account, o.Key)
		if err != nil {
			return nil, errors.New("account_key: it is not in base64, as the portal shows it")
		}
		a.api, err = container.NewClientWithSharedKeyCredential(u.String(), credential, options)
		return a, err
	}
	given, err := url.ParseQuery(strings.TrimPrefix(o.SAS, "?"))
	if err != nil || given.Get("sig") == "" {
		return nil, errors.New("sas: it is no shared access signature such as sv=…&sp=rl&sig=…")
	}
	u.RawQuery = given.Encode()
	a.api, err = container.NewClientWithNoCredential(u.String(), options)
	return a, err
}

// Origin names account, container and prefix.
func (a *azure) Origin() string {
	text := "azure://" + a.o.Account + "/" + a.o.Container + "/" + a.o.Prefix
	if a.o.Endpoint != "" {
		text += " at " + a.o.Endpoint
	}
	return text
}

// List gives the blobs under the prefix in the order of their names, and of versions as
// they came. A folder of an account with folders is no blob.
func (a *azure) List(ctx context.Context) (list []source.Remote, err error) {
	pager := a.api.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &a.o.Prefix,
		Include: container.ListBlobsInclude{Metadata: true, Versions: a.o.Versions}})
	marker := ""
	for pages := 0; pager.More(); pages++ {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, judgedAzure("list", err)
		}
		if page.Segment == nil {
			return nil, errors.New("list: the store answered something that is no list of blobs; see endpoint and bucket")
		}
		for _, item := range page.Segment.BlobItems {
			if r, ok := a.listed(item); ok {
				list = append(list, r)
			}
		}
		if len(list) > listedMax {
			return nil, fmt.Errorf("more than %d blobs lie under the prefix; give a longer one", listedMax)
		}
		if next := value(page.NextMarker); next != "" {
			if next == marker || pages > pagesMax {
				return nil, errPages
			}
			marker = next
		}
	}
	slices.SortStableFunc(list, func(a, b source.Remote) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// listed is a blob as it is told, if it is one and can be taken. The id of a version is the
// instant at which it came.
func (a *azure) listed(item *container.BlobItem) (r source.Remote, ok bool) {
	if item == nil || item.Properties == nil || value(item.Deleted) {
		return r, false
	}
	p, name := item.Properties, value(item.Name)
	if name == "" || strings.HasSuffix(name, "/") || strings.EqualFold(value(p.ResourceType), "directory") || value(item.Metadata["hdi_isfolder"]) == "true" {
		return r, false
	}
	r = source.Remote{Name: name, Version: strings.Trim(string(value(p.ETag)), `"`), Size: -1}
	if p.ContentLength != nil {
		r.Size = *p.ContentLength
	}
	if id := value(item.VersionID); a.o.Versions && id != "" {
		r.Version, r.Settled = r.Version+versionMark+id, true
	}
	return r, true
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// Open reads a blob from a byte on, in the version that was listed.
func (a *azure) Open(ctx context.Context, r source.Remote, from int64) (*source.Download, error) {
	if from > 0 && from == r.Size {
		return &source.Download{ReadCloser: http.NoBody, Version: r.Version, Size: r.Size, From: from}, nil
	}
	one := a.api.NewBlobClient(r.Name)
	tag, id, _ := strings.Cut(r.Version, versionMark)
	options := &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: from}}
	if id != "" {
		var err error
		if one, err = one.WithVersionID(id); err != nil {
			return nil, errors.New("read: its version has no name that the store takes")
		}
	} else if tag != "" {
		match := azcore.ETag(`"` + tag + `"`)
		options.AccessConditions = &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &match}}
	}
	out, err := one.DownloadStream(ctx, options)
	if err != nil {
		return nil, judgedAzure("read", err)
	}
	if value(out.ContentRange) == "" {
		from = 0
	}
	if got := strings.Trim(string(value(out.ETag)), `"`); tag != "" && got != tag {
		return nil, errors.Join(errChanged, out.Body.Close())
	}
	size := int64(-1)
	if out.ContentLength != nil {
		size = from + *out.ContentLength
	}
	return &source.Download{ReadCloser: out.Body, Version: r.Version, Size: size, From: from}, nil
}

// azureHints say what to do about answers whose code doesn't.
var azureHints = map[string]string{
	"BlobArchived":                    "it lies in the archive tier; have it rehydrated",
	"AuthenticationFailed":            "see account_key or sas: is it of this account, and not over?",
	"AuthorizationFailure":            "may this machine's address call the account?",
	"ContainerNotFound":               "see bucket: it is the container's name",
	"AuthorizationPermissionMismatch": "the signature must let it read and list (sp=rl)",
}

// judgedAzure tells what may be over later from what stays. The text of the SDK's own error
// has the address in it, and that may have the signature.
func judgedAzure(what string, err error) error {
	var answer *azcore.ResponseError
	switch {
	case errors.Is(err, reach.ErrForbidden), errors.Is(err, context.Canceled):
		return reach.WithoutURL(err)
	case !errors.As(err, &answer) || answer.RawResponse == nil:
		return source.Passes("%s: %w", what, bare(err))
	case answer.StatusCode == http.StatusPreconditionFailed:
		return errChanged
	}
	said := cmp.Or(answer.ErrorCode, http.StatusText(answer.StatusCode))
	after, again := reach.Pending(answer.RawResponse)
	err = fmt.Errorf("%s: the store answered %d %s", what, answer.StatusCode, said)
	if hint := azureHints[said]; hint != "" {
		err = fmt.Errorf("%w: %s", err, hint)
	}
	if again || said == "ServerBusy" {
		return &source.Passing{Err: err, After: after}
	}
	return err
}

// Close lets go of idle connections.
func (a *azure) Close() error {
	a.o.Client.CloseIdleConnections()
	return nil
}
