package ingest

import (
	"errors"

	"carat/pipeline"
)

// withNextStep gives the refusal of a file that names none its next step. Files are evidence:
// none is to be changed by hand, and who made it is the one to ask.
func withNextStep(err error) error {
	refusal, ok := err.(*pipeline.Error) // one that was joined to others has said more
	if !ok || refusal.Kind != pipeline.KindBadInput {
		return err
	}
	for e := refusal; ; {
		if e.Hint != "" {
			return err
		}
		if !errors.As(e.Cause, &e) {
			break
		}
	}
	return refusal.WithHint("nothing of it was taken: fetch it again; if it comes the same, ask its sender what this means, or for another of the formats in docs/formats.md")
}
