package appstore

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// Reports that are taken.
const (
	Sales   = "sales"   // one a day
	Finance = "finance" // one a fiscal month
)

// Options say which reports are taken.
type Options struct {
	Base    string // "": https://api.appstoreconnect.apple.com
	Issuer  string // of the key
	KeyID   string
	Key     string // the private key as Apple gives it, a .p8 file
	Vendor  string // number
	Reports []string
	Region  string // of finance reports; "": Z1, all regions in detail
	Since   time.Time
	Overlap time.Duration // reports this young are looked at again, since Apple corrects them
	Now     time.Time
	Client  *http.Client // of reach
}

// How long Apple keeps reports of a day, and asks again for one that isn't there.
const (
	dailyKept   = 365 * 24 * time.Hour
	lateReports = 10 * 24 * time.Hour
)

// pacific is where Apple's days begin.
const pacific = "America/Los_Angeles"

type store struct {
	o    Options
	base *url.URL
	key  *ecdsa.PrivateKey
	zone *time.Location
	asks map[string]url.Values // of a listed report
}

// New gives the source of an account's reports. An error holds nothing of the key.
func New(o Options) (source.Source, error) {
	base, err := url.Parse(cmp.Or(o.Base, "https://api.appstoreconnect.apple.com"))
	if err != nil || base.Host == "" {
		return nil, errors.New("url: it is no address that begins with https://")
	}
	key, err := parseKey(o.Key)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"issuer": o.Issuer, "key_id": o.KeyID, "vendor": o.Vendor} {
		if value == "" {
			return nil, fmt.Errorf("%s: none is given; App Store Connect shows it", name)
		}
	}
	zone, err := time.LoadLocation(pacific)
	if err != nil {
		return nil, err
	}
	o.Region = cmp.Or(o.Region, "Z1")
	return &store{o: o, base: base, key: key, zone: zone, asks: map[string]url.Values{}}, nil
}

// Origin names the API and the vendor.
func (s *store) Origin() string { return s.base.Host + ", vendor " + s.o.Vendor + ", key " + s.o.KeyID }

// List gives the reports that can be there by now.
func (s *store) List(context.Context) (list []source.Remote, err error) {
	for _, kind := range s.o.Reports {
		switch kind {
		case Sales:
			since := s.o.Since
			if oldest := s.o.Now.Add(-dailyKept); since.Before(oldest) {
				since = oldest
			}
			days, err := source.Windows(source.Daily, since, s.o.Now, s.zone)
			if err != nil {
				return nil, err
			}
			for _, d := range days {
				list = append(list, s.remote("S_D_"+s.o.Vendor+"_"+strings.ReplaceAll(d.Name, "-", "")+".txt.gz", d.To, "salesReports", url.Values{
					"filter[frequency]": {"DAILY"}, "filter[reportType]": {"SALES"}, "filter[reportSubType]": {"SUMMARY"}, "filter[version]": {"1_0"},
					"filter[reportDate]": {d.Name}, "filter[vendorNumber]": {s.o.Vendor}}))
			}
		case Finance:
			kind := "FINANCIAL"
			if s.o.Region == "Z1" {
				kind = "FINANCE_DETAIL"
			}
			for _, m := range fiscalMonths(s.o.Since, s.o.Now, s.zone) {
				list = append(list, s.remote(s.o.Vendor+"_"+m.Name+"_"+s.o.Region+".txt.gz", m.To, "financeReports", url.Values{
					"filter[regionCode]": {s.o.Region}, "filter[reportDate]": {m.Name}, "filter[reportType]": {kind}, "filter[vendorNumber]": {s.o.Vendor}}))
			}
		default:
			return nil, fmt.Errorf("reports: %q is neither sales nor finance", kind)
		}
	}
	return list, nil
}

func (s *store) remote(name string, end time.Time, path string, ask url.Values) source.Remote {
	ask.Set("", path)
	s.asks[name] = ask
	age := s.o.Now.Sub(end)
	corrected := age < s.o.Overlap
	return source.Remote{Name: name, Size: -1, Recheck: corrected, Stale: age > lateReports, Settled: !corrected}
}

// problemBytes bounds what is read of an answer that is no report.
const problemBytes = 64 << 10

// Open asks for a report. It is kept as Apple packs it.
func (s *store) Open(ctx context.Context, r source.Remote, _ int64) (*source.Download, error) {
	ask, ok := s.asks[r.Name]
	if !ok {
		return nil, errors.New("there is no report of that name")
	}
	token, err := s.token()
	if err != nil {
		return nil, err
	}
	at := s.base.JoinPath("v1", ask.Get(""))
	query := url.Values{}
	for name, value := range ask {
		if name != "" {
			query[name] = value
		}
	}
	at.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, errors.New("url: it is no address")
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/a-gzip, application/json")
	request.Header.Set("User-Agent", "carat")
	answer, err := source.Ask(s.o.Client, request)
	if err != nil {
		return nil, err
	}
	kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	if answer.StatusCode == http.StatusOK && kind != "application/json" {
		if !source.EndTold(answer) {
			reach.Drop(answer)
			return nil, source.ErrEnd
		}
		return &source.Download{ReadCloser: answer.Body, Size: answer.ContentLength}, nil
	}
	defer reach.Drop(answer)
	return nil, problem(answer)
}

// problem says what is wrong, as the API does.
func problem(answer *http.Response) error {
	var said struct {
		Errors []struct {
			Code   string `json:"code"`
			Title  string `json:"title"`
			Detail string `json:"detail"`
		} `json:"errors"`
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, problemBytes))
	_ = json.Unmarshal(text, &said) // what isn't JSON says nothing more than the status
	detail := ""
	if len(said.Errors) > 0 {
		detail = ": " + cmp.Or(said.Errors[0].Detail, said.Errors[0].Title, said.Errors[0].Code)
	}
	switch answer.StatusCode {
	case http.StatusNotFound:
		return fmt.Errorf("%w%s", source.ErrNotReady, detail)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("the key is not let in (%s)%s; it needs the role Sales or Finance, and issuer and key_id are its own", answer.Status, detail)
	}
	return fmt.Errorf("the API answered %s%s", answer.Status, detail)
}

// Probe asks for the newest report and lets it lie.
func (s *store) Probe(ctx context.Context) error {
	list, err := s.List(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	d, err := s.Open(ctx, list[len(list)-1], 0)
	if err != nil {
		return err
	}
	return d.Close()
}

// Close lets go of idle connections.
func (s *store) Close() error {
	s.o.Client.CloseIdleConnections()
	return nil
}
