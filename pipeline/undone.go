package pipeline

import "slices"

// UnfinishedUndo gives the first batch that was taken out whose files to be read again
// were not all read again, since something came in between, and those that are left; ""
// when there is none.
func UnfinishedUndo(batches []Batch) (batch string, left []string) {
	for _, b := range batches {
		if b.Undo == nil || len(b.Undo.Again) == 0 {
			continue
		}
		if left := LeftToRead(batches, b.Undo.Batch); len(left) > 0 {
			return b.Undo.Batch, left
		}
	}
	return "", nil
}

// LeftToRead gives the batches that were to be read again when one was taken out, and
// weren't. Those that were taken out themselves since need not be.
func LeftToRead(batches []Batch, undone string) (left []string) {
	for _, b := range batches {
		if b.Undo == nil || b.Undo.Batch != undone {
			continue
		}
		for _, id := range b.Undo.Again {
			if !slices.Contains(left, id) {
				left = append(left, id)
			}
		}
	}
	return slices.DeleteFunc(left, func(id string) bool {
		return slices.ContainsFunc(batches, func(b Batch) bool {
			return b.Undo != nil && b.Undo.Batch == undone && b.Undo.Reads == id || b.ID == id && b.UndoneBy != ""
		})
	})
}
