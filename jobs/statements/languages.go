package statements

import (
	"cmp"
	"context"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/state"
)

// languageOf is the language of who lives in a country.
func languageOf(c *config.Config, country string) string {
	return cmp.Or(c.Languages[country], c.Languages[config.OtherCountries])
}

// Languages are in which language each creator and agency of a run reads their statement.
type Languages struct {
	config             *config.Config
	creators, agencies map[string]string // the country, by id
}

// LanguagesOf gives the languages of a run; of one creator only, "" is all. Where carat.yaml names none nothing is read.
func LanguagesOf(ctx context.Context, p *books.Books, c *config.Config, run state.Run, creator string) (l Languages, err error) {
	l = Languages{config: c, creators: map[string]string{}, agencies: map[string]string{}}
	if len(c.Languages) == 0 {
		return l, nil
	}
	only := ""
	if creator != "" {
		only = " and creator_id = " + pipeline.SQLText(creator)
	}
	if err := l.read(ctx, p, l.creators, "select distinct creator_id, country from "+TableSummaries+" where run_id = "+pipeline.SQLText(run.ID)+" and country is not null"+only, TableSummaries); err != nil || creator != "" {
		return l, err
	}
	if _, err := p.Lake.Table(ctx, TableAgencies, books.Latest); err != nil {
		return l, nil // a lake of before agencies had statements
	}
	return l, l.read(ctx, p, l.agencies, "select distinct agency_id, country from "+TableAgencies+" where run_id = "+pipeline.SQLText(run.ID)+" and country is not null", TableAgencies)
}

func (l Languages) read(ctx context.Context, p *books.Books, into map[string]string, query, name string) error {
	t, err := p.Query(ctx, l.config, books.Latest, query, name)
	if err != nil {
		return err
	}
	for _, row := range t.Rows {
		id, _ := row[0].(string)
		into[id], _ = row[1].(string)
	}
	return nil
}

// Of gives the tag of a creator's language, or of an agency's; "" is English.
func (l Languages) Of(id string, agency bool) string {
	if agency {
		return languageOf(l.config, l.agencies[id])
	}
	return languageOf(l.config, l.creators[id])
}
