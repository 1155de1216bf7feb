package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carat/pipeline"
	"carat/pipeline/engine"
)

// ownDisk bounds what a control of a user's own may put on the disk.
const ownDisk = "20GB"

// Own runs controls that users wrote, each in a process of its own, with half of
// the memory of carat.yaml (the run holds its models meanwhile) and so much time.
// A control that takes more is a usage error: it said nothing, so the run has no
// result.
func Own(memory string, threads int, most time.Duration) engine.Apart {
	return func(ctx context.Context, c engine.OwnControl, folders []string) (*engine.OwnJudgement, error) {
		limited, cancel := context.WithTimeout(ctx, most)
		defer cancel()
		_, judged, err := Process(limited, Task{Memory: half(memory), Threads: threads, Disk: ownDisk, Folders: folders, Control: &c}, nil)
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return nil, pipeline.Errorf(pipeline.KindUsage, "run", "control", "it took longer than %s and was ended: it failed, and the run with it", most).
				WithHint("ask for less, or raise control_timeout in carat.yaml")
		}
		if err == nil && judged == nil {
			err = errors.New("it gave no result")
		}
		return judged, err
	}
}

// half gives half of a size.
func half(memory string) string {
	const megabyte = 1_000_000
	if n := sizeOf(memory) / 2 / megabyte; n > 0 {
		return fmt.Sprintf("%dMB", n)
	}
	return memory
}
