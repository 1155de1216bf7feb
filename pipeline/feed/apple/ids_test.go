package apple_test

import (
	"testing"

	"carat/pipeline/feed/feedtest"
)

// The ids of lines are those that lakes have of reports with the headers of 2014
// to 2026, and no other header changes them.
func TestAppleLineIDs(t *testing.T) {
	for name, c := range map[string]struct {
		header  int
		ids     []string
		renamed map[string]string
	}{
		"apple-financial.txt": {0, []string{
			"apple-20261031-cf5703d4799144fe5b404d38255d1695",
			"apple-20261031-ebbea9913c07aab16e923e7a5808e9c0",
			"apple-20261031-7cf5a8cdb219cba41239e92cfd472cac",
			"apple-20261031-b352d21e5e38215a1cb5984a2cc6f102",
			"apple-20261031-ca73c8c97ed6a2d28c6908ff2bc19175",
		}, map[string]string{"Vendor Identifier": "SKU", "Sales or Return": "Sale or Return", "Product Type Identifier": "Product Type", "Artist/Show/Developer/Author": "Developer Name"}},
		"apple-detail.txt": {3, []string{
			"apple-detail-20261001-7db2b367c53bf4b8eba95c47afa033f8",
			"apple-detail-20261002-c7dbc8c0cbdc981fc18bf1b937a29fd7",
			"apple-detail-20261002-577fd7680a674fc134efe474e0c80f55",
		}, map[string]string{"SKU": "Vendor Identifier", "Sale or Return": "Sales or Return", "Product Type Identifier": "Product Type", "Developer Name": "Developer"}},
		"apple-sales.txt": {0, []string{
			"apple-sales-20261005-543af40d3dbbcc896b9d97c58deb6a11",
			"apple-sales-20261005-195173fe75c0a2ab2193a7c0e093cbaa",
			"apple-sales-20261005-9f6812a6dac4582380db5580846f0df0",
		}, map[string]string{"Product Type Identifier": "Product Type", "Developer": "Developer Name"}},
	} {
		t.Run(name, func(t *testing.T) {
			feedtest.CheckSameIDs(t, feedtest.ReportFile(t, name), "\t", c.header, c.ids, c.renamed)
		})
	}
}
