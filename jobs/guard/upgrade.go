package guard

import (
	"context"
	"fmt"
	"strings"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/pipeline"
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
// after. Each closed month is run again and compared with its certificate: one that comes
// out otherwise stops it, and no other verb opens the lake until that is mended. It can be killed at any instant and run again, and does nothing to a lake of
// today's form.
func Upgrade(ctx context.Context, o UpgradeOptions) (*UpgradeResult, error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	s := o.Setting
	s.Upgrading = true
	result := &UpgradeResult{}
	_, err := books.Locked(ctx, s, books.RightUpgrade, "", func(p *books.Books, _ *books.Job) (_ bool, err error) {
		result.Upgraded, err = p.Lake.Upgrade(ctx, func(ctx context.Context) (string, error) { return reperformed(ctx, p, s) })
		return true, err
	})
	if err != nil {
		return result, err
	}
	result.Verified, err = Verify(ctx, VerifyOptions{Setting: o.Setting, right: books.RightUpgrade})
	return result, err
}

// reperformed runs each closed month again. It names them with their certificates, and
// fails with the first that doesn't come out as it was signed.
func reperformed(ctx context.Context, p *books.Books, s books.Setting) (string, error) {
	closed, err := p.Closures(ctx, s.Config)
	if err != nil {
		return "", err
	}
	var months strings.Builder
	for _, l := range closed.Locks {
		if !l.InForce() {
			continue
		}
		c, err := p.ReadCertificate(l)
		if err != nil {
			return "", err
		}
		r, err := reconcile.Reperform(ctx, p, s, c)
		if err != nil {
			return "", err
		}
		if !r.Same() {
			return "", pipeline.Errorf(pipeline.KindVerification, "upgrade lake", string(l.Period), "run again, the closed month doesn't come out as its certificate says: %s",
				strings.Join(append(r.Problems, r.Differing()...), ", ")).
				WithHint("restore the backup of before, find out what was changed, and upgrade again; rows and certificates are as they were")
		}
		fmt.Fprintf(&months, "%s %d %s\n", l.Period, l.Version, l.CertificateSHA256)
	}
	return months.String(), nil
}
