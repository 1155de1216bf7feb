package fetch

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/source"
	"carat/pipeline/source/appstore"
	"carat/pipeline/source/bucket"
	"carat/pipeline/source/database"
	"carat/pipeline/source/reach"
	"carat/pipeline/source/sftp"
	"carat/pipeline/source/stripe"
	"carat/pipeline/source/web"
)

// open makes the source that carat.yaml describes, with its secrets read from where
// they lie. What is wrong with that is a usage error.
func (r *run) open() (source.Source, error) {
	secrets := map[string]string{}
	for name, one := range r.source.Secret {
		text, err := one.Read(r.Config.Dir, name, r.Variable)
		if err != nil {
			return nil, r.misconfigured(err)
		}
		secrets[name] = text.Reveal()
		if name != "url" && text != "" {
			r.secrets = append(r.secrets, text.Reveal(), url.QueryEscape(text.Reveal()))
		}
	}
	r.secrets = append(r.secrets, hiddenParts(secrets["url"])...)
	if signature, err := url.ParseQuery(secrets["sas"]); err == nil && signature.Get("sig") != "" {
		r.secrets = append(r.secrets, signature.Get("sig"), url.QueryEscape(signature.Get("sig")))
	}
	r.secrets = append(r.secrets, hiddenParts(secrets["dsn"])...)
	options := reach.Options{Allow: r.source.Allow, PlainHTTP: true, Pace: reach.Pace(r.source.PerMinute, r.Wait)}
	if r.source.CAFile != "" {
		roots, err := r.roots()
		if err != nil {
			return nil, r.misconfigured(err)
		}
		options.Roots = roots
	}
	since := time.Time{}
	if r.source.Since != "" {
		var err error
		if since, err = time.ParseInLocation(time.DateOnly, r.source.Since, r.Config.Zone); err != nil {
			return nil, r.misconfigured(err)
		}
	}
	s, err := r.make(secrets, options, since)
	if err != nil {
		return nil, r.misconfigured(err)
	}
	if r.source.Kind == config.KindSFTP || r.source.Kind == config.KindDatabase {
		s = source.Paced(s, r.source.PerMinute, r.Wait)
	}
	return s, nil
}

func (r *run) make(secrets map[string]string, to reach.Options, since time.Time) (source.Source, error) {
	c, text := r.source, r.source.Text
	switch c.Kind {
	case config.KindHTTP:
		return web.New(web.Options{URL: secrets["url"], Name: text["file"], Token: secrets["token"], User: text["user"], Password: secrets["password"], Client: reach.Client(to)})
	case config.KindSFTP:
		return sftp.New(sftp.Options{Address: text["address"], User: text["user"], Path: text["path"], HostKeys: c.List["host_key"], Key: secrets["key"],
			Passphrase: secrets["passphrase"], Password: secrets["password"], Settle: c.Settle, Now: r.Now, Allow: c.Allow})
	case config.KindBucket:
		if text["account"] != "" {
			return bucket.NewAzure(bucket.AzureOptions{Account: text["account"], Endpoint: text["endpoint"], Container: text["bucket"], Prefix: text["prefix"],
				Key: secrets["account_key"], SAS: secrets["sas"], Versions: c.Versions, Client: reach.Client(to)})
		}
		return bucket.New(bucket.Options{Endpoint: text["endpoint"], Region: text["region"], Bucket: text["bucket"], Prefix: text["prefix"],
			AccessKey: secrets["access_key"], SecretKey: secrets["secret_key"], Versions: c.Versions, Client: reach.Client(to)})
	case config.KindDatabase:
		return database.New(database.Options{DSN: secrets["dsn"], Query: text["query"], Name: c.Name, Span: c.Window, Since: since, Overlap: c.Overlap,
			Now: r.Now, Zone: r.Config.Zone, Allow: c.Allow, Exact: exactColumns(c.Feeds)})
	case config.KindAppStore:
		return appstore.New(appstore.Options{Base: text["endpoint"], Issuer: text["issuer"], KeyID: text["key_id"], Key: secrets["key"], Vendor: text["vendor"],
			Reports: c.List["reports"], Region: text["region"], Since: since, Overlap: c.Overlap, Now: r.Now, Client: reach.Client(to)})
	case config.KindStripe:
		return stripe.New(stripe.Options{Base: text["endpoint"], Key: secrets["key"], Type: text["report"], Columns: c.List["columns"], Span: c.Window,
			Since: since, Overlap: c.Overlap, Now: r.Now, Zone: r.Config.Zone, Client: reach.Client(to), Wait: r.Wait})
	}
	return nil, fmt.Errorf("kind: there is no %q", c.Kind)
}

// exactColumns are the columns of feeds that hold amounts and rates.
func exactColumns(feeds []string) (names []string) {
	for _, name := range feeds {
		f, _ := pipeline.FeedByName(name)
		for _, c := range f.Columns {
			if c.Kind == pipeline.ColumnNumber && c.Digits > 0 {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

func (r *run) misconfigured(err error) error {
	return pipeline.Errorf(pipeline.KindUsage, "fetch from", r.source.Name, "%s", r.told(err)).
		WithHint("see sources %s in carat.yaml; docs/configuration.md says what each key means", r.source.Name)
}

// roots are whom the machine trusts, and those of ca_file.
func (r *run) roots() (*x509.CertPool, error) {
	file := r.source.CAFile
	if !filepath.IsAbs(file) {
		file = filepath.Join(r.Config.Dir, file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("ca_file: read %s: %w", file, disk.Cause(err))
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("ca_file: " + file + " holds no certificate")
	}
	return pool, nil
}

// hiddenParts are what of an address may be secret.
func hiddenParts(address string) (parts []string) {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return nil
	}
	if password, ok := u.User.Password(); ok && password != "" {
		parts = append(parts, password, url.QueryEscape(password), url.PathEscape(password))
	}
	for _, values := range u.Query() {
		for _, v := range values {
			if len(v) > 5 {
				parts = append(parts, v, url.QueryEscape(v))
			}
		}
	}
	return parts
}
