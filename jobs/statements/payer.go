package statements

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/state"
)

// unnamedQuery gives the entities that statements of a run are of; there are as
// many as legal entities.
const unnamedQuery = `select distinct entity from statement_summaries where run_id = {run} order by entity`

// Unnamed gives the entities whose statements would name nobody as their payer,
// because carat.yaml has no name for them; none, and there is nothing to ask for.
func Unnamed(ctx context.Context, p *books.Books, c *config.Config, run state.Run) (entities []string, err error) {
	found, err := p.Query(ctx, c, books.Latest, strings.ReplaceAll(unnamedQuery, "{run}", pipeline.SQLText(run.ID)), TableSummaries)
	if err != nil {
		return nil, err
	}
	payers := Payers(c)
	for _, row := range found.Rows {
		if entity, ok := row[0].(string); ok && strings.TrimSpace(payers[entity].Name) == "" {
			entities = append(entities, entity)
		}
	}
	return entities, nil
}

// HowToName says what to write into carat.yaml so that entities have a name.
func HowToName(c *config.Config, entities []string) string {
	currency := map[string]string{}
	for _, e := range c.Entities {
		currency[e.ID] = e.FunctionalCurrency
	}
	var each []string
	for _, id := range entities {
		each = append(each, fmt.Sprintf("%s: {name: \"Example Live Inc.\", functional_currency: %s}", id, cmp.Or(currency[id], c.ReportingCurrency)))
	}
	return "entities: {" + strings.Join(each, ", ") + "}"
}
