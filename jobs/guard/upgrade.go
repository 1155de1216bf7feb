package guard

import (
	"context"

	"carat/jobs/books"
	"carat/pipeline/lake"
)

// UpgradeOptions say which lake to upgrade.
type UpgradeOptions struct {
	books.Setting
}

// UpgradeResult is what an upgrade did, and what the whole history came to after it.
type UpgradeResult struct {
	lake.Upgraded
	Verified *Verification
}

// Upgrade brings a lake of an earlier carat to the form of today: the one job that opens
// such a lake. It verifies the lake before and all of the history, certificates too,
// after. It can be killed at any instant and run again, and does nothing to a lake of
// today's form.
func Upgrade(ctx context.Context, o UpgradeOptions) (*UpgradeResult, error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	s := o.Setting
	s.Upgrading = true
	result := &UpgradeResult{}
	_, err := books.Locked(ctx, s, books.RightUpgrade, "", func(p *books.Books, _ *books.Job) (_ bool, err error) {
		result.Upgraded, err = p.Lake.Upgrade(ctx)
		return true, err
	})
	if err != nil {
		return result, err
	}
	result.Verified, err = Verify(ctx, VerifyOptions{Setting: o.Setting, right: books.RightUpgrade})
	return result, err
}
