package bucket_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"carat/pipeline/source/bucket"
)

// answers is a store that answers everything with the same text.
type answers []byte

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/xml"}},
		ContentLength: int64(len(a)), Body: io.NopCloser(bytes.NewReader(a)), Request: r}, nil
}

// FuzzListing reads listings as a store might write them: what comes of it are names, or
// an error, and it ends.
func FuzzListing(f *testing.F) {
	const object = `<Contents><Key>sales/a.csv</Key><LastModified>2026-10-01T00:00:00Z</LastModified><ETag>"x"</ETag><Size>3</Size></Contents>`
	f.Add([]byte(`<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>`+object+`</ListBucketResult>`), false)
	f.Add([]byte(`<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>`+object+`</ListBucketResult>`), false)
	f.Add([]byte(`<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>`), false)
	f.Add([]byte(`<ListVersionsResult><IsTruncated>true</IsTruncated><Version><Key>k</Key><VersionId>1</VersionId><ETag>"x"</ETag><Size>1</Size></Version></ListVersionsResult>`), true)
	f.Add([]byte(`<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>k/</Key></Version><Version></Version></ListVersionsResult>`), true)
	f.Fuzz(func(t *testing.T, text []byte, versions bool) {
		s, err := bucket.New(bucket.Options{Endpoint: "https://store.example", Bucket: "exports", AccessKey: "a", SecretKey: "hush", Versions: versions, Client: &http.Client{Transport: answers(text)}})
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.List(t.Context())
		if err != nil && (len(list) > 0 || strings.Contains(err.Error(), "hush")) {
			t.Errorf("%d objects, and %v", len(list), err)
		}
		for _, r := range list {
			if strings.HasSuffix(r.Name, "/") {
				t.Errorf("%q is a folder", r.Name)
			}
		}
	})
}

// FuzzAzureListing reads listings as Azure might write them: what comes of it are names of
// blobs in their order, no more than the text has room for, or an error, and it ends.
func FuzzAzureListing(f *testing.F) {
	const one = `<Blob><Name>sales/a.csv</Name><VersionId>2026-10-01T00:00:00.0Z</VersionId><Properties><Etag>0x8D</Etag><Content-Length>3</Content-Length></Properties></Blob>`
	f.Add([]byte(`<EnumerationResults><Blobs>`+one+`</Blobs><NextMarker/></EnumerationResults>`), false)
	f.Add([]byte(`<EnumerationResults><Blobs>`+one+one+`</Blobs><NextMarker></NextMarker></EnumerationResults>`), true)
	f.Add([]byte(`<EnumerationResults><Blobs/><NextMarker>m</NextMarker></EnumerationResults>`), false)
	f.Add([]byte(`<EnumerationResults><NextMarker>m</NextMarker></EnumerationResults>`), false)
	f.Add([]byte(`<EnumerationResults><Blobs><Blob><Name Encoded="true">a%2Fb</Name></Blob><Blob/></Blobs></EnumerationResults>`), true)
	f.Fuzz(func(t *testing.T, text []byte, versions bool) {
		if bytes.Contains(text, []byte("aHVzaA")) {
			return
		}
		s, err := bucket.NewAzure(bucket.AzureOptions{Account: "a", Container: "exports", Key: "aHVzaA==", Versions: versions, Client: &http.Client{Transport: answers(text)}})
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.List(t.Context())
		if err != nil && (len(list) > 0 || strings.Contains(err.Error(), "aHVzaA")) {
			t.Errorf("%d blobs, and %v", len(list), err)
		}
		if len(list) > bytes.Count(text, []byte("<")) {
			t.Errorf("%d blobs of %q", len(list), text)
		}
		for i, r := range list {
			if r.Name == "" || strings.HasSuffix(r.Name, "/") || i > 0 && r.Name < list[i-1].Name || !versions && r.Settled {
				t.Errorf("%+v", r)
			}
		}
	})
}
