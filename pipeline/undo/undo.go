package undo

import (
	"slices"

	"carat/pipeline"
)

// Unfinished gives the first batch that was taken out whose files to be read again
// were not all read again, since something came in between, and those that are left; ""
// when there is none.
func Unfinished(batches []pipeline.Batch) (batch string, left []string) {
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

// Readings gives the batches in force that were read from the file of one: itself, and
// what came in from its kept file when others were taken out, the latest first.
func Readings(batches []pipeline.Batch, id string) (readings []string) {
	of := map[string]string{} // the first batch of the file that a batch was read from
	for _, b := range batches {
		of[b.ID] = b.ID
		if b.Undo != nil && b.Undo.Reads != "" {
			of[b.ID] = of[b.Undo.Reads]
		}
	}
	for _, b := range slices.Backward(batches) {
		if of[b.ID] == of[id] && b.UndoneBy == "" {
			readings = append(readings, b.ID)
		}
	}
	return readings
}

// LeftToRead gives the batches that were to be read again when one was taken out, and
// weren't, or of which what came in then is out again while they are in force. Those that were
// taken out themselves since need not be.
func LeftToRead(batches []pipeline.Batch, undone string) (left []string) {
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
		return slices.ContainsFunc(batches, func(b pipeline.Batch) bool {
			return b.Undo != nil && b.Undo.Batch == undone && b.Undo.Reads == id && b.UndoneBy == "" || b.ID == id && b.UndoneBy != ""
		})
	})
}
