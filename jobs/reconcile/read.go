package reconcile

import (
	"slices"

	"carat/jobs/books"
	"carat/pipeline"
)

// ReadBy gives what the run of a month reads of a state of the lake: of the reference feeds
// everything, of the others the batches that have rows in months up to its own, whole, and
// those of which no row was accepted. So a file of a later month changes nothing of an
// earlier one: neither its results nor its run's id. Balances are of the month before the
// one that they lie in: they tell how it closed.
func ReadBy(period pipeline.Period, batches []pipeline.Batch, tables []pipeline.TableFiles) ([]pipeline.Batch, []pipeline.TableFiles) {
	taken := map[string][]pipeline.Period{} // months of the batches that were taken out
	for _, b := range batches {
		taken[b.ID] = b.Months
	}
	var read []pipeline.Batch
	later, kept := map[string][]string{}, map[string][]pipeline.Period{} // by feed
	for _, b := range batches {
		months := b.Months
		if b.Undo != nil { // what takes out a batch goes with it
			months = slices.Concat(months, taken[b.Undo.Batch])
		}
		if isLater(b.Feed, months, period) {
			later[b.Feed] = append(later[b.Feed], b.ID)
			continue
		}
		read = append(read, b)
		kept[b.Feed] = append(kept[b.Feed], b.Months...)
	}
	list := slices.Clone(tables)
	for i := range list {
		t := &list[i]
		switch feed, ok := pipeline.FeedByName(t.Name); {
		case !books.IsRaw(t.Name) || ok && feed.Reference:
		case !ok: // rejects
			for _, feed := range pipeline.Feeds() {
				t.Later = append(t.Later, later[feed.Name]...)
			}
		default:
			t.Files = slices.DeleteFunc(slices.Clone(t.Files), func(path string) bool {
				month, known := pipeline.MonthOfFile(path)
				return known && month > period && !slices.Contains(kept[t.Name], month)
			})
			if slices.ContainsFunc(kept[t.Name], func(m pipeline.Period) bool { return m > period }) {
				t.Later = later[t.Name] // whose rows may lie beside those of a batch that is read
			}
		}
	}
	return read, list
}

// isLater says whether rows of these months are all of later ones than a run's.
func isLater(feed string, months []pipeline.Period, period pipeline.Period) bool {
	if feed == books.FeedBalances {
		period = period.Next()
	}
	return len(months) > 0 && slices.Min(months) > period
}
